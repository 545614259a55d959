// SPDX-License-Identifier: AGPL-3.0-or-later
// DatedLog: a log whose times are chosen, and what the commands about the past say of it.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli/cli_run.hpp"
#include "store/event_codec.hpp"
#include "store/sqlite_database.hpp"
#include "store/sqlite_store.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "wire/json_document.hpp"

namespace synapse::test {

using Json = wire::Json;
using Words = std::vector<std::string>;

inline constexpr double past_start = 1'795'000'000;

// alice has the parser, hands it to bob, who loses it; carol then has it, and has it still.
class DatedLog {
 public:
  DatedLog() {
    lease_ = held("PARSE", "shop/alice", {"src/parser/**", "src/feed.cpp"}, 1);
    add(0, core::PlanTaskDeclared{{TaskId("PARSE"),
                                   "Parse <orders>",
                                   "",
                                   {},
                                   {},
                                   "",
                                   "shop/alice",
                                   past_start,
                                   past_start}});
    add(10, core::LeaseGranted{lease_});
    lease_.expires_at += 600;
    add(300, core::LeaseRenewed{lease_});
    lease_.checkpoint = "lexer done";
    add(310, core::CheckpointSaved{lease_});
    add(320, said("shop/alice", "shop/bob", "half of it is done"));
    add(330, said("shop/zoe", "all", "lunch"));
    lease_.owner = AgentName("shop/bob");
    lease_.epoch.value = 2;
    lease_.expires_at = past_start + 1000;
    add(400, core::LeaseHandedOff{lease_, AgentName("shop/alice")});
    add(1000, core::LeaseExpired{lease_.task_id, lease_.owner, lease_.epoch, "lexer done"});
    add(1100, core::LeaseGranted{held("FIX", "shop/carol", {"src/parser/lex.cpp"}, 3)});
    add(1200, core::LeaseGranted{held("DOCS", "shop/alice", {"docs"}, 4)});
    add(1300, core::LeaseReleased{TaskId("DOCS"), AgentName("shop/alice")});
    const auto log = store::SqliteStore::open(file());
    REQUIRE(log.has_value());
    REQUIRE((*log)->append(entries_).has_value());
  }

  // Somebody has a lock of that name.
  void lock(double seconds, const char* name) {
    entries_.clear();
    core::Lease lease = held(name, "shop/alice", {}, 5);
    lease.worktree = name;
    add(seconds, core::LeaseGranted{lease});
    const auto log = store::SqliteStore::open(file());
    REQUIRE(log.has_value());
    REQUIRE((*log)->append(entries_).has_value());
  }

  [[nodiscard]] std::string file() const { return dir_ / "hub.db"; }
  // What the command says of this log.
  [[nodiscard]] std::string run(Words words, int code = 0) const {
    words.insert(words.end(), {"--db", file()});
    CliRun run;
    CHECK(run(words) == code);
    CHECK(run.err().empty() == (code == 0));
    return run.out();
  }
  [[nodiscard]] std::int64_t sql(const std::string& question) const {
    auto database =
        store::Database::open(std::filesystem::path(file()), SQLITE_OPEN_READWRITE, nullptr);
    REQUIRE(database.has_value());
    auto statement = database->prepare(question);
    REQUIRE(statement.has_value());
    REQUIRE(statement->step() == SQLITE_ROW);
    return statement->integer(0);
  }
  static std::string after(double seconds) { return std::to_string(past_start + seconds); }

 private:
  static core::Lease held(const char* task, const char* owner, std::vector<std::string> paths,
                          std::uint64_t epoch) {
    core::Lease lease;
    lease.task_id = TaskId(task);
    lease.owner = AgentName(owner);
    lease.worktree = "/src/shop";
    lease.paths = std::move(paths);
    lease.epoch.value = epoch;
    lease.claimed_at = past_start;
    lease.expires_at = past_start + 100'000;
    return lease;
  }
  core::ChatPosted said(const char* sender, const char* target, const char* text) {
    core::ChatMessage message;
    message.id.value = ++messages_;
    message.sender = AgentName(sender);
    message.target = target;
    message.timestamp = past_start;
    message.hub_id = "syn-1";
    message.body = Json{{"sender", sender}, {"target", target}, {"payload", text}}.dump();
    return core::ChatPosted{message};
  }
  void add(double seconds, const core::Event& event) {
    auto entry = store::encode(event, past_start + seconds);
    REQUIRE(entry.has_value());
    entries_.push_back(*std::move(entry));
  }

  TempDir dir_;
  core::Lease lease_;
  std::vector<store::Entry> entries_;
  std::uint64_t messages_ = 0;
};

}  // namespace synapse::test
