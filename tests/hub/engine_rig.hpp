// SPDX-License-Identifier: AGPL-3.0-or-later
// Rig: a hub's engine on a table: sockets that only record, a clock that is moved by hand, and a
// log whose commits happen, or fail, when the test says so.
//
// Frames go in as text, through the real decoder, and come out as JSON, through the real encoder. A
// peer hears a frame only once the engine has told its socket to flush: what waits at the gate, or
// was queued and never flushed, is not heard.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hub/engine.hpp"
#include "support/manual_clock.hpp"
#include "support/memory_store.hpp"

namespace synapse::test {

using Json = nlohmann::json;
using Frames = std::vector<Json>;

class FakeConnection final : public net::Connection {
 public:
  explicit FakeConnection(std::string host) { peer_.host = std::move(host); }

  [[nodiscard]] bool send(const net::SharedFrame& frame, net::WrittenMark mark) override;
  void flush(net::Flush when) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void admit() override { is_admitted_ = true; }
  void credit(std::size_t messages) override { credits_ += messages; }
  [[nodiscard]] const net::Peer& peer() const override { return peer_; }

  // What is sent stays queued until it may leave again: a reader that takes nothing.
  void stall() { is_stalled_ = true; }
  void resume();
  void on_written(std::function<void(net::WrittenMark)> listener) {
    on_written_ = std::move(listener);
  }
  // What was flushed since the last call.
  [[nodiscard]] Frames take();
  [[nodiscard]] std::optional<int> close_code() const { return close_code_; }
  [[nodiscard]] std::size_t credits() const { return credits_; }
  [[nodiscard]] bool is_admitted() const { return is_admitted_; }

 private:
  void flush();

  net::Peer peer_;
  Frames sent_;
  std::size_t flushed_ = 0;
  std::size_t taken_ = 0;
  std::size_t credits_ = 0;
  std::vector<net::WrittenMark> unwritten_;
  std::function<void(net::WrittenMark)> on_written_;
  bool is_stalled_ = false;
  bool is_admitted_ = false;
  std::optional<int> close_code_;
};

// One end of a socket, as an agent has it.
struct Peer {
  std::shared_ptr<FakeConnection> connection;
  hub::SharedSession session;

  // What it has heard since it was last asked; of one type alone, dropping the others.
  [[nodiscard]] Frames hear() { return connection->take(); }
  [[nodiscard]] Frames hear(std::string_view type);
  // For what an earlier step of a test had to say.
  void forget() { static_cast<void>(hear()); }
  [[nodiscard]] std::optional<int> close_code() const { return connection->close_code(); }
};

[[nodiscard]] std::vector<std::string> types_of(const Frames& frames);

enum class Durable { no, yes };

class Rig final : hub::LogWriter {
 public:
  explicit Rig(hub::EngineOptions options = {}, Durable durable = Durable::no);

  // A socket that has been upgraded and has said nothing.
  [[nodiscard]] Peer connect(const std::string& host = "10.0.0.1");
  // A socket with a name, that has forgotten what binding it was told.
  [[nodiscard]] Peer join(const std::string& name, const std::string& host = "10.0.0.1");
  // Its socket takes again what is queued for it.
  void resume(Peer& peer);
  void leave(Peer& peer, core::Parting how = core::Parting::closed);

  void say_text(Peer& peer, std::string_view text);
  void say(Peer& peer, const Json& frame) { say_text(peer, frame.dump()); }
  // Says it and returns what this peer heard at once.
  [[nodiscard]] Frames ask(Peer& peer, const Json& frame);
  // The last of those; throws if there is none.
  [[nodiscard]] Json answer(Peer& peer, const Json& frame);

  void advance(double seconds);
  void step_wall_clock(double seconds) { clock_.step_wall(seconds); }
  [[nodiscard]] base::Moment now() const { return clock_.now(); }

  // The oldest turn that waits for the log is safe; all of them are.
  void commit_one();
  void commit();
  // The log fails under all that waits for it.
  void fail_log();
  [[nodiscard]] std::size_t uncommitted() const { return waiting_.size(); }
  [[nodiscard]] std::size_t waiting_entries() const;
  [[nodiscard]] const std::vector<store::Entry>& log() const { return store_.entries(); }

  [[nodiscard]] hub::Engine& engine() { return engine_; }

 private:
  void submit(std::uint64_t turn, std::vector<store::Entry> entries) override;
  void settle();

  ManualClock clock_;
  core::Limits limits_;
  MemoryStore store_;
  std::vector<std::pair<std::uint64_t, std::vector<store::Entry>>> waiting_;
  hub::Engine engine_;
};

}  // namespace synapse::test
