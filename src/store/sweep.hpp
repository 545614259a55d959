// SPDX-License-Identifier: AGPL-3.0-or-later
// Reads a log in its order and says which of its records no replay needs. Private to store.
//
// The records up to the horizon (old enough, and consumed by all readers) are taken to the state
// that they make; what they lack nothing of that state for may go. All after the horizon stay. What
// is kept of the old ones:
//
//   - of each live lease its last whole record, and the last renewal and small update behind it;
//   - of each lapsed one the record of its end, while its checkpoint waits for an heir (that it ran
//     out at all is then forgotten: its owner is told of it for as long as the history is kept);
//   - of each plan task and each offer that has not lapsed, the last record;
//   - the newest notes, answers and chats, as many as the hub keeps;
//   - of each message that a mailbox keeps, or the hub knows the end of, what was said about it
//     (mail_sweep.hpp);
//   - the lease with the largest epoch and the record of its end, and the chat with the largest
//     number, so that neither count starts again, whoever reads the log;
//   - of each agent of the roster the record of its last sighting: where that was a claim that
//   goes,
//     a small one is written in its place;
//   - findings, which have rules of their own (finding_sweep.hpp), and all that can't be decoded or
//   is of no known
//     kind.
//
// In whatever order a hub wrote them: a log that loses these records in their order, one after the
// other, replays to the same state at each moment of that, because what is left is always the old
// log from some place on, behind what the whole of it comes to.
//
// Memory is bounded by the state, and by the number of records that may be named at once.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/answers.hpp"
#include "store/compaction.hpp"
#include "store/event_codec.hpp"
#include "store/event_store.hpp"
#include "store/finding_sweep.hpp"
#include "store/mail_sweep.hpp"
#include "store/swept_row.hpp"

namespace synapse::store {

class Sweep {
 public:
  struct Bounds {
    std::int64_t floor = 0;  // The last record that may go.
    double now = 0;          // Wall seconds.
    // Leases that were renewed, or updated in part, are all written whole: such records up to this
    // one say nothing.
    std::int64_t settled_until = 0;
    std::size_t rows_max = 500'000;
  };

  Sweep(const CompactionPolicy& policy, const Bounds& bounds);

  // False: it has seen all that it wants to.
  bool look_at(const RecordView& record);
  // After the last record: what may go, in the log's order.
  [[nodiscard]] std::vector<SweptRow> take();
  // After that: sightings that are lost with those records, to be written before they go.
  [[nodiscard]] std::vector<core::AgentSeen> take_sightings() { return std::move(lost_); }

 private:
  using Row = SweptRow;
  struct LeaseRows {
    std::optional<Row> whole;
    std::optional<Row> renewal;
    std::optional<Row> update;  // A small one.
    std::vector<Row> growth;    // Since it was written whole.
    std::optional<Row> lapsed;  // With a checkpoint.
    Epoch epoch;
  };
  // Rows that stay whatever else becomes of them: dropped, they go when others take their place.
  struct Held {
    std::optional<Row> row;
    bool is_dropped = false;
  };
  struct Checkpoint {
    Row row;
    Epoch epoch;
  };
  struct Lapsed {
    std::string task;
    std::size_t bytes = 0;
  };
  struct Note {
    Row row;
    std::string author;
    std::size_t bytes = 0;
  };
  struct Sighting {
    double at = 0;
    Row row;
  };
  using OfferKey = std::tuple<std::string, std::string, std::string>;

  [[nodiscard]] bool is_past_horizon(const RecordView& record);
  void look_at_old(const RecordView& record, const Row& row);
  void look_at_young(const RecordView& record, const Row& row);

  void whole(const Row& row, const core::Lease& lease);
  void granted(const Row& row, const core::Lease& lease);
  void ended(const Row& row, const TaskId& task_id);
  void lapsed(const Row& row, const core::LeaseExpired& event);
  void renewed(const Row& row, std::string_view payload);
  void updated(const Row& row, std::string_view payload);
  void grew(const Row& row, std::string_view payload);
  [[nodiscard]] LeaseRows* living(const TaskId& task_id, Epoch epoch);
  void drop_all(LeaseRows& rows);
  void said(const Row& row, std::string_view payload);
  void trim_chats();
  void offered(const Row& row, const core::Offer& offer);
  void checkpointed(const Row& row, const core::Lease& lease);
  void seen(const Row& row, const AgentName& agent, double at);
  void shorten_roster(std::size_t agents_max);

  void drop(const Row& row);
  void drop(std::optional<Row>& row);
  void hold(Held& held, const Row& row, bool is_dropped);
  void forget_lapsed(LeaseRows& rows);
  void noted(const Row& row, const core::ProgressNote& note);
  void forget_note(std::deque<Note>::iterator note);
  void answered(const Row& row, const core::AnswerRemembered& answer);
  void drop_old_answers();
  void drop_old_checkpoints();

  const CompactionPolicy& policy_;
  Bounds bounds_;
  DecodeContext context_;
  double cutoff_;
  bool is_past_ = false;
  std::uint64_t place_ = 0;

  std::vector<Row> dead_;
  std::map<std::string, LeaseRows> leases_;
  std::map<std::uint64_t, Lapsed> lapsed_;  // Those that left a checkpoint, by place.
  std::size_t lapsed_bytes_ = 0;
  Held top_lease_;
  Held top_end_;
  std::string top_task_;
  Epoch top_epoch_;
  Held top_chat_;
  MessageId top_message_;
  std::map<std::string, Row> plan_;
  std::map<OfferKey, Row> offers_;
  std::deque<Note> notes_;
  std::size_t note_bytes_ = 0;
  std::map<std::string, std::size_t> note_bytes_of_;
  core::Answers answers_;  // As the hub keeps them, and where each stands.
  std::map<std::uint64_t, Row> answer_rows_;
  std::uint64_t last_answer_ = 0;
  struct Chat {
    Row row;
    MessageId id;
  };
  std::deque<Chat> chats_;
  std::size_t chat_bytes_ = 0;
  std::map<std::string, Sighting> roster_;
  std::vector<core::AgentSeen> lost_;
  std::map<std::string, std::vector<Checkpoint>> checkpoints_;  // By task, in order.
  FindingSweep findings_;
  MailSweep mail_;
};

}  // namespace synapse::store
