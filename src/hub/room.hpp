// SPDX-License-Identifier: AGPL-3.0-or-later
// Where entries take effect: each is executed, what comes of it is encoded once, its events go to
// the log and its frames into a turn, which then waits at the gate. The same on every hub of a bus,
// and knows no sockets: it addresses sessions by their ids.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/machine.hpp"
#include "hub/activity.hpp"
#include "hub/gate.hpp"
#include "hub/metrics.hpp"
#include "store/log_writer.hpp"
#include "store/recorder.hpp"
#include "wire/encode.hpp"
#include "wire/inbound.hpp"

namespace synapse::hub {

using store::LogWriter;

class Room final : core::Scribe {
 public:
  // `log` null: nothing is durable and nothing waits.
  Room(std::string hub_id, std::unique_ptr<core::Machine> machine, LogWriter* log,
       Metrics& metrics);

  [[nodiscard]] core::Outcome execute(const core::Entry& entry, Turn& turn);
  // Is told of all that happens, when it happens.
  void watch(std::function<void(const std::vector<core::Event>&, Moment)> watcher) {
    watcher_ = std::move(watcher);
  }
  // For those that show what happens.
  [[nodiscard]] Activity& activity() { return activity_; }
  void let_operators_in() { encoder_.let_operators_in(); }
  [[nodiscard]] const Activity& activity() const { return activity_; }
  void refuse(SessionId session, std::string_view in_reply_to, const core::Refusal& refusal,
              Turn& turn, Moment now);
  // The answer to a query, as the state is now; blank if there is none to give.
  struct Asker {
    SessionId session;
    std::size_t max_bytes;
    core::Principal principal;
  };
  [[nodiscard]] std::string answer(const wire::Query& query, const Asker& asker,
                                   std::size_t connected, Moment now) const;
  // Gives the turn its number, logs its events and puts it behind the gate.
  void finish(Turn&& turn);
  // Writes of renewed leases what is due.
  void pass_time(Moment now);
  // When a Tick, or pass_time(), will have something to do.
  [[nodiscard]] std::optional<Mono> next_deadline() const;
  // Writes each lease that was renewed whole into the log, for readers of the original's table
  // alone: every ten minutes of itself, and before a clean stop.
  void write_renewed(Moment now);
  // The same with the time that passes, some at a time: for a hub that goes on.
  void write_renewed_soon(Moment now) { recorder_.hurry(now.mono); }

  // The log failed: refuses what was held, goes on with the state that the log has, and writes
  // nothing from now on.
  void log_failed(const Error& why, std::unique_ptr<core::Machine> machine, Moment now);
  // For a hub that starts on a log that it can't write.
  void refuse_changes(const Error& why) { read_only_reason_ = why.message; }
  // Blank: changes are accepted.
  [[nodiscard]] const std::string& read_only_reason() const { return read_only_reason_; }
  // Of a change that is asked of a hub that can't write its log: a refusal, unless it is harmless
  // or has been answered before.
  [[nodiscard]] std::optional<core::Refusal> unwritable(SessionId session,
                                                        const wire::Inbound& inbound) const;

  [[nodiscard]] const core::Machine& machine() const { return *machine_; }
  [[nodiscard]] const wire::Encoder& encoder() const { return encoder_; }
  [[nodiscard]] Gate& gate() { return gate_; }
  [[nodiscard]] const Gate& gate() const { return gate_; }
  [[nodiscard]] std::uint64_t last_turn() const { return last_turn_; }

 private:
  [[nodiscard]] std::string write(const core::Event& event, const core::Machine& machine,
                                  const AgentName& actor, Moment now) override;
  [[nodiscard]] std::string notice(const core::MailNotice& notice) const override;
  [[nodiscard]] std::string readdressed(std::string_view body, const AgentName& target,
                                        MessageId retry_of) const override;
  // Whether there was something to write.
  bool write_some_renewed(Moment now, std::size_t bytes_max);
  void tell(const core::Outcome& outcome, const core::Entry& entry, Turn& turn);
  [[nodiscard]] static Delivery delivery_of(const core::Event& event, wire::Outgoing outgoing,
                                            SessionId asker);
  void tell_senders(const core::Outcome& outcome, Turn& turn, Moment now) const;
  void log(const core::Event& event, Turn& turn, Moment now);
  void count(const core::Event& event);
  // They go to the log with the next turn that is logged, or after a second: nobody waits for them.
  void keep_rows(Moment now);
  void write_rows();
  [[nodiscard]] wire::CockpitNews news(const wire::PageWish& wish, std::size_t connected) const;
  [[nodiscard]] AgentName name_of(SessionId session) const;

  // After the log has failed: the refusal of what is not in it, and the answer to a held request.
  [[nodiscard]] core::Refusal lost(const TaskId& task_id) const;
  void answer_lost(Turn& turn, Moment now);

  std::unique_ptr<core::Machine> machine_;
  LogWriter* log_;
  Metrics& metrics_;
  wire::Encoder encoder_;
  Gate gate_;
  Activity activity_;
  std::vector<std::optional<wire::Outgoing>> written_;  // As the machine asked for them.
  store::Recorder recorder_;
  std::vector<store::Entry> entries_;  // Of the turn under way, and rows that wait for one.
  std::optional<Mono> rows_due_;
  std::uint64_t last_turn_ = 0;
  std::string read_only_reason_;
  std::function<void(const std::vector<core::Event>&, Moment)> watcher_;
};

// The task that a request is about; blank if it is about none.
[[nodiscard]] TaskId task_of(const wire::Inbound& inbound);

}  // namespace synapse::hub
