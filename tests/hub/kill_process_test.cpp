// SPDX-License-Identifier: AGPL-3.0-or-later
// kill -9 under load: whatever anybody was told is there after the restart.
//
// Eight peers claim, release, checkpoint and chat, each with one request under way; the hub is
// killed at a random moment and started again on the same log. Each peer notes what it was told,
// from all broadcasts up to the last byte that came; the state after the restart may differ from
// that only by requests that were under way.
//
// A log serves twenty rounds, so that the rounds stay cheap and what a restart rebuilt is carried
// on from.
#include <sqlite3.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>

#include "support/catch.hpp"
#include "support/hub_process.hpp"
#include "support/seed.hpp"
#include "support/temp_dir.hpp"
#include "support/ws_peer.hpp"

namespace synapse::test {

namespace {

using Json = nlohmann::json;
using Dice = std::mt19937_64;

constexpr std::size_t peers_count = 8;
constexpr unsigned tasks_count = 6;
constexpr unsigned rounds_per_log = 20;

unsigned rounds_wanted() {
  const char* given = std::getenv("SYNAPSE_KILL_ROUNDS");
  return given == nullptr ? SYNAPSE_KILL_ROUNDS_DEFAULT : static_cast<unsigned>(std::stoul(given));
}

unsigned roll(Dice& dice, unsigned sides) { return static_cast<unsigned>(dice() % sides); }

struct Holding {
  std::string owner;  // Blank: released.
  std::int64_t epoch = 0;
  std::string checkpoint;
};

// What anybody has been told, and what may have happened without anybody being told.
struct Told {
  std::map<std::string, Holding> held;
  std::map<std::uint64_t, std::string> chat;  // Payloads by msg_id.
  std::int64_t last_epoch = 0;
  std::uint64_t chat_before = 0;          // Chat up to here was checked in an earlier round.
  std::map<std::string, Json> under_way;  // By agent: the request without an answer.
};

// An agent with one request under way.
class Worker {
 public:
  Worker(std::uint16_t port, std::string name, const Told& told)
      : name_(std::move(name)), peer_(port), last_epoch_(told.last_epoch) {
    for (const auto& [task, held] : told.held) heard_[task] = held.epoch;
  }

  void ask(Told& told, Dice& dice) {
    const std::string task = "t" + std::to_string(roll(dice, tasks_count));
    const std::string text = name_ + "/" + std::to_string(++count_);
    Json request;
    switch (roll(dice, 4)) {
      case 0:
        request = {{"type", "release"}, {"task_id", task}};
        break;
      case 1:
        request = {{"type", "checkpoint"}, {"task_id", task}, {"checkpoint", text}};
        break;
      case 2:
        request = {{"type", "chat"}, {"payload", text}};
        break;
      default:
        // Tasks 0 and 1 share a file, 2 and 3, and so on: two ways to be in each other's way.
        request = {{"type", "claim"}, {"task_id", task}, {"note", text}, {"ttl_seconds", 3600}};
        request["paths"] = {"src/" + std::to_string((task[1] - '0') / 2)};
    }
    request["sender"] = name_;
    peer_.send_json(request);
    told.under_way[name_] = std::move(request);
  }

  // Takes what has come; true once the request under way is answered.
  bool listen(Told& told) {
    peer_.pump();
    return take_waiting(told);
  }

  // Everything that was sent before the hub died.
  void drain(Told& told) {
    try {
      while (peer_.pump(patience)) {
      }
    } catch (const std::runtime_error&) {
      // The stream ended inside a frame: that one told nobody anything.
    }
    take_waiting(told);
  }

 private:
  bool take_waiting(Told& told) {
    bool answered = false;
    while (peer_.waiting() > 0) answered |= take(Json::parse(*peer_.receive()), told);
    return answered;
  }

  bool take(const Json& frame, Told& told) {
    const std::string type = frame.at("type");
    const auto found = told.under_way.find(name_);
    const bool has_request = found != told.under_way.end();
    const Json mine = has_request ? found->second : Json::object();
    bool answers = false;
    if (type == "claim_granted") {
      note_grant(frame, told);
      answers = frame.at("owner") == name_;
    } else if (type == "release_granted") {
      answers = frame.at("owner") == name_;
      // Of the grant that this peer heard last: another may have heard a later one already.
      Holding& held = told.held[frame.at("task_id")];
      if (held.epoch == heard_[frame.at("task_id")]) held.owner.clear();
    } else if (type == "chat") {
      told.chat[frame.at("msg_id")] = frame.at("payload");
      answers = frame.at("sender") == name_;
    } else if (type == "checkpoint_saved") {
      const auto held = told.held.find(frame.at("task_id"));
      REQUIRE(held != told.held.end());
      held->second.checkpoint = mine.at("checkpoint");
      answers = true;
    } else {
      answers = type.ends_with("_denied") || type == "error";
      if (type == "error") FAIL("the hub refused " << mine << " with " << frame);
    }
    if (answers && has_request) told.under_way.erase(found);
    return answers;
  }

  void note_grant(const Json& frame, Told& told) {
    const std::int64_t epoch = frame.at("epoch");
    CHECK(epoch > last_epoch_);
    last_epoch_ = heard_[frame.at("task_id")] = epoch;
    Holding& held = told.held[frame.at("task_id")];
    if (epoch <= held.epoch) return;  // Another peer heard it before.
    held = {frame.at("owner"), epoch, frame.at("checkpoint")};
    told.last_epoch = std::max(told.last_epoch, epoch);
  }

  std::string name_;
  WsPeer peer_;
  std::map<std::string, std::int64_t> heard_;  // By task: the epoch that it heard of last.
  std::int64_t last_epoch_;
  unsigned count_ = 0;
};

const Json* request_of(const Told& told, const std::string& owner, const char* type,
                       const std::string& task) {
  const auto found = told.under_way.find(owner);
  if (found == told.under_way.end() || found->second.at("type") != type) return nullptr;
  return found->second.at("task_id") == task ? &found->second : nullptr;
}

// Whether what replay made of a task can be what was told and, at most, what was under way.
void check_task(const std::string& task, const Holding* was, const Json* is, const Told& told) {
  INFO("task " << task << ", now " << (is == nullptr ? "free" : is->dump()));
  if (was != nullptr) {
    INFO("told: held by " << was->owner << " in epoch " << was->epoch);
    if (is == nullptr) {
      CHECK(request_of(told, was->owner, "release", task) != nullptr);
      return;
    }
    const bool same = is->at("epoch") == was->epoch;
    if (same) {
      CHECK(is->at("owner") == was->owner);
      const Json* pending = request_of(told, was->owner, "checkpoint", task);
      const bool late = pending != nullptr && is->at("checkpoint") == pending->at("checkpoint");
      CHECK((is->at("checkpoint") == was->checkpoint || late));
      return;
    }
    CHECK((is->at("owner") == was->owner ||
           request_of(told, was->owner, "release", task) != nullptr));
  }
  if (is == nullptr) return;
  CHECK(is->at("epoch") > told.last_epoch);
  CHECK(request_of(told, is->at("owner"), "claim", task) != nullptr);
}

// What the restarted hub says, held against what was told; from then on it is what is told.
void check_restart(std::uint16_t port, Told& told) {
  WsPeer asker(port);
  asker.send_json({{"sender", "asker"}, {"type", "state_request"}});
  std::map<std::string, Json> now;
  const Json state = asker.receive_type("state_snapshot").at("snapshot");
  for (const Json& claim : state.at("active_claims")) {
    now[claim.at("task_id")] = claim;
  }
  for (unsigned i = 0; i < tasks_count; ++i) {
    const std::string task = "t" + std::to_string(i);
    const auto was = told.held.find(task);
    const auto is = now.find(task);
    const bool was_held = was != told.held.end() && !was->second.owner.empty();
    check_task(task, was_held ? &was->second : nullptr, is == now.end() ? nullptr : &is->second,
               told);
  }
  asker.send_json({{"type", "resume_request"}, {"since", told.chat_before}});
  std::map<std::uint64_t, std::string> kept;
  const Json resumed = asker.receive_type("resume_snapshot");
  for (const Json& message : resumed.at("messages")) {
    kept[message.at("msg_id")] = message.at("payload");
  }
  for (const auto& [id, payload] : told.chat) {
    INFO("chat " << id);
    REQUIRE(kept.contains(id));
    CHECK(kept.at(id) == payload);
  }
  told.held.clear();
  for (const auto& [task, claim] : now) {
    told.held[task] = {claim.at("owner"), claim.at("epoch"), claim.at("checkpoint")};
    told.last_epoch = std::max<std::int64_t>(told.last_epoch, claim.at("epoch"));
  }
  told.chat.clear();
  if (!kept.empty()) told.chat_before = kept.rbegin()->first;
  told.under_way.clear();
}

// Works until a random moment, kills the hub, and takes in all that was told before its death.
void work_and_kill(HubProcess& hub, Told& told, Dice& dice) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t i = 0; i < peers_count; ++i) {
    workers.push_back(std::make_unique<Worker>(hub.port(), "w" + std::to_string(i), told));
  }
  for (auto& worker : workers) worker->ask(told, dice);
  const unsigned answers_wanted = roll(dice, 160);
  const Deadline deadline(patience);
  for (unsigned answers = 0; answers < answers_wanted && !deadline.passed();) {
    for (auto& worker : workers) {
      if (!worker->listen(told)) continue;
      ++answers;
      worker->ask(told, dice);
    }
  }
  REQUIRE_FALSE(deadline.passed());
  hub.stop(SIGKILL);
  for (auto& worker : workers) worker->drain(told);
}

// Reads a log as its records are: at no point may one task or one file have two owners, and no
// epoch may come twice.
void check_log(const std::filesystem::path& file) {
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(opened, &sqlite3_close);
  sqlite3_stmt* prepared = nullptr;
  REQUIRE(sqlite3_prepare_v2(opened, "SELECT seq, kind, payload FROM events ORDER BY seq", -1,
                             &prepared, nullptr) == SQLITE_OK);
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> query(prepared, &sqlite3_finalize);
  std::map<std::string, Json> held;
  std::int64_t last_epoch = 0;
  while (sqlite3_step(prepared) == SQLITE_ROW) {
    const auto text = [&](int i) {
      return std::string(reinterpret_cast<const char*>(sqlite3_column_text(prepared, i)));
    };
    INFO("event " << sqlite3_column_int64(prepared, 0) << ": " << text(1) << " " << text(2));
    const std::string kind = text(1);
    const Json event = Json::parse(text(2));
    if (kind == "release") {
      CHECK(held.erase(event.at("task_id")) == 1);
    } else if (kind == "claim" && held.contains(event.at("task_id")) &&
               held.at(event.at("task_id")).at("epoch") == event.at("epoch")) {
      // A lease that was renewed, written whole again.
      CHECK(held.at(event.at("task_id")).at("owner") == event.at("owner"));
    } else if (kind == "claim") {
      CHECK(event.at("epoch") > last_epoch);
      last_epoch = event.at("epoch");
      for (const auto& [task, other] : held) {
        const bool in_the_way =
            task == event.at("task_id") || other.at("paths") == event.at("paths");
        CHECK((!in_the_way || other.at("owner") == event.at("owner")));
      }
      held[event.at("task_id")] = event;
    } else if (kind == "checkpoint") {
      REQUIRE(held.contains(event.at("task_id")));
      CHECK(held.at(event.at("task_id")).at("owner") == event.at("owner"));
    }
  }
}

}  // namespace

TEST_CASE("a hub that is killed under load loses nothing that anyone was told", "[hub][kill]") {
  const std::uint64_t seed = first_seed();
  std::cout << "kill rounds start from seed " << seed << " (SYNAPSE_SIM_SEED)\n";
  Dice dice(seed);
  const unsigned rounds = rounds_wanted();
  for (unsigned round = 0; round < rounds;) {
    const TempDir folder;
    HubOptions options;
    options.arguments = {"--db", folder / "log.db"};
    HubProcess hub(options);
    Told told;
    for (unsigned i = 0; i < rounds_per_log && round < rounds; ++i, ++round) {
      INFO("round " << round << " of seed " << seed);
      work_and_kill(hub, told, dice);
      hub.start();
      check_restart(hub.port(), told);
    }
    CHECK(hub.stop(SIGTERM).as_number() == 0);
    check_log(folder / "log.db");
  }
}

}  // namespace synapse::test
