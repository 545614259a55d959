// SPDX-License-Identifier: AGPL-3.0-or-later
// Times a replay: store_replay_bench FILE [EVENTS] writes a log of so many events (a million) there
// if none is, and replays it. Prints wall and CPU time of the replay, and the largest memory of the
// process.
//
// The log: 2,000 tasks claimed, updated, checkpointed, handed over and released in turn (57 % of
// the records), 30 % chat, and plan tasks, progress, offers and remembered answers. The same at
// every run, but for its times.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <vector>

#include "store/event_codec.hpp"
#include "store/replay.hpp"
#include "store/sqlite_store.hpp"

using namespace synapse;

namespace {

class LogWriter {
 public:
  LogWriter(store::EventStore& log, double now) : log_(log), now_(now), leases_(2000) {}

  Result<> write(std::size_t events) {
    while (events > 0) {
      while (events > 0 && batch_.size() < 1000) {
        add(step());
        --events;
      }
      if (Result<> done = log_.append(batch_); !done) return done;
      batch_.clear();
    }
    return {};
  }

 private:
  std::size_t draw(std::size_t below) { return static_cast<std::size_t>(random_() % below); }
  AgentName agent() { return AgentName("project/agent-" + std::to_string(draw(100))); }
  void add(const core::Event& event) { batch_.push_back(*store::encode(event, now_ += 0.001)); }

  core::Event step() {
    using namespace core;
    const std::size_t roll = draw(100);
    const TaskId plan_id("step-" + std::to_string(draw(500)));
    if (roll < 30) {
      const std::string body =
          R"({"payload":"the parser is done, its tests are green; next I take )"
          R"(the encoder unless you do","sender":")" +
          agent().text + R"(","target":"all"})";
      return ChatPosted{{MessageId{++chats_}, agent(), "all", body, now_, "syn-0badcafe"}};
    }
    if (roll < 35) {
      return PlanTaskDeclared{{plan_id,
                               "Port the parser",
                               "Keep the recorded exchanges green",
                               {TaskId("step-0")},
                               PlanStatus::open,
                               "",
                               agent().text,
                               now_,
                               now_}};
    }
    if (roll < 40) {
      return ProgressPosted{{plan_id, agent().text, ProgressKind::note, "half of it passes", now_}};
    }
    if (roll < 41) {
      return ResourceOffered{{agent(), "gpu", "card-" + std::to_string(draw(4)), 1, {}, now_, {}}};
    }
    Lease& lease = leases_[draw(leases_.size())];
    if (roll < 43) {
      return AnswerRemembered{"key-" + std::to_string(++keys_), agent(), "claim",
                              "0123456789abcdef",
                              R"({"type":"claim_granted","task_id":"task-17","epoch":12345})"};
    }
    return advance(lease);
  }

  core::Event advance(core::Lease& lease) {
    using namespace core;
    const auto place = static_cast<std::size_t>(&lease - leases_.data());
    if (lease.epoch.value == 0) {
      lease.task_id = TaskId("task-" + std::to_string(place));
      lease.owner = agent();
      lease.note = "porting";
      lease.claimed_at = now_;
      lease.expires_at = now_ + 36000;
      lease.worktree = "/home/dev/project";
      lease.paths = {"src/part-" + std::to_string(place) + "/main.cpp"};
      lease.epoch = Epoch{++epoch_};
      return LeaseGranted{lease};
    }
    lease.version = lease.version.next();
    switch (draw(10)) {
      case 0:
        lease.checkpoint = "lexer ported; 41 of 77 cases";
        return CheckpointSaved{lease};
      case 1:
        lease.owner = agent();
        lease.epoch = Epoch{++epoch_};
        return LeaseHandedOff{lease, agent()};
      case 2:
      case 3:
      case 4: {
        LeaseReleased release{lease.task_id, lease.owner};
        lease = Lease{};
        return release;
      }
      default:
        lease.status = LeaseStatus::working;
        return TaskUpdated{lease};
    }
  }

  store::EventStore& log_;
  double now_;
  std::mt19937_64 random_{1};
  std::vector<core::Lease> leases_;
  std::vector<store::Entry> batch_;
  std::uint64_t epoch_ = 0;
  std::uint64_t chats_ = 0;
  std::uint64_t keys_ = 0;
};

double cpu_seconds(const rusage& usage) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int failed(const Error& why) {
  std::fprintf(stderr, "%s\n", why.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::size_t events = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1'000'000;
  const bool is_new = !std::filesystem::exists(argv[1]);
  auto log = store::SqliteStore::open(argv[1]);
  if (!log) return failed(log.error());
  const base::Moment now = base::SystemClock().now();
  if (is_new) {
    if (Result<> done = LogWriter(**log, now.wall - 1000).write(events); !done) {
      return failed(done.error());
    }
  }
  core::Machine machine{core::Limits{}};
  rusage before{};
  rusage after{};
  getrusage(RUSAGE_SELF, &before);
  const auto start = std::chrono::steady_clock::now();
  const auto report = store::replay(**log, machine, now, {});
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  getrusage(RUSAGE_SELF, &after);
  if (!report) return failed(report.error());
  std::printf("%lu records, %lu applied: %.3f s wall, %.3f s CPU, peak %ld MB; %zu leases\n",
              static_cast<unsigned long>(report->records),
              static_cast<unsigned long>(report->applied), wall.count(),
              cpu_seconds(after) - cpu_seconds(before), after.ru_maxrss / 1024,
              machine.leases().all().size());
  return 0;
}
