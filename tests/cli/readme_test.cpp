// SPDX-License-Identifier: AGPL-3.0-or-later
// README.md, followed word for word by somebody with one home and one repository: each line that
// begins with `$ ` in its blocks is run, in order, and prints what stands below it. Numbers (times,
// ports, process ids) and the home folder are whatever they are.
#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"
#include "support/file_text.hpp"
#include "support/git_sandbox.hpp"
#include "support/hub_process.hpp"

using namespace synapse::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

struct Step {
  std::string command;
  std::string shows;
};

std::vector<Step> steps_of(const std::string& readme) {
  std::vector<Step> steps;
  std::istringstream lines(readme);
  bool in_block = false;
  bool in_session = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      in_block = !in_block && line == "```";
      in_session = false;
    } else if (in_block && line.starts_with("$ ")) {
      in_session = true;
      steps.push_back({line.substr(2), ""});
    } else if (in_session && !line.empty()) {
      steps.back().shows += line + "\n";
    }
  }
  return steps;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
    at += by.size();
  }
  return text;
}

// Every run of digits as one, and a time of tomorrow, which has its date with it, as one of today:
// the examples' leases end tomorrow for people who follow the README before midnight.
std::string without_numbers(const std::string& text) {
  std::string plain;
  for (const char character : text) {
    if (std::isdigit(static_cast<unsigned char>(character)) == 0) {
      plain += character;
    } else if (!plain.ends_with('#')) {
      plain += '#';
    }
  }
  return replaced(plain, "#-#-# #:#", "#:#");
}

// Somebody at some terminals.
class Reader {
 public:
  Reader() : repository_(box_.init("shop")), environment_(box_.environment()) {
    box_.commit(repository_, {"src/parser.c", "src/api.py"}, "one");
    fs::create_directory(box_ / "home");
    fs::create_directory(box_ / "bin");
    fs::create_directory(box_ / "run");
    for (const char* name : {"synapse", "syn", "syn-wait"}) {
      fs::create_symlink(fs::canonical(program_under_test()), box_ / "bin" / name);
    }
    environment_["HOME"] = (box_ / "home").string();
    environment_["USER"] = "ada";
    environment_["XDG_RUNTIME_DIR"] = (box_ / "run").string();
    environment_["PATH"] = (box_ / "bin").string() + ":" + environment_["PATH"];
  }

  void follow(const Step& step) {
    INFO("$ " << step.command);
    if (step.command.starts_with("export ")) return take_variable(step.command.substr(7));
    if (step.command.starts_with("synapse hub ")) return start_hub(step);
    if (step.command.starts_with("synapse lock API ")) return leave_running(step, "API");
    if (step.command.ends_with(" &")) return leave_running(step, "-rx");
    if (step.command.starts_with("git commit ")) work();
    const Finished done = run(shell("(exit " + std::to_string(last_code_) + ")\n" + step.command));
    REQUIRE(done.status.has_value());
    last_code_ = done.status->as_number();
    std::string shown = done.out;
    // What a waiter prints, it prints when it likes.
    const bool is_all = eventually(step.shows.size() > shown.size() ? patience : no_time, [&] {
      return as_in_readme(done.out + late_output()) == without_numbers(step.shows);
    });
    if (is_all) shown += late_output();
    CHECK(as_in_readme(shown) == without_numbers(step.shows));
  }

 private:
  static constexpr std::chrono::milliseconds no_time{0};

  [[nodiscard]] Command shell(const std::string& script) const {
    return {{"bash", "-c", "exec 2>&1\n" + script}, environment_, repository_.string()};
  }

  [[nodiscard]] std::string as_in_readme(const std::string& text) const {
    return without_numbers(replaced(replaced(text, (box_ / "home").string(), "/home/ada"),
                                    (box_ / "run").string(), "/run/user/1000"));
  }

  void take_variable(const std::string& assignment) {
    const std::size_t sign = assignment.find('=');
    environment_[assignment.substr(0, sign)] = assignment.substr(sign + 1);
  }

  // On a free port, and not on the one that another hub of this machine may have.
  void start_hub(const Step& step) {
    running_.push_back(std::make_unique<ChildProcess>(shell("exec " + step.command + " --port 0")));
    const std::string mark = "serving on ws://localhost:";
    REQUIRE(running_.back()->wait_for_output(", log ", patience));
    const std::string told = running_.back()->out();
    environment_["SYNAPSE_URI"] =
        "ws://localhost:" + std::to_string(std::stoi(told.substr(told.find(mark) + mark.size())));
    CHECK(as_in_readme(told) == without_numbers(step.shows));
  }

  // Until the hub shows what comes of it.
  void leave_running(const Step& step, const std::string& mark) {
    const std::string command = step.command.substr(0, step.command.rfind(" &"));
    running_.push_back(std::make_unique<ChildProcess>(shell("exec " + command)));
    CHECK(step.shows.empty());
    REQUIRE(eventually(patience, [&] {
      return run(shell("synapse state; synapse who")).out.find(mark) != std::string::npos;
    }));
  }

  [[nodiscard]] std::string late_output() const {
    return running_.empty() ? std::string() : running_.back()->out();
  }

  void work() const { std::ofstream(repository_ / "src/parser.c", std::ios::app) << "faster\n"; }

  GitSandbox box_;
  fs::path repository_;
  Environment environment_;
  std::vector<std::unique_ptr<ChildProcess>> running_;
  int last_code_ = 0;
};

}  // namespace

TEST_CASE("somebody who follows the README word for word sees what it shows", "[cli][readme]") {
  const std::vector<Step> steps = steps_of(text_of(SYNAPSE_README));
  REQUIRE(steps.size() > 15);
  Reader reader;
  for (const Step& step : steps) reader.follow(step);
}

TEST_CASE("the hub that the README starts has the relay file that its text for agents needs",
          "[cli][readme]") {
  const std::string readme = text_of(SYNAPSE_README);
  const std::string root = fs::path(SYNAPSE_README).parent_path().string();
  for (const std::string& text : {readme, text_of(root + "/packaging/run.sh"),
                                  text_of(root + "/packaging/synapse-hub.service")}) {
    CHECK_THAT(text, Contains("synapse/hub.db") && Contains("synapse/feed.ndjson"));
  }
  CHECK_THAT(readme, Contains("syn-wait") && Contains("syn inbox"));
}
