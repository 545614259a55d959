// SPDX-License-Identifier: AGPL-3.0-or-later
#include <sys/stat.h>

#include <fstream>

#include "cli/cli_run.hpp"
#include "cli/mail/relay_reader.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using Catch::Matchers::Contains;
using synapse::cli::read_relay;
using synapse::test::CliRun;
using synapse::test::TempDir;

namespace {

std::string line(const std::string& payload, const std::string& target = "all",
                 const std::string& type = "chat") {
  return R"({"v":1,"i":1,"ty":")" + type + R"(","s":"P","to":")" + target + R"(","p":")" + payload +
         R"(","t":12500,"h":"syn-1"})";
}

void append(const std::string& file, const std::string& text) {
  std::ofstream(file, std::ios::app) << text;
}

struct Read {
  std::vector<std::string> payloads;
  std::int64_t end = -1;
};

Read read_from(const std::string& file, std::int64_t offset) {
  Read read;
  const auto end = read_relay(file, offset, [&read](const synapse::wire::LiteLine& one) {
    read.payloads.push_back(one.payload);
  });
  read.end = end.value();
  return read;
}

using Payloads = std::vector<std::string>;

}  // namespace

TEST_CASE("a relay log is read on from where the last read ended", "[cli][relay]") {
  const TempDir dir;
  const std::string file = dir / "feed";
  append(file, line("one") + "\n" + line("two") + "\n");
  const Read first = read_from(file, 0);
  CHECK(first.payloads == Payloads{"one", "two"});
  CHECK(read_from(file, first.end).payloads.empty());
  append(file, line("three") + "\n");
  CHECK(read_from(file, first.end).payloads == Payloads{"three"});
}

TEST_CASE("a relay log that has shrunk is read from its start", "[cli][relay]") {
  const TempDir dir;
  const std::string file = dir / "feed";
  append(file, line("new") + "\n");
  CHECK(read_from(file, 1'000'000).payloads == Payloads{"new"});
  CHECK(read_from(file, -5).payloads == Payloads{"new"});
}

TEST_CASE("a last line that is still being written is left for the next read", "[cli][relay]") {
  const TempDir dir;
  const std::string file = dir / "feed";
  const std::string half = line("half");
  append(file, line("one") + "\n" + half.substr(0, 30));
  const Read first = read_from(file, 0);
  CHECK(first.payloads == Payloads{"one"});
  CHECK(first.end == static_cast<std::int64_t>(line("one").size()) + 1);
  append(file, half.substr(30) + "\n");
  CHECK(read_from(file, first.end).payloads == Payloads{"half"});
}

TEST_CASE("a last line that is whole needs no line feed", "[cli][relay]") {
  const TempDir dir;
  const std::string file = dir / "feed";
  append(file, line("whole"));
  const Read first = read_from(file, 0);
  CHECK(first.payloads == Payloads{"whole"});
  append(file, "\n" + line("next") + "\n");
  CHECK(read_from(file, first.end).payloads == Payloads{"next"});
}

TEST_CASE("broken lines are skipped, not lost lines after them", "[cli][relay]") {
  const TempDir dir;
  const std::string file = dir / "feed";
  append(file, "not json\n\n[1]\n{\"v\":2}\n\xff\xfe\n" + line("good") + "\r\n");
  CHECK(read_from(file, 0).payloads == Payloads{"good"});
}

TEST_CASE("lines longer than a read are put together", "[cli][relay]") {
  const TempDir dir;
  const std::string file = dir / "feed";
  const std::string long_payload(200'000, 'x');
  append(file, line(long_payload) + "\n" + line("after") + "\n");
  CHECK(read_from(file, 0).payloads == Payloads{long_payload, "after"});
}

TEST_CASE("no relay log is an empty one, a folder is an error", "[cli][relay]") {
  const TempDir dir;
  const std::string file = dir / "none";
  CHECK(read_from(file, 7).end == 7);
  CHECK(read_relay(dir.path(), 0, [](const synapse::wire::LiteLine&) {}).has_error());
  CliRun run;
  CHECK(run({"relay", file}) == 0);
  CHECK(run.out().empty());
  CHECK(run({"relay", dir.path().string()}) == 1);
  CHECK_THAT(run.err(), Contains("can't be read"));
}

TEST_CASE("the relay command keeps its place in a cursor file", "[cli][relay]") {
  const TempDir dir;
  const std::string file = dir / "feed";
  const std::string cursor = dir / "deep/er/cursor";
  append(file,
         line("Presence update", "all", "presence_update") + "\n" + line("one", "p/x") + "\n");
  CliRun run;
  const std::vector<std::string> words = {"relay", file, "--for", "p/x", "--cursor", cursor};
  CHECK(run(words) == 0);
  CHECK(run.out() == "[12.500] P -> p/x (chat): one\n");
  CHECK(run(words) == 0);
  CHECK(run.out().empty());
  append(file, line("two", "p") + "\n" + line("other", "q") + "\n");
  CHECK(run(words) == 0);
  CHECK(run.out() == "[12.500] P -> p (chat): two\n");
}

TEST_CASE("a cursor stays when its messages could not be written", "[cli][relay]") {
  const TempDir dir;
  const std::string file = dir / "feed";
  append(file, line("one") + "\n");
  CliRun broken;
  broken.context().out.setstate(std::ios::badbit);
  CHECK(broken({"relay", file, "--cursor", dir / "cursor"}) == 1);
  CliRun run;
  CHECK(run({"relay", file, "--cursor", dir / "cursor"}) == 0);
  CHECK_THAT(run.out(), Contains("one"));
}

TEST_CASE("the relay command narrows by project and offset", "[cli][relay]") {
  const TempDir dir;
  const std::string file = dir / "feed";
  append(file, line("a", "shop") + "\n" + line("b", "shop/x") + "\n" + line("c", "other") + "\n");
  CliRun run;
  CHECK(run({"relay", file, "--project", "shop"}) == 0);
  CHECK(run.out() == "[12.500] P -> shop (chat): a\n[12.500] P -> shop/x (chat): b\n");
  // As the original has it: the project decides.
  CHECK(run({"relay", file, "--project", "shop", "--for", "other"}) == 0);
  CHECK(run.out() == "[12.500] P -> shop (chat): a\n[12.500] P -> shop/x (chat): b\n");
  const std::string since = std::to_string(line("a", "shop").size() + 1);
  CHECK(run({"relay", file, "--since", since}) == 0);
  CHECK_THAT(run.out(), !Contains(": a") && Contains(": b") && Contains(": c"));
}
