// SPDX-License-Identifier: AGPL-3.0-or-later
// The hub without its sockets, threads and files: a frame of a session in, frames to sessions and
// entries for the log out. One frame is one turn: admit it, decide, apply, encode, log; the turn's
// frames then wait at the gate.
//
// Synchronous and single-threaded: it belongs to the hub's strand, and in tests to a simulator.
// Sockets are net::Connection, the log is LogWriter, time is an argument.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/machine.hpp"
#include "core/rate_limiter.hpp"
#include "hub/gate.hpp"
#include "hub/metrics.hpp"
#include "hub/registry.hpp"
#include "store/log_writer.hpp"
#include "store/recorder.hpp"
#include "wire/encode.hpp"
#include "wire/inbound.hpp"

namespace synapse::hub {

struct EngineOptions {
  std::string hub_id;
  std::string token;  // Blank: an open hub.
  core::Limits limits;
  RegistryLimits registry;
  std::chrono::milliseconds auth_timeout{10'000};  // To a good first frame, on a secured hub.
  std::chrono::milliseconds name_timeout{30'000};  // To a name, on an open one.
  double rate = 0;                                 // Frames a second and agent; 0: no limit.
  double burst = 20;
  double host_rate = 0;
  double host_burst = 40;
};

using store::LogWriter;

class Engine {
 public:
  // `log` null: nothing is durable and nothing waits.
  Engine(EngineOptions options, std::unique_ptr<core::Machine> machine, LogWriter* log);

  // A socket that has been upgraded. Null: it was turned away.
  SharedSession open(std::shared_ptr<net::Connection> connection, Moment now);
  // A message of an open session: decoded, or why it could not be.
  void frame(const SharedSession& session, const Result<wire::Inbound>& inbound, std::size_t bytes,
             Moment now);
  void closed(const SharedSession& session, Moment now);
  // Whatever is due by the clock.
  void tick(Moment now);
  [[nodiscard]] std::optional<Mono> next_deadline() const;

  // Turns up to this one are safe in the log.
  void committed(std::uint64_t turn) { gate_.commit(turn); }
  // The log failed: refuses what was held, goes on with the state that the log has, and refuses
  // every change from now on.
  void log_failed(const Error& why, std::unique_ptr<core::Machine> machine, Moment now);

  // Lets through what may pass and starts the writers: at the end of each batch of work.
  void flush(Moment now);
  // Writes each lease that was renewed whole into the log, for readers of the original's table
  // alone: every ten minutes of itself, and before a clean stop.
  void write_renewed(Moment now);
  // Closes every socket.
  void shut_down(std::uint16_t code, std::string_view reason);

  // Told of every broadcast that passes the gate, as JSON text.
  void on_broadcast(std::function<void(std::string_view frame)> listener);

  [[nodiscard]] const core::Machine& machine() const { return *machine_; }
  [[nodiscard]] const Registry& registry() const { return registry_; }
  [[nodiscard]] const std::string& read_only_reason() const { return read_only_reason_; }
  [[nodiscard]] Metrics& metrics() { return metrics_; }
  [[nodiscard]] Gauges gauges() const;
  [[nodiscard]] std::size_t held_turns() const { return gate_.held(); }
  [[nodiscard]] const std::string& hub_id() const { return encoder_.hub_id(); }

 private:
  struct QueuedKey {
    std::string type;
    std::string key;
    std::string digest;
  };

  // The door: each true if the frame may go on.
  bool admit(const SharedSession& session, const Result<wire::Inbound>& inbound, Turn& turn,
             Moment now);
  bool authenticate(const SharedSession& session, const wire::Inbound& inbound, Turn& turn,
                    Moment now);
  bool bind(const SharedSession& session, const wire::Inbound& inbound, Turn& turn, Moment now);
  bool bind_held(const SharedSession& session, const wire::Inbound& inbound, const AgentName& name,
                 Turn& turn, Moment now);
  void end(const SharedSession& session, protocol::CloseCode code, std::string_view reason,
           Turn& turn, Moment now);
  void leave(const AgentName& name, Turn& turn, Moment now);

  // The room.
  void handle(const SharedSession& session, const wire::Inbound& inbound, Turn& turn, Moment now);
  void handle_command(const SharedSession& session, const wire::Inbound& inbound,
                      const core::Command& command, Turn& turn, Moment now);
  void handle_query(const SharedSession& session, const wire::Inbound& inbound,
                    const wire::Query& query, Turn& turn, Moment now);
  bool answer_again(const SharedSession& session, const wire::Inbound& inbound, Turn& turn,
                    Moment now);
  void remember(const AgentName& sender, const QueuedKey& key, const std::string& response,
                Turn& turn, Moment now);
  void refuse(const SharedSession& session, const core::Refusal& refusal,
              std::string_view in_reply_to, Turn& turn, Moment now);

  // Frames and log entries of events that have been applied. Returns the text of the last frame.
  std::string tell(const std::vector<core::Event>& events, const AgentName& actor, Turn& turn,
                   Moment now);
  void log(const core::Event& event, Turn& turn, Moment now);
  void settle_queued(const core::Event& event, const std::string& frame, Turn& turn, Moment now);
  void count(const core::Event& event);
  void expire(Turn& turn, Moment now);

  // After the log has failed: the refusal of what is not in it, and the answer to a held request.
  [[nodiscard]] core::Refusal lost(const TaskId& task_id) const;
  void answer_lost(Turn& turn, Moment now);

  void send(const SharedSession& session, std::string_view text, Turn& turn);
  void finish(Turn turn);
  void pass(Turn& turn);
  void deliver(const SharedSession& session, const Delivery& delivery, const SharedSession& actor);

  EngineOptions options_;
  std::unique_ptr<core::Machine> machine_;
  LogWriter* log_;
  wire::Encoder encoder_;
  Registry registry_;
  core::RateLimiter agent_limiter_;
  core::RateLimiter host_limiter_;
  Gate gate_;
  Metrics metrics_;
  std::uint64_t last_turn_ = 0;
  store::Recorder recorder_;
  std::vector<store::Entry> entries_;  // Of the turn under way.
  std::map<std::pair<AgentName, TaskId>, QueuedKey> queued_keys_;
  std::vector<SharedSession> dirty_;
  std::function<void(std::string_view)> on_broadcast_;
  std::string read_only_reason_;  // Blank: changes are accepted.
};

}  // namespace synapse::hub
