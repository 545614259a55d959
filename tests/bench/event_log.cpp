// SPDX-License-Identifier: AGPL-3.0-or-later
#include "event_log.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "failure.hpp"
#include "frame_text.hpp"

namespace synapse::bench {
namespace {

constexpr std::uint64_t log_seed = 0x5e1f;
constexpr std::size_t task_count = 2000;
constexpr std::size_t agent_count = 100;
constexpr std::size_t plan_task_count = 500;
constexpr double event_interval_s = 0.01;
constexpr double lease_s = 3600;
constexpr std::string_view chat_words =
    "the parser is done, its tests are green; next I take the encoder unless you do";

class Database {
 public:
  explicit Database(const std::filesystem::path& path) {
    sqlite3* handle = nullptr;
    const int opened = ::sqlite3_open(path.c_str(), &handle);
    db_.reset(handle);
    check(opened);
    // Speed only: a log that a crash spoils is generated again.
    run("PRAGMA journal_mode=OFF");
    run("PRAGMA synchronous=OFF");
    run("CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY AUTOINCREMENT, ts REAL NOT "
        "NULL, kind TEXT NOT NULL, payload TEXT NOT NULL)");
    run("BEGIN");
    sqlite3_stmt* statement = nullptr;
    check(::sqlite3_prepare_v2(db_.get(), "INSERT INTO events (ts, kind, payload) VALUES (?, ?, ?)",
                               -1, &statement, nullptr));
    insert_.reset(statement);
  }

  void add(double ts, std::string_view kind, std::string_view payload) {
    sqlite3_stmt* const insert = insert_.get();
    check(::sqlite3_bind_double(insert, 1, ts));
    check(::sqlite3_bind_text(insert, 2, kind.data(), static_cast<int>(kind.size()), nullptr));
    check(
        ::sqlite3_bind_text(insert, 3, payload.data(), static_cast<int>(payload.size()), nullptr));
    if (::sqlite3_step(insert) != SQLITE_DONE) check(SQLITE_ERROR);
    check(::sqlite3_reset(insert));
  }

  void finish() {
    insert_.reset();
    run("COMMIT");
    run("PRAGMA journal_mode=WAL");
  }

 private:
  void run(const char* sql) { check(::sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr)); }

  void check(int code) {
    if (code != SQLITE_OK) {
      throw Failure(std::string("writing the event log: ") + ::sqlite3_errmsg(db_.get()));
    }
  }

  struct Close {
    void operator()(sqlite3* db) const { ::sqlite3_close(db); }
    void operator()(sqlite3_stmt* statement) const { ::sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3, Close> db_;
  std::unique_ptr<sqlite3_stmt, Close> insert_;
};

std::string seconds(double time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6f", time);
  return text.data();
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

struct Task {
  enum class Phase : std::uint8_t { free, claimed, working, done };
  Phase phase = Phase::free;
  std::string owner;
  std::string checkpoint;
  double claimed_at = 0;
  double expires_at = 0;
  std::size_t epoch = 0;
  std::size_t version = 0;
};

std::string_view status_of(const Task& task) {
  switch (task.phase) {
    case Task::Phase::free:
      return "";
    case Task::Phase::claimed:
      return "claimed";
    case Task::Phase::working:
      return "working";
    case Task::Phase::done:
      return "done";
  }
  return "";
}

// The life of the fleet: each step() writes one event, some two.
class Fleet {
 public:
  Fleet(Database& db, std::size_t events, double begin)
      : db_(db), events_left_(events), now_(begin), random_(log_seed), tasks_(task_count) {}

  LogFacts run() {
    while (events_left_ > 0) {
      fail_if_signalled();
      step();
    }
    LogFacts facts;
    facts.chats = chats_;
    for (const Task& task : tasks_) facts.live_claims += task.phase != Task::Phase::free;
    return facts;
  }

 private:
  std::size_t draw(std::size_t below) { return static_cast<std::size_t>(random_() % below); }
  std::string draw_agent() { return agent_name(draw(agent_count)); }

  // A second event of the last step may find the log full; the first never does.
  void emit(std::string_view kind, std::string_view payload) {
    if (events_left_ == 0) return;
    --events_left_;
    now_ += event_interval_s;
    db_.add(now_, kind, payload);
  }

  void step() {
    const std::size_t roll = draw(100);
    if (roll < 30) {
      add_chat();
    } else if (roll < 35) {
      add_plan_task();
    } else if (roll < 41) {
      add_progress("step-" + std::to_string(draw(plan_task_count)), draw_agent(),
                   "half of the cases pass, the rest wait for the encoder");
    } else if (roll < 43) {
      add_resource();
    } else {
      advance(draw(task_count));
    }
  }

  void advance(std::size_t number) {
    Task& task = tasks_[number];
    switch (task.phase) {
      case Task::Phase::free:
        return add_claim(number);
      case Task::Phase::claimed:
        task.phase = Task::Phase::working;
        ++task.version;
        return emit("task_update", snapshot(number));
      case Task::Phase::working:
        return work_on(number);
      case Task::Phase::done:
        task = Task{};
        return emit("release", "{\"task_id\":\"" + id(number) + "\"}");
    }
  }

  void add_claim(std::size_t number) {
    Task& task = tasks_[number];
    task = {Task::Phase::claimed, draw_agent(), "", now_, now_ + lease_s, ++epoch_, 0};
    emit("claim", snapshot(number));
    if (draw(5) != 0) return;
    const std::string frame = joined(
        {"{\"sender\":\"SynapseHub\",\"target\":\"all\",\"type\":\"claim_granted\",\"payload\":\"",
         task.owner, " claimed ", id(number), "\",\"timestamp\":", seconds(now_),
         ",\"hub_id\":\"syn-0badcafe\",", claim_fields(number), "}"});
    emit("idempotency",
         joined({"{\"key\":\"key-", std::to_string(epoch_), "\",\"response\":", frame, "}"}));
  }

  void work_on(std::size_t number) {
    Task& task = tasks_[number];
    const std::size_t roll = draw(20);
    ++task.version;
    if (roll < 3) {
      task.checkpoint = "lexer ported; 41 of 77 cases; next: error recovery";
      emit("checkpoint", snapshot(number));
    } else if (roll < 4) {
      const std::string from = std::exchange(task.owner, draw_agent());
      task.epoch = ++epoch_;
      task.version = 0;
      task.claimed_at = now_;
      task.expires_at = now_ + lease_s;
      emit("handoff", snapshot(number));
      add_progress(id(number), from, "handed off to " + task.owner);
    } else {
      task.phase = Task::Phase::done;
      emit("task_update", snapshot(number));
    }
  }

  void add_chat() {
    const std::string sender = draw_agent();
    emit("chat",
         joined({"{\"sender\":\"", sender, "\",\"target\":\"", draw(3) == 0 ? draw_agent() : "all",
                 "\",\"type\":\"chat\",\"payload\":\"", chat_words,
                 "\",\"timestamp\":", seconds(now_),
                 ",\"hub_id\":\"syn-0badcafe\",\"msg_id\":", std::to_string(++chats_), "}"}));
  }

  void add_plan_task() {
    constexpr std::array<std::string_view, 4> statuses = {"open", "in_progress", "blocked", "done"};
    const std::size_t number = draw(plan_task_count);
    const std::string depends_on = number == 0 ? "" : "\"step-" + std::to_string(number - 1) + "\"";
    emit("ledger_task",
         joined({"{\"task_id\":\"step-", std::to_string(number), "\",\"title\":\"Port the parser\"",
                 ",\"description\":\"Keep the recorded exchanges green\",\"depends_on\":[",
                 depends_on, "],\"status\":\"", statuses[draw(statuses.size())],
                 "\",\"suggested_owner\":\"\",\"created_by\":\"", agent_name(number % agent_count),
                 "\",\"created_at\":", seconds(now_), ",\"updated_at\":", seconds(now_), "}"}));
  }

  void add_progress(std::string_view task_id, std::string_view author, std::string_view text) {
    emit("ledger_progress", joined({"{\"task_id\":\"", task_id, "\",\"author\":\"", author,
                                    "\",\"kind\":\"note\",\"text\":\"", text,
                                    "\",\"posted_at\":", seconds(now_), "}"}));
  }

  void add_resource() {
    emit("resource", joined({"{\"agent\":\"", draw_agent(), "\",\"kind\":\"gpu\",\"name\":\"card-",
                             std::to_string(draw(4)),
                             "\",\"capacity\":1,\"meta\":{},\"offered_at\":", seconds(now_), "}"}));
  }

  static std::string id(std::size_t number) { return "task-" + std::to_string(number); }

  // The fields that a snapshot and a grant have in common.
  std::string claim_fields(std::size_t number) const {
    const Task& task = tasks_[number];
    const std::string digits = std::to_string(number);
    return joined({"\"task_id\":\"task-", digits, "\",\"owner\":\"", task.owner,
                   "\",\"note\":\"porting\",\"lease_expires_at\":", seconds(task.expires_at),
                   ",\"status\":\"", status_of(task),
                   "\",\"worktree\":\"/home/dev/project\",\"paths\":[\"src/part-", digits,
                   "/main.cpp\",\"tests/part-", digits, "\"],\"epoch\":",
                   std::to_string(task.epoch), ",\"version\":", std::to_string(task.version),
                   ",\"checkpoint\":\"", task.checkpoint, "\",\"git\":null"});
  }

  std::string snapshot(std::size_t number) const {
    return joined({"{", claim_fields(number),
                   ",\"data_ref\":\"\",\"claimed_at\":", seconds(tasks_[number].claimed_at), "}"});
  }

  Database& db_;
  std::size_t events_left_;
  double now_;
  std::mt19937_64 random_;
  std::vector<Task> tasks_;
  std::size_t epoch_ = 0;
  std::size_t chats_ = 0;
};

}  // namespace

LogFacts write_event_log(const std::filesystem::path& path, std::size_t events) {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  const double now = std::chrono::duration<double>(wall).count();
  Database db(path);
  const LogFacts facts =
      Fleet(db, events, now - 10 - event_interval_s * static_cast<double>(events)).run();
  db.finish();
  if (::chmod(path.c_str(), 0600) != 0) fail_errno("chmod " + path.string());
  return facts;
}

}  // namespace synapse::bench
