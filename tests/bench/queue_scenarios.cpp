// SPDX-License-Identifier: AGPL-3.0-or-later
// What a long queue costs those who do not wait in it, and the one who joins it last.
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "claim_loop.hpp"
#include "failure.hpp"
#include "frame_text.hpp"
#include "scenarios.hpp"
#include "stage.hpp"

namespace synapse::bench {
namespace {

using Microseconds = std::chrono::duration<double, std::micro>;

constexpr std::size_t queued_per_agent = 64;  // the hub's own limit

// Agents that queue claims of files in a folder that another agent holds, one after the other.
class Queue {
 public:
  Queue(const HubProcess& hub, SocketPool& pool, std::size_t agents)
      : hub_(hub), pool_(pool), names_(agent_names(1, agents)) {
    first_ = bring_online(pool, names_, Hearing::nothing);
  }

  // The hub's CPU time for one more queued claim, in µs, as the mean of `count`.
  double grow(std::size_t count) {
    const std::chrono::nanoseconds before = hub_.cpu();
    for (std::size_t i = 0; i < count; ++i) add();
    return Microseconds(hub_.cpu() - before).count() / static_cast<double>(count);
  }
  [[nodiscard]] std::size_t length() const { return length_; }

 private:
  void add() {
    const std::size_t agent = length_ / queued_per_agent;
    const std::string number = std::to_string(length_++);
    bool is_queued = false;
    pool_.send(first_ + agent, queued_claim_text(names_[agent], "queued-" + number,
                                                 "src/module-" + number + "/main.cpp"));
    pool_.pump_until([&] { return is_queued; }, "claim_queued",
                     [&](std::size_t, std::string_view frame) {
                       const std::string_view type = type_of(frame);
                       if (type != "claim_queued") return expect_no_refusal(type, frame);
                       is_queued = true;
                     });
  }

  const HubProcess& hub_;
  SocketPool& pool_;
  std::vector<std::string> names_;
  std::size_t first_ = 0;
  std::size_t length_ = 0;
};

void hold(SocketPool& pool, std::size_t socket, const std::string& name) {
  bool is_held = false;
  pool.send(socket, claim_text(name, "hot", "src"));
  pool.pump_until([&] { return is_held; }, "claim_granted",
                  [&](std::size_t from, std::string_view frame) {
                    const std::string_view type = type_of(frame);
                    if (type != "claim_granted") return expect_no_refusal(type, frame);
                    is_held = from == socket;
                  });
}

}  // namespace

// All in one hub with the same sockets open, so that only the queue differs. CPU time and not
// latency, for a hub that looks through its queue after it has answered would hide it.
Figures claim_queued(const Run& run) {
  const std::size_t total = run.options.queued_claims;
  const std::size_t sample = std::max<std::size_t>(total / 20, 1);
  const std::size_t waiting = (total + queued_per_agent - 1) / queued_per_agent;
  HubProcess hub(hub_command(run, Log::none, waiting + 2));
  hub.wait_ready();
  Figures figures;
  {
    SocketPool pool(hub.port(), run.options.waiting);
    const std::size_t lone = bring_online(pool, {agent_name(0)}, Hearing::nothing);
    const std::string holder = "holder";
    const std::size_t holding = bring_online(pool, {holder}, Hearing::nothing);
    Queue queue(hub, pool, waiting);
    ClaimLoop unrelated(pool, lone, agent_name(0), "lib");
    const auto pair_cpu = [&] {
      const std::chrono::nanoseconds before = hub.cpu();
      const std::size_t pairs = unrelated.time_claims(run.options.iterations).size() +
                                run.options.iterations / 10 + 1;  // The warm-up costs as well.
      return Microseconds(hub.cpu() - before).count() / static_cast<double>(pairs);
    };
    const double empty = pair_cpu();
    hold(pool, holding, holder);
    const double first = queue.grow(sample);
    while (queue.length() + 2 * sample <= total) static_cast<void>(queue.grow(sample));
    const double last = queue.grow(total - queue.length());
    const double queued = pair_cpu();
    figures = {{"pair-cpu-empty", "us", empty},  {"pair-cpu-queued", "us", queued},
               {"ratio", "", queued / empty},    {"enqueue-cpu-first", "us", first},
               {"enqueue-cpu-last", "us", last}, {"enqueue-ratio", "", last / first}};
  }
  hub.stop();
  return figures;
}

}  // namespace synapse::bench
