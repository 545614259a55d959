// SPDX-License-Identifier: AGPL-3.0-or-later
// A hub's engine without sockets or files, for programs that fill it and measure what a frame costs
// the thread that the hub's state belongs to.
#pragma once

#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hub/engine.hpp"
#include "support/manual_clock.hpp"
#include "wire/decode.hpp"

namespace synapse::bench {

// This thread's own time: what else the machine does is not in it.
inline double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Takes what it is sent and forgets it.
class DeafConnection final : public net::Connection {
 public:
  explicit DeafConnection(std::string host) { peer_.host = std::move(host); }
  [[nodiscard]] bool send(const net::SharedFrame& frame, net::WrittenMark) override {
    sent_bytes_ += frame->bytes.size();
    return true;
  }
  void flush(net::Flush) override {}
  void close(std::uint16_t, std::string_view) override {}
  void admit() override {}
  void credit(std::size_t) override {}
  [[nodiscard]] const net::Peer& peer() const override { return peer_; }
  [[nodiscard]] std::size_t sent_bytes() const { return sent_bytes_; }

 private:
  net::Peer peer_;
  std::size_t sent_bytes_ = 0;
};

// What a frame cost: to be decoded, on its connection's thread, and to be dealt with, on the hub's.
struct Cost {
  double decode = 0;
  double strand = 0;
  std::size_t bytes = 0;
};

class HubTable final : hub::LogWriter {
 public:
  HubTable()
      : engine_(options(), std::make_unique<core::Machine>(options().limits, "syn-1"), this) {}

  hub::SharedSession join(const std::string& name, std::string_view more = {}) {
    auto session = std::make_shared<hub::Session>(std::make_shared<DeafConnection>("127.0.0.1"));
    engine_.open(session, clock_.now());
    (void)say(session, R"({"type":"heartbeat","sender":")" + name + "\"" + std::string(more) + "}");
    return session;
  }
  Cost say(const hub::SharedSession& session, std::string_view frame) {
    Cost cost;
    cost.bytes = frame.size();
    const double start = thread_seconds();
    hub::Heard heard = hub::hear(frame);
    const double decoded = thread_seconds();
    engine_.frame(session, std::move(heard), frame.size(), clock_.now());
    settle();
    cost.decode = decoded - start;
    cost.strand = thread_seconds() - decoded;
    return cost;
  }
  Cost leave(const hub::SharedSession& session) {
    const double start = thread_seconds();
    engine_.closed(session, core::Parting::closed, clock_.now());
    settle();
    return {0, thread_seconds() - start, 0};
  }
  // One turn of what is due.
  Cost tick() {
    const double start = thread_seconds();
    engine_.tick(clock_.now());
    settle();
    return {0, thread_seconds() - start, 0};
  }
  // All of it; the dearest turn.
  Cost tick_until_idle() {
    Cost worst;
    while (engine_.next_deadline() && *engine_.next_deadline() <= clock_.now().mono) {
      worst.strand = std::max(worst.strand, tick().strand);
    }
    return worst;
  }
  void advance(double seconds) { clock_.advance(seconds); }
  // What a log would have said.
  void replay(const core::Event& event) {
    const_cast<core::Machine&>(engine_.machine()).replay(event);
  }
  [[nodiscard]] base::Moment now() const { return clock_.now(); }
  [[nodiscard]] const core::Machine& machine() const { return engine_.machine(); }

 private:
  static hub::EngineOptions options() {
    hub::EngineOptions options;
    options.hub_id = "syn-1";
    options.limits.history_max = 10'000;
    return options;
  }
  void submit(std::uint64_t turn, std::vector<store::Entry>) override { turn_ = turn; }
  void settle() {
    engine_.committed(turn_);
    engine_.flush(clock_.now());
  }

  test::ManualClock clock_;
  std::uint64_t turn_ = 0;
  hub::Engine engine_;
};

}  // namespace synapse::bench
