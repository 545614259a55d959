// SPDX-License-Identifier: AGPL-3.0-or-later
// README.md and docs/, followed word for word. Numbers (times, ports, process ids) and the home
// folder are whatever they are.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "docs/page.hpp"
#include "docs/reader.hpp"
#include "support/catch.hpp"
#include "support/file_text.hpp"
#include "synapse/version.hpp"

using namespace synapse::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

const fs::path tree = SYNAPSE_TREE;

std::vector<Page> pages_of_docs() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(tree / "docs")) {
    if (entry.path().extension() == ".md") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  files.insert(files.begin(), tree / "README.md");
  std::vector<Page> pages;
  for (const fs::path& file : files) pages.emplace_back(file);
  return pages;
}

std::string name_of(const Page& page) { return page.file().lexically_relative(tree).string(); }

bool looks_like_a_command(const std::string& line) {
  static const std::set<std::string> programs{
      "synapse", "syn",       "syn-wait", "syn-say", "packaging/run.sh",  "git", "curl",
      "cmake",   "docker",    "sudo",     "export",  "packaging/test.sh", "npm", "ctest",
      "sqlite3", "systemctl", "xargs",    "mkdir",   "openssl",           "jq",  "install"};
  return programs.count(line.substr(0, line.find(' '))) > 0;
}

// Where the link leads, if it is to a file of the tree: file and anchor.
struct Target {
  fs::path file;
  std::string anchor;
};
std::optional<Target> local_target(const Page& page, const std::string& link) {
  if (link.find("://") != std::string::npos || link.starts_with("mailto:")) return std::nullopt;
  const std::size_t mark = link.find('#');
  const std::string file = link.substr(0, mark);
  return Target{file.empty() ? page.file() : page.file().parent_path() / file,
                mark == std::string::npos ? "" : link.substr(mark + 1)};
}

}  // namespace

TEST_CASE("somebody who follows the README word for word sees what it shows", "[docs][readme]") {
  const Page page(tree / "README.md");
  const std::vector<Step> steps = page.steps();
  REQUIRE(steps.size() >= 3);
  Reader reader(Reader::Hub::none);
  for (const Step& step : steps) reader.follow(step);
}

TEST_CASE("somebody who follows the quick start word for word sees what it shows",
          "[docs][quickstart]") {
  const Page page(tree / "docs/quickstart.md");
  REQUIRE(page.steps().size() > 8);
  Reader reader(Reader::Hub::none);
  for (const Step& step : page.steps()) reader.follow(step);
}

TEST_CASE("every command line of every page does what the page says", "[docs][pages]") {
  std::size_t steps = 0;
  for (const Page& page : pages_of_docs()) {
    if (name_of(page) == "README.md" || name_of(page) == "docs/quickstart.md") continue;
    if (page.steps().empty()) continue;
    INFO(name_of(page));
    Reader reader(Reader::Hub::runs);
    for (const Step& step : page.steps()) {
      reader.follow(step);
      ++steps;
    }
  }
  CHECK(steps > 40);
}

TEST_CASE("a command line on a page is one that is run, or says why it is not", "[docs][blocks]") {
  for (const Page& page : pages_of_docs()) {
    for (const Block& block : page.blocks()) {
      INFO(name_of(page) << ":" << block.line);
      CHECK((block.remark.empty() || block.remark.starts_with("not run: ") ||
             block.remark.starts_with("runs on: ")));
      if (!block.language.empty() && block.language != "console") continue;
      if (block.is_session() || block.is_left_out()) continue;
      for (const std::string& line : block.lines) {
        INFO(line);
        CHECK_FALSE(looks_like_a_command(line));
      }
    }
  }
}

TEST_CASE("every JSON document on a page is one", "[docs][blocks]") {
  for (const Page& page : pages_of_docs()) {
    for (const Block& block : page.blocks()) {
      if (block.language != "json") continue;
      std::string text;
      for (const std::string& line : block.lines) text += line + "\n";
      INFO(name_of(page) << ":" << block.line << "\n" << text);
      CHECK(nlohmann::json::accept(text));
    }
  }
}

TEST_CASE("every link leads to a file that is there, and to a heading in it", "[docs][links]") {
  std::size_t links = 0;
  for (const Page& page : pages_of_docs()) {
    for (const std::string& link : page.links()) {
      const auto target = local_target(page, link);
      if (!target) continue;
      ++links;
      INFO(name_of(page) << ": " << link);
      REQUIRE(fs::exists(target->file));
      if (target->anchor.empty()) continue;
      const Page other(target->file);
      const auto& anchors = other.anchors();
      CHECK(std::find(anchors.begin(), anchors.end(), target->anchor) != anchors.end());
    }
  }
  CHECK(links > 50);
}

TEST_CASE("the index of the pages has every page", "[docs][links]") {
  const Page index(tree / "docs/index.md");
  for (const Page& page : pages_of_docs()) {
    const std::string name = page.file().filename().string();
    if (name == "README.md" || name == "index.md") continue;
    INFO(name);
    CHECK(std::find(index.links().begin(), index.links().end(), name) != index.links().end());
  }
}

TEST_CASE("the reference of commands is what the program says of itself", "[docs][reference]") {
  const std::string program = program_under_test();
  const fs::path syn = fs::path(program).parent_path() / "syn";
  const Finished first = run({{program, "__reference"}});
  const Finished second = run({{syn.string(), "__reference"}});
  REQUIRE(first.status->as_number() == 0);
  REQUIRE(second.status->as_number() == 0);
  INFO("packaging/reference.sh writes it anew");
  CHECK((text_of(tree / "docs/commands.md") == first.out + second.out));
}

TEST_CASE("the changelogs begin with the version that is built", "[docs][changelog]") {
  const std::string version(synapse::version());
  const Page page(tree / "docs/changelog.md");
  std::string anchor;
  for (const char character : version) {
    if (character != '.') anchor += character;
  }
  const auto& anchors = page.anchors();
  CHECK(std::find(anchors.begin(), anchors.end(), anchor) != anchors.end());
  CHECK(text_of(tree / "packaging/debian/changelog").starts_with("synapse-hub (" + version + ")"));
}

TEST_CASE("every hub that people are told to keep running has a relay file beside its log",
          "[docs][readme]") {
  for (const char* file : {"README.md", "packaging/run.sh", "packaging/synapse-hub.service",
                           "src/services/units/hub.service", "packaging/compose.yaml"}) {
    INFO(file);
    CHECK_THAT(text_of(tree / file), Contains("hub.db") && Contains("feed.ndjson"));
  }
}
