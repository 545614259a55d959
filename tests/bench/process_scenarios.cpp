// SPDX-License-Identifier: AGPL-3.0-or-later
// Whole processes against the clock: a hub that replays a long log, a command that asks it
// something.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "event_log.hpp"
#include "failure.hpp"
#include "frame_text.hpp"
#include "scenarios.hpp"
#include "stage.hpp"

namespace synapse::bench {
namespace {

using Seconds = std::chrono::duration<double>;

// Written back before the hub starts, so that it is not the one who waits for the disk.
void copy_synced(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::copy_file(from, to);
  const int fd = ::open(to.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0 || ::fsync(fd) != 0) fail_errno("writing " + to.string());
  ::close(fd);
}

// A hub that answered early, or skipped events, would be fast: it must know what the log holds.
void check_replayed(const HubProcess& hub, const LogFacts& facts) {
  SocketPool pool(hub.port(), Waiting::blocks);
  const std::string name = agent_name(9999);
  const std::size_t socket = bring_online(pool, {name}, Hearing::nothing);
  const std::string head = "{\"sender\":\"" + name + "\",\"target\":\"System\",\"type\":\"";
  pool.send(socket, head + "state_request\"}");
  pool.send(socket, head + "history_request\",\"limit\":1}");
  bool answered = false;
  const auto expect = [](std::string_view what, std::size_t there, std::size_t expected) {
    if (there == expected) return;
    throw Failure("after the replay the hub has " + std::to_string(there) + " " +
                  std::string(what) + ", the log has " + std::to_string(expected));
  };
  pool.pump_until([&] { return answered; }, "the replayed state",
                  [&](std::size_t, std::string_view frame) {
                    const std::string_view type = type_of(frame);
                    if (type == "state_snapshot") {
                      expect("live claims", count_of(frame, "\"lease_expires_at\":"),
                             facts.live_claims);
                    } else if (type == "history_snapshot") {
                      expect("chats", number_field(frame, "msg_id").value_or(0), facts.chats);
                      answered = true;
                    } else {
                      expect_no_refusal(type, frame);
                    }
                  });
}

void declare_plan(const HubProcess& hub) {
  constexpr std::size_t tasks = 5;
  SocketPool pool(hub.port(), Waiting::blocks);
  const std::size_t socket = bring_online(pool, {agent_name(1)}, Hearing::everything);
  std::size_t posted = 0;
  for (std::size_t i = 0; i < tasks; ++i) {
    pool.send(socket, plan_task_text(agent_name(1), "step-" + std::to_string(i),
                                     i == 0 ? "" : "step-" + std::to_string(i - 1)));
  }
  pool.pump_until([&] { return posted == tasks; }, "the plan",
                  [&](std::size_t, std::string_view frame) {
                    const std::string_view type = type_of(frame);
                    if (type != "ledger_task_posted") return expect_no_refusal(type, frame);
                    ++posted;
                  });
}

}  // namespace

Figures replay(const Run& run) {
  const std::filesystem::path master = run.shared.folder / "replay.db";
  if (!run.shared.log) run.shared.log = write_event_log(master, run.options.events);
  copy_synced(master, log_file(run));

  HubProcess hub(hub_command(run, Log::file, 1));
  const Seconds wall = hub.wait_ready();
  Figures figures = {{"wall", "s", wall.count()},
                     {"hub-cpu", "s", Seconds(hub.cpu()).count()},
                     {"peak-rss", "MB", hub.peak_rss_mb()}};
  check_replayed(hub, *run.shared.log);
  hub.stop();
  return figures;
}

// The command runs on the load's core, where nothing else happens while it does.
Figures command(const Run& run) {
  HubProcess hub(hub_command(run, Log::none, 2));
  hub.wait_ready();
  declare_plan(hub);
  std::vector<std::string> words = split_command(run.options.command);
  if (words.empty()) throw Failure("the scenario needs --command");
  for (std::string& word : words) {
    replace_all(word, "{uri}", "ws://127.0.0.1:" + std::to_string(hub.port()));
  }
  std::vector<double> times;
  for (std::size_t i = 0; i < run.options.command_repeats; ++i) {
    times.push_back(time_command(words).count() * 1e3);
  }
  hub.stop();
  return {{"wall", "ms", median(times)}, {"wall-p90", "ms", quantile(times, 0.9)}};
}

}  // namespace synapse::bench
