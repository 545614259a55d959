// SPDX-License-Identifier: AGPL-3.0-or-later
// By what everything beneath a host knows the session that it belongs to.
#include "guard/session_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "guard/shop.hpp"
#include "support/catch.hpp"
#include "support/file_text.hpp"

namespace {

using namespace synapse;
using namespace synapse::guard;
using namespace synapse::test;
using Variables = std::map<std::string, std::string>;

base::ProcessMark this_process() {
  return base::process_row(static_cast<std::uint64_t>(getpid())).value().mark;
}

}  // namespace

TEST_CASE("a session is found by its id in the environment, and by the processes above",
          "[guard][session]") {
  const Shop shop;
  const std::string runtime = shop.runtime().string();
  const base::FixedEnvironment plain(Variables{{"XDG_RUNTIME_DIR", runtime}});
  const auto folder = sessions_folder(plain);
  CHECK_FALSE(find_session(plain));
  write_session(folder, {1234567, 89}, {"s1", "shop/alice", "", false});
  const base::FixedEnvironment by_id(
      Variables{{"XDG_RUNTIME_DIR", runtime}, {"CLAUDE_CODE_SESSION_ID", "s1"}});
  CHECK(find_session(by_id).value().name == "shop/alice");
  CHECK_FALSE(find_session(plain));
  const auto parent = base::process_row(static_cast<std::uint64_t>(getppid())).value().mark;
  write_session(folder, parent, {"s2", "shop/bob", "shop/b", false});
  CHECK(find_session(plain).value().name == "shop/bob");
  CHECK(find_session(plain).value().identity == "shop/b");
  struct stat status {};
  REQUIRE(stat((folder / (std::to_string(parent.pid) + "-" + std::to_string(parent.start))).c_str(),
               &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
}

TEST_CASE("files of processes that are gone go, others stay", "[guard][session]") {
  const Shop shop;
  const base::FixedEnvironment environment(Variables{{"XDG_RUNTIME_DIR", shop.runtime().string()}});
  const auto folder = sessions_folder(environment);
  const base::ProcessMark lives = this_process();
  const base::ProcessMark another{lives.pid, lives.start + 1};
  write_session(folder, lives, {"s1", "a", "", false});
  write_session(folder, another, {"s2", "b", "", false});
  remove_stale_sessions(folder);
  CHECK(read_session(folder, lives));
  CHECK_FALSE(read_session(folder, another));
  remove_session(folder, lives);
  CHECK_FALSE(read_session(folder, lives));
}

TEST_CASE("a session file that says something else is none", "[guard][session]") {
  const Shop shop;
  const base::FixedEnvironment environment(Variables{{"XDG_RUNTIME_DIR", shop.runtime().string()}});
  const auto folder = sessions_folder(environment);
  write_session(folder, {1, 2}, {"", "a", "", false});
  CHECK_FALSE(read_session(folder, {1, 2}));
  CHECK(sessions_folder(base::FixedEnvironment(Variables{})).empty());
  write_session({}, {1, 2}, {"s", "a", "", false});
  CHECK_FALSE(read_session({}, {1, 2}));
}

TEST_CASE("what was told is kept until the hub knows of it, beside what came meanwhile",
          "[guard][session]") {
  const Shop shop;
  const base::FixedEnvironment environment(Variables{{"XDG_RUNTIME_DIR", shop.runtime().string()}});
  const auto folder = sessions_folder(environment);
  const base::ProcessMark host{1, 2};
  write_session(folder, host, {"s1", "a", "", false});
  const auto mark = [](std::uint64_t id) { return wire::HookAck{MessageId{id}, "syn-1"}; };
  change_acks(folder, host, "s1", {{}, {mark(1), mark(2)}});
  change_acks(folder, host, "s1", {{mark(1)}, {mark(3)}});
  change_acks(folder, host, "another", {{mark(2)}, {}});
  change_acks(folder, host, "s1", {{{MessageId{3}, "syn-2"}}, {}});
  const auto kept = read_session(folder, host).value().ack;
  REQUIRE(kept.size() == 2);
  CHECK(kept[0].id == MessageId{2});
  CHECK(kept[1].id == MessageId{3});
  CHECK(kept[1].hub == "syn-1");
  // So many and no more: the oldest come again.
  AckChange many;
  for (std::uint64_t i = 10; i < 100; ++i) many.told.push_back(mark(i));
  change_acks(folder, host, "s1", many);
  CHECK(read_session(folder, host).value().ack.size() == wire::hook_acks_max);
  CHECK(read_session(folder, host).value().ack.back().id == MessageId{99});
}

TEST_CASE("each session of a process that has several is found by its own id", "[guard][session]") {
  const Shop shop;
  const std::string runtime = shop.runtime().string();
  const auto folder = sessions_folder(base::FixedEnvironment({{"XDG_RUNTIME_DIR", runtime}}));
  const auto found = [&runtime](const char* id) -> std::string {
    Variables variables{{"XDG_RUNTIME_DIR", runtime}};
    if (*id != '\0') variables["CLAUDE_CODE_SESSION_ID"] = id;
    const auto file = find_session(base::FixedEnvironment(variables));
    return file ? file->name : "nobody";
  };
  const auto parent = base::process_row(static_cast<std::uint64_t>(getppid())).value().mark;
  write_session(folder, parent, {"s1", "shop/alice", "", false});
  write_session(folder, parent, {"s2", "shop/bob", "", false});
  change_acks(folder, parent, "s1", {{}, {{MessageId{1}, "syn-1"}}});
  CHECK(found("s1") == "shop/alice");
  CHECK(found("s2") == "shop/bob");
  CHECK(read_session(folder, parent, "s1").value().ack.size() == 1);
  CHECK(read_session(folder, parent, "s2").value().ack.empty());
  CHECK_FALSE(read_session(folder, parent, "s3"));
  // Where a command's environment does not tell, it is the session that was written last.
  const auto written = [&](const std::string& name, int seconds) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (text_of(entry.path()).find(name) == std::string::npos) continue;
      std::filesystem::last_write_time(
          entry.path(), std::filesystem::file_time_type() + std::chrono::seconds(seconds));
    }
  };
  written("shop/alice", 10);
  written("shop/bob", 20);
  CHECK(found("") == "shop/bob");
  written("shop/alice", 30);
  CHECK(found("") == "shop/alice");
  remove_session(folder, parent, "s1");
  CHECK(found("s1") == "shop/bob");
  CHECK(found("s2") == "shop/bob");
  // It stays where it is, and has one file, whichever of them has the first.
  write_session(folder, parent, {"s2", "shop/bob", "a", false});
  const auto files = std::filesystem::directory_iterator(folder);
  CHECK(std::distance(begin(files), end(files)) == 1);
  write_session(folder, parent, {"s3", "shop/carol", "", false});
  write_session(folder, parent, {"s2", "shop/bob", "b", false});
  CHECK(read_session(folder, parent, "s2").value().identity == "b");
  CHECK(read_session(folder, parent, "s3").value().name == "shop/carol");
}

TEST_CASE("a process with very many sessions keeps the files of the latest", "[guard][session]") {
  const Shop shop;
  const base::FixedEnvironment environment(Variables{{"XDG_RUNTIME_DIR", shop.runtime().string()}});
  const auto folder = sessions_folder(environment);
  const base::ProcessMark lives = this_process();
  for (int i = 0; i < 100; ++i) {
    write_session(folder, lives, {"s" + std::to_string(i), "a", "", false});
  }
  remove_stale_sessions(folder);
  const auto files = std::filesystem::directory_iterator(folder);
  CHECK(std::distance(begin(files), end(files)) == 64);
}
