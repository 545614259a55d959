// SPDX-License-Identifier: AGPL-3.0-or-later
// A thousand agents that arrive at the same moment, and what they cost while they say nothing.
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "failure.hpp"
#include "frame_text.hpp"
#include "scenarios.hpp"
#include "stage.hpp"

namespace synapse::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// Socket 0 is an observer who hears no broadcasts and asks for the roster; the agents follow.
class Crowd {
 public:
  Crowd(const HubProcess& hub, const Options& options)
      : pool_(hub.port(), options.waiting),
        names_(agent_names(1, options.agents)),
        has_joined_(names_.size()) {
    bring_online(pool_, {observer}, Hearing::nothing);
  }

  // Returns when the observer's roster lists all of them and each has been told of its own joining.
  void join() {
    for (const std::string& name : names_) pool_.queue(pool_.open(), heartbeat_text(name));
    while (!is_complete()) {
      ask_roster();
      pool_.pump_until([this] { return is_complete() || is_roster_due(); }, "the crowd to join",
                       take_frame_);
    }
  }

  // Pumps until nothing has come for half a second, and then for `duration`.
  void settle(Seconds duration) {
    constexpr Seconds quiet{0.5};
    for (Clock::time_point last = Clock::now(); Clock::now() - last < quiet;) {
      if (pool_.pump(std::chrono::milliseconds(10), take_frame_) > 0) last = Clock::now();
    }
    for (const Clock::time_point begin = Clock::now(); Clock::now() - begin < duration;) {
      pool_.pump(std::chrono::milliseconds(10), take_frame_);
    }
  }

 private:
  [[nodiscard]] bool is_complete() const {
    return joined_ == names_.size() && online_ == names_.size() + 1;
  }

  // Often enough to see the end soon, seldom enough to cost the hub nothing: a roster is 13 KB.
  [[nodiscard]] bool is_roster_due() const {
    return !roster_awaited_ && Clock::now() - roster_asked_ >= std::chrono::milliseconds(20);
  }

  void ask_roster() {
    if (!is_roster_due()) return;
    pool_.send(0, who_request_text(observer));
    roster_awaited_ = true;
    roster_asked_ = Clock::now();
  }

  void on_frame(std::size_t socket, std::string_view frame) {
    const std::string_view type = type_of(frame);
    expect_no_refusal(type, frame);
    if (socket == 0) {
      if (type != "who_snapshot") return;
      roster_awaited_ = false;
      online_ = online_agents(frame);
    } else if (type == "presence_update" && !has_joined_[socket - 1] &&
               string_field(frame, "agent") == names_[socket - 1] &&
               string_field(frame, "event") == "joined") {
      has_joined_[socket - 1] = true;
      ++joined_;
    }
  }

  static constexpr const char* observer = "observer";

  SocketPool pool_;
  std::vector<std::string> names_;
  std::vector<bool> has_joined_;
  std::size_t joined_ = 0;
  std::size_t online_ = 0;
  bool roster_awaited_ = false;
  Clock::time_point roster_asked_;
  SocketPool::OnText take_frame_ = [this](std::size_t socket, std::string_view frame) {
    on_frame(socket, frame);
  };
};

Figures memory_figures(const Memory& memory) {
  return {{"rss", "MB", memory.rss_mb}, {"pss", "MB", memory.pss_mb}};
}

}  // namespace

Figures join(const Run& run) {
  HubProcess hub(hub_command(run, Log::none, run.options.agents + 1));
  hub.wait_ready();
  Figures figures;
  {
    Crowd crowd(hub, run.options);
    const std::chrono::nanoseconds hub_cpu = hub.cpu();
    const std::chrono::nanoseconds load_cpu = own_cpu();
    const Clock::time_point begin = Clock::now();
    crowd.join();
    figures = {{"wall", "s", Seconds(Clock::now() - begin).count()},
               {"hub-cpu", "s", Seconds(hub.cpu() - hub_cpu).count()},
               {"load-cpu", "s", Seconds(own_cpu() - load_cpu).count()}};
  }
  hub.stop();
  return figures;
}

Figures idle(const Run& run) {
  HubProcess hub(hub_command(run, Log::none, run.options.agents + 1));
  hub.wait_ready();
  Memory memory;
  {
    Crowd crowd(hub, run.options);
    crowd.join();
    crowd.settle(Seconds(2));
    memory = hub.memory();
  }
  hub.stop();
  return memory_figures(memory);
}

Figures idle_empty(const Run& run) {
  HubProcess hub(hub_command(run, Log::none, 0));
  hub.wait_ready();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const Memory memory = hub.memory();
  hub.stop();
  return memory_figures(memory);
}

}  // namespace synapse::bench
