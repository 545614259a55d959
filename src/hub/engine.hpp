// SPDX-License-Identifier: AGPL-3.0-or-later
// The hub without its sockets, threads and files: what sockets do goes in, frames to sockets and
// entries for the log come out. A frame's way is the door, the ordered log, the room, the gate.
//
// Synchronous and single-threaded: it belongs to the hub's strand, and in tests to a simulator.
// Sockets are net::Connection, the event log is LogWriter, time is an argument.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hub/door.hpp"
#include "hub/entry_log.hpp"
#include "hub/hook_desk.hpp"
#include "hub/inbox_waits.hpp"
#include "hub/room.hpp"
#include "past/desk.hpp"

namespace synapse::hub {

struct EngineOptions {
  std::string hub_id;
  core::Limits limits;
  DoorOptions door;
  HookOptions hooks;
  // The largest snapshot for any asker, so that its outbox takes it beside what else waits there.
  std::size_t snapshot_bytes_max = 8UL << 20U;
};

class Engine {
 public:
  // `log` null: nothing is durable and nothing waits. `order` null: the hub is alone on its bus;
  // else it outlives the engine.
  Engine(const EngineOptions& options, std::unique_ptr<core::Machine> machine, LogWriter* log,
         EntryLog* order = nullptr);

  // A socket that has been upgraded; it may be turned away.
  void open(const SharedSession& session, Moment now);
  // A message of an open session.
  void frame(const SharedSession& session, Heard heard, std::size_t bytes, Moment now);
  void closed(const SharedSession& session, core::Parting how, Moment now);
  // A directed chat was written to its socket, whole. The next tick makes something of it.
  void written(const Session& session, MessageId message);
  // A call of a host's guard, from there.
  void hook(wire::HookRequest request, const net::Peer& peer, const net::Pass& pass, Moment now,
            HookCall::Reply reply);
  void host_ended(SessionId session, Moment now);
  [[nodiscard]] HookDesk& hooks() { return hooks_; }
  [[nodiscard]] const net::TokenGate& tokens() const { return door_.tokens(); }
  // Whatever is due by the clock.
  void tick(Moment now);
  [[nodiscard]] std::optional<Mono> next_deadline() const;
  // Entries have their place that were proposed here or elsewhere.
  void catch_up(Moment now);

  // Turns up to this one are safe in the log.
  void committed(std::uint64_t turn) { room_.gate().commit(turn); }
  // The log failed: refuses what was held, goes on with the state that the log has, and refuses
  // every change from now on.
  void log_failed(const Error& why, std::unique_ptr<core::Machine> machine, Moment now) {
    room_.log_failed(why, std::move(machine), now);
  }
  // From the start: the log can't be written.
  void refuse_changes(const Error& why) { room_.refuse_changes(why); }

  // Lets through what may pass and starts the writers: at the end of each batch of work.
  void flush(Moment now);
  void write_renewed(Moment now) { room_.write_renewed(now); }
  void write_renewed_soon(Moment now) { room_.write_renewed_soon(now); }
  // Closes every socket, because the hub shuts down.
  void shut_down();
  // The same for one, for this or another reason.
  static void send_away(Session& session);
  static void send_elsewhere(Session& session);

  // Of a bus of several hubs.
  // Sockets that open from now on are numbered after this id.
  void number_sockets_after(SessionId id) { door_.sockets().number_after(id); }
  // The hub can't reach the others' log: it refuses changes and answers queries with the state of
  // that time (wall seconds) and says so, until this is called with nothing.
  void cut_off(std::optional<double> since, Moment now);
  // Closes those sockets whose requests have been in the log's hands since then or longer: whether
  // they will be carried out is open, and their clients ask again elsewhere.
  void give_up_on(Mono since, Moment now);
  // Closes every socket, because its agents are to go on at other hubs. They leave as if they were
  // lost, so that what is theirs waits for them there.
  void drain(Moment now);
  // Closes every socket, because the others hold this hub for gone.
  void start_over(std::string_view why);

  // Who answers questions about the past, as long as the engine lives; else there is no log to ask.
  void ask_past_at(past::Desk& desk) { past_ = &desk; }
  void past_answered(const past::Answer& answer, Moment now);

  // Told of every broadcast that passes the gate, as JSON text.
  void on_broadcast(std::function<void(std::string_view frame)> listener) {
    on_broadcast_ = std::move(listener);
  }

  [[nodiscard]] const core::Machine& machine() const { return room_.machine(); }
  [[nodiscard]] const std::string& read_only_reason() const { return room_.read_only_reason(); }
  [[nodiscard]] Metrics& metrics() { return metrics_; }
  [[nodiscard]] Gauges gauges() const;
  // What may pass goes to its sockets, unwritten; how many of them have something to write.
  std::size_t pass(Moment now);
  [[nodiscard]] std::size_t held_turns() const { return room_.gate().held(); }
  [[nodiscard]] const std::string& hub_id() const { return room_.encoder().hub_id(); }

 private:
  // Executes all that has its place in the log, and then what frames waited for that.
  void run();
  void take(const SharedSession& session, Heard heard, Moment now);
  // The frame of a socket whose frame before is still under way.
  void keep_waiting(Session& session, Heard heard, std::size_t bytes, Moment now);
  [[nodiscard]] bool hear_waiting();
  void lose_seat(SessionId id, protocol::CloseCode code, std::string_view why, Turn& turn);
  void end_and_leave(Session& session, protocol::CloseCode code, std::string_view why, Moment now);
  void execute(const core::Entry& entry);
  void seated(const core::Entry& entry, const core::Outcome& outcome, Turn& turn);
  void answer(const core::Entry& entry, const core::Outcome& outcome, Turn& turn);
  // The frame of a socket that is in: into the log.
  void proceed(Session& session, Moment now);
  void propose(Session& session, decltype(core::Entry::what)&& what, Moment now);
  // The answer to the frame that is pending.
  void reply(Session& session, const std::optional<core::Refusal>& refused, Turn& turn, Moment now);
  void answer_cut_off(Session& session, Moment now);
  [[nodiscard]] std::string marked_stale(std::string answer) const;
  void let_in(Session& session, AgentName name, Turn& turn, Moment now);
  void welcome(const Session& session, Turn& turn, Moment now);

  // For mailboxes: engine_mail.cpp.
  [[nodiscard]] std::optional<core::Refusal> mailbox_obstacle(const Session& session,
                                                              wire::Query& query,
                                                              std::size_t max_bytes) const;
  void make_command(const Session& session, wire::Inbound& inbound) const;
  static void name_speaker(const Session& session, wire::Inbound& inbound);
  [[nodiscard]] bool waits_for_mail(const Session& session, const wire::Inbound& inbound,
                                    Moment now);
  [[nodiscard]] bool has_mail_for(const wire::InboxRequest& request) const;
  void wake_waits(const core::Outcome& outcome, Moment now);
  void answer_waits(std::vector<InboxWaits::Wait> waits, Moment now);
  [[nodiscard]] Room::Asker asker(const Session& session, std::size_t max_bytes) const;
  [[nodiscard]] bool acts_for(SessionId id, const AgentName& mailbox) const;
  void tell_sender(const Delivery& delivery);
  // The sockets that will not say themselves what became of it.
  [[nodiscard]] std::set<SessionId> silent_recipients(const Delivery& delivery) const;
  void note_written(Moment now);

  // For the past: engine_past.cpp. Whether the answer comes later, which is so of a query about it
  // unless there is a refusal.
  [[nodiscard]] bool is_for_later(Session& session, const wire::Inbound& inbound, Moment now);
  [[nodiscard]] bool asks_past(Session& session, const wire::Query& query);

  void pass(Turn& turn, Moment now);
  void watch_for_watchers();
  void tell_watchers(Moment now);
  void broadcast(const Delivery& delivery, const Turn& turn);
  // Whether it would take too long to tell whom a chat is for. Then it goes to all that want some:
  // clients sort out for themselves what is for them.
  [[nodiscard]] bool is_dear_to_address(std::string_view target) const;
  void hand(Session& session, const net::SharedFrame& frame, net::WrittenMark mark = net::unmarked);

  Metrics metrics_;
  LocalLog local_log_;
  EntryLog& log_;
  std::size_t snapshot_bytes_max_;
  Room room_;
  Door door_;
  HookDesk hooks_;
  std::vector<SharedSession> dirty_;
  InboxWaits waits_;
  std::vector<core::Delivered> written_;  // Not told to the machine yet.
  Moment here_;                           // By the hub's clock, when it was last called.
  std::uint64_t last_ticket_ = 0;
  std::vector<SharedSession> heard_out_;  // Whose next frame has its turn.
  std::optional<double> cut_off_since_;
  past::Desk* past_ = nullptr;
  std::function<void(std::string_view)> on_broadcast_;
};

}  // namespace synapse::hub
