// SPDX-License-Identifier: AGPL-3.0-or-later
// How much the hub can tell everybody, and what one delivery costs it.
//
// Counting starts after a warm-up and stops before the agents do. Then they finish what they began,
// and every socket must have got every frame exactly once; only then do the figures count.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "failure.hpp"
#include "frame_text.hpp"
#include "scenarios.hpp"
#include "stage.hpp"

namespace synapse::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct Progress {
  std::uint64_t changes = 0;     // accepted by the hub, each owed to all sockets
  std::uint64_t deliveries = 0;  // frames that arrived, all sockets together
};

struct Sample {
  Clock::time_point time;
  std::chrono::nanoseconds hub_cpu;
  std::chrono::nanoseconds load_cpu;
  Progress progress;
};

Sample sample(const HubProcess& hub, const Progress& progress) {
  return {Clock::now(), hub.cpu(), own_cpu(), progress};
}

Figures rates(std::string_view change_name, const Sample& begin, const Sample& end) {
  const double seconds = Seconds(end.time - begin.time).count();
  const auto changes = static_cast<double>(end.progress.changes - begin.progress.changes);
  const auto deliveries = static_cast<double>(end.progress.deliveries - begin.progress.deliveries);
  const double hub_seconds = Seconds(end.hub_cpu - begin.hub_cpu).count();
  const double load_seconds = Seconds(end.load_cpu - begin.load_cpu).count();
  return {{std::string(change_name), "/s", changes / seconds},
          {"deliveries", "/s", deliveries / seconds},
          {"hub-cpu-per-delivery", "us", hub_seconds * 1e6 / deliveries},
          {"hub-core-busy", "%", hub_seconds / seconds * 100},
          // Near 100 the load, not the hub, sets the rates.
          {"load-core-busy", "%", load_seconds / seconds * 100}};
}

// What the two storms below have in common: traffic that begins, keeps itself going, and rests.
class Storm {
 public:
  Storm(SocketPool& pool, std::vector<std::string> names)
      : pool_(pool), names_(std::move(names)), received_(names_.size()) {}
  virtual ~Storm() = default;
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;

  Figures measure(const HubProcess& hub, Seconds window, std::string_view change_name) {
    begin();
    pump_for(std::min(Seconds(0.5), window / 4));
    const Sample first = sample(hub, progress_);
    pump_for(window);
    const Sample last = sample(hub, progress_);
    if (last.progress.deliveries == first.progress.deliveries) {
      throw Failure("nothing arrived in the measured window");
    }
    stopping_ = true;
    pool_.pump_until([this] { return is_at_rest() && all_received(); }, "the last deliveries",
                     take_frame_);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    pool_.pump(std::chrono::milliseconds(0), take_frame_);
    if (!all_received()) throw Failure("a frame was delivered more than once");
    return rates(change_name, first, last);
  }

 protected:
  virtual void begin() = 0;
  virtual void on_frame(std::size_t socket, std::string_view frame) = 0;
  virtual void after_pump() {}
  [[nodiscard]] virtual bool is_at_rest() const = 0;

  [[nodiscard]] bool all_received() const {
    return std::all_of(received_.begin(), received_.end(),
                       [this](std::uint64_t count) { return count == progress_.changes; });
  }
  void count_delivery(std::size_t socket) {
    ++received_[socket];
    ++progress_.deliveries;
  }

  SocketPool& pool_;
  std::vector<std::string> names_;
  std::vector<std::uint64_t> received_;
  Progress progress_;
  bool stopping_ = false;

 private:
  void pump_for(Seconds duration) {
    const Clock::time_point end =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(duration);
    while (Clock::now() < end) {
      pool_.pump(std::chrono::milliseconds(10), take_frame_);
      after_pump();
    }
  }

  SocketPool::OnText take_frame_ = [this](std::size_t socket, std::string_view frame) {
    on_frame(socket, frame);
  };
};

// Each agent claims its own task and path, is granted, releases, is told, and claims again.
class ClaimStorm : public Storm {
 public:
  ClaimStorm(SocketPool& pool, const std::vector<std::string>& names) : Storm(pool, names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string number = std::to_string(i);
      claims_.push_back(claim_text(names[i], "task-" + number, "src/part-" + number + "/main.cpp"));
      releases_.push_back(release_text(names[i], "task-" + number));
    }
  }

 private:
  void begin() override {
    for (std::size_t i = 0; i < claims_.size(); ++i) pool_.send(i, claims_[i]);
  }

  void on_frame(std::size_t socket, std::string_view frame) override {
    const std::string_view type = type_of(frame);
    const bool granted = type == "claim_granted";
    if (!granted && type != "release_granted") return expect_no_refusal(type, frame);
    count_delivery(socket);
    if (string_field(frame, "owner") != names_[socket]) return;
    ++progress_.changes;
    if (granted) {
      pool_.send(socket, releases_[socket]);
    } else if (stopping_) {
      ++resting_;
    } else {
      pool_.send(socket, claims_[socket]);
    }
  }

  [[nodiscard]] bool is_at_rest() const override { return resting_ == claims_.size(); }

  std::vector<std::string> claims_;
  std::vector<std::string> releases_;
  std::size_t resting_ = 0;
};

// Socket 0 talks to all, itself included, and keeps a window of chats that are not yet everywhere.
// Each socket must get them in order.
class ChatStorm : public Storm {
 public:
  ChatStorm(SocketPool& pool, const std::vector<std::string>& names, std::size_t in_flight_max)
      : Storm(pool, names), in_flight_max_(in_flight_max) {}

 private:
  void begin() override { after_pump(); }

  void on_frame(std::size_t socket, std::string_view frame) override {
    const std::string_view type = type_of(frame);
    if (type != "chat") return expect_no_refusal(type, frame);
    if (chat_number(frame) != received_[socket]) {
      throw Failure("socket " + std::to_string(socket) +
                    " got a chat out of order, expected number " +
                    std::to_string(received_[socket]) + ": " + std::string(frame));
    }
    count_delivery(socket);
  }

  void after_pump() override {
    const std::uint64_t everywhere = *std::min_element(received_.begin(), received_.end());
    bool queued = false;
    for (; progress_.changes - everywhere < in_flight_max_; ++progress_.changes) {
      pool_.queue(0, chat_text(names_[0], progress_.changes));
      queued = true;
    }
    if (queued) pool_.flush(0);
  }

  [[nodiscard]] bool is_at_rest() const override { return true; }

  std::size_t in_flight_max_;
};

Figures claim_storm(const Run& run, Log log, std::size_t clients) {
  HubProcess hub(hub_command(run, log, clients));
  hub.wait_ready();
  Figures figures;
  {
    SocketPool pool(hub.port(), run.options.waiting);
    const std::vector<std::string> names = agent_names(1, clients);
    bring_online(pool, names, Hearing::everything);
    figures = ClaimStorm(pool, names).measure(hub, run.options.window, "changes");
  }
  hub.stop();
  return figures;
}

}  // namespace

Figures claim_broadcast(const Run& run) {
  return claim_storm(run, Log::none, run.options.clients.value_or(64));
}

Figures claim_broadcast_db(const Run& run) {
  return claim_storm(run, Log::file, run.options.clients.value_or(16));
}

Figures chat_fanout(const Run& run) {
  const std::size_t clients = run.options.clients.value_or(64);
  HubProcess hub(hub_command(run, Log::none, clients));
  hub.wait_ready();
  Figures figures;
  {
    SocketPool pool(hub.port(), run.options.waiting);
    const std::vector<std::string> names = agent_names(1, clients);
    bring_online(pool, names, Hearing::everything);
    figures = ChatStorm(pool, names, run.options.chats_in_flight)
                  .measure(hub, run.options.window, "chats");
  }
  hub.stop();
  return figures;
}

}  // namespace synapse::bench
