// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/sweep.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/footprint.hpp"

namespace synapse::store {

namespace {

bool is_before(const SweptRow& a, const SweptRow& b) { return a.place < b.place; }

}  // namespace

Sweep::Sweep(const CompactionPolicy& policy, const Bounds& bounds)
    : policy_(policy),
      bounds_(bounds),
      context_{base::Moment{bounds.now, Mono{0}}, policy.limits},
      cutoff_(bounds.now - policy.keep_history.value_or(0)),
      answers_(policy.limits),
      findings_(policy, bounds.now, dead_),
      mail_(policy.limits, [this](const Row& row) { drop(row); }) {
  is_past_ = !policy.keep_history;
}

// Time may have gone back: what looks as if it came from the future is as old as its place.
bool Sweep::is_past_horizon(const RecordView& record) {
  if (!is_past_) is_past_ = record.ts > cutoff_ && record.ts <= bounds_.now;
  return is_past_;
}

bool Sweep::look_at(const RecordView& record) {
  if (record.seq > bounds_.floor) return false;
  const bool is_own = record.table == Table::synapse_events;
  const Row row{
      ++place_, is_own ? record.own_id : record.seq,
      static_cast<std::uint32_t>(std::min<std::size_t>(record.payload.size(), UINT32_MAX)),
      record.table, kind_of_row(record.kind)};
  if (record.payload.size() > policy_.limits.record_bytes_max) return true;  // As replay does.
  if (is_past_horizon(record)) {
    look_at_young(record, row);
  } else {
    look_at_old(record, row);
  }
  return dead_.size() < bounds_.rows_max;
}

void Sweep::look_at_young(const RecordView& record, const Row& row) {
  if (row.what == Sweepable::renewal) {
    if (row.id <= bounds_.settled_until) dead_.push_back(row);
    return;
  }
  if (row.what != Sweepable::checkpoint && row.what != Sweepable::finding) return;
  const Result<std::optional<core::Event>> event = decode(record.kind, record.payload, context_);
  if (!event || !*event) return;
  if (const auto* saved = std::get_if<core::CheckpointSaved>(&**event)) {
    checkpointed(row, saved->lease);
  } else if (const auto* finding = std::get_if<core::FindingRecorded>(&**event)) {
    findings_.young(row, finding->finding);
  }
}

void Sweep::look_at_old(const RecordView& record, const Row& row) {
  if (is_witness(record.kind)) return drop(row);
  if (record.kind == kind::lease_renewed) return renewed(row, record.payload);
  if (record.kind == kind::lease_updated) return updated(row, record.payload);
  if (record.kind == kind::lease_extended) return grew(row, record.payload);
  if (row.what == Sweepable::chat) return said(row, record.payload);
  Result<std::optional<core::Event>> decoded = decode(record.kind, record.payload, context_);
  if (!decoded || !*decoded || mail_.take(row, **decoded)) return;
  const core::Event& event = **decoded;
  if (const auto* grant = std::get_if<core::LeaseGranted>(&event)) {
    granted(row, grant->lease);
  } else if (const auto* update = std::get_if<core::TaskUpdated>(&event)) {
    whole(row, update->lease);
  } else if (const auto* saved = std::get_if<core::CheckpointSaved>(&event)) {
    whole(row, saved->lease);
    checkpointed(row, saved->lease);
  } else if (const auto* handoff = std::get_if<core::LeaseHandedOff>(&event)) {
    whole(row, handoff->lease);
    seen(row, handoff->lease.owner, handoff->lease.claimed_at);
  } else if (const auto* release = std::get_if<core::LeaseReleased>(&event)) {
    ended(row, release->task_id);
  } else if (const auto* expiry = std::get_if<core::LeaseExpired>(&event)) {
    lapsed(row, *expiry);
  } else if (const auto* task = std::get_if<core::PlanTaskUpdated>(&event)) {
    const auto [known, is_new] = plan_.try_emplace(task->task.task_id.text, row);
    if (!is_new) drop(std::exchange(known->second, row));
  } else if (const auto* forgotten = std::get_if<core::PlanTaskForgotten>(&event)) {
    if (const auto known = plan_.find(forgotten->task_id.text); known != plan_.end()) {
      drop(known->second);
      plan_.erase(known);
    }
    dead_.push_back(row);
  } else if (const auto* offer = std::get_if<core::ResourceOffered>(&event)) {
    offered(row, offer->offer);
  } else if (const auto* progress = std::get_if<core::ProgressPosted>(&event)) {
    noted(row, progress->note);
  } else if (const auto* answer = std::get_if<core::AnswerRemembered>(&event)) {
    answered(row, *answer);
  } else if (std::holds_alternative<core::RecallLogged>(event) ||
             std::holds_alternative<core::UnclaimedWrite>(event) ||
             std::holds_alternative<core::OperatorActed>(event)) {
    dead_.push_back(row);
  } else if (const auto* finding = std::get_if<core::FindingRecorded>(&event)) {
    findings_.old(row, finding->finding);
  } else if (const auto* sighting = std::get_if<core::AgentSeen>(&event)) {
    seen(row, sighting->agent, sighting->last_seen);
  }
}

void Sweep::granted(const Row& row, const core::Lease& lease) {
  forget_lapsed(leases_[lease.task_id.text]);
  whole(row, lease);
  seen(row, lease.owner, lease.claimed_at);
}

void Sweep::whole(const Row& row, const core::Lease& lease) {
  const std::string& task = lease.task_id.text;
  LeaseRows& rows = leases_[task];
  drop_all(rows);
  rows.whole = row;
  rows.epoch = lease.epoch;
  if (lease.epoch >= top_epoch_ || !top_lease_.row) {
    hold(top_lease_, row, false);
    if (top_end_.row && top_end_.is_dropped) dead_.push_back(*top_end_.row);
    top_end_ = {};
    top_task_ = task;
    top_epoch_ = lease.epoch;
  } else if (task == top_task_ && top_end_.row) {
    if (top_end_.is_dropped) dead_.push_back(*top_end_.row);
    top_end_ = {};
  }
}

void Sweep::ended(const Row& row, const TaskId& task_id) {
  const auto found = leases_.find(task_id.text);
  if (found != leases_.end()) {
    drop_all(found->second);
    forget_lapsed(found->second);
    leases_.erase(found);
  }
  if (top_lease_.row && task_id.text == top_task_) {
    hold(top_end_, row, true);
  } else {
    dead_.push_back(row);
  }
}

void Sweep::lapsed(const Row& row, const core::LeaseExpired& event) {
  if (event.checkpoint.empty()) return ended(row, event.task_id);
  LeaseRows& rows = leases_[event.task_id.text];
  drop_all(rows);
  forget_lapsed(rows);
  rows.lapsed = row;
  const std::size_t bytes = core::footprint(event.task_id, event.checkpoint);
  lapsed_.emplace(row.place, Lapsed{event.task_id.text, bytes});
  lapsed_bytes_ += bytes;
  if (top_lease_.row && event.task_id.text == top_task_) hold(top_end_, row, false);
  const core::Limits& limits = policy_.limits;
  while (lapsed_.size() > limits.checkpoints_kept_max ||
         (lapsed_bytes_ > limits.checkpoint_bytes_max && lapsed_.size() > 1)) {
    const auto oldest = leases_.find(lapsed_.begin()->second.task);
    forget_lapsed(oldest->second);
    if (!oldest->second.whole) leases_.erase(oldest);
  }
}

void Sweep::forget_lapsed(LeaseRows& rows) {
  if (!rows.lapsed) return;
  const auto left = lapsed_.find(rows.lapsed->place);
  lapsed_bytes_ -= left->second.bytes;
  lapsed_.erase(left);
  drop(rows.lapsed);
}

// The lease that a renewal or a small update changes; null if there is none such.
Sweep::LeaseRows* Sweep::living(const TaskId& task_id, Epoch epoch) {
  const auto found = leases_.find(task_id.text);
  const bool lives = found != leases_.end() && found->second.whole && found->second.epoch == epoch;
  return lives ? &found->second : nullptr;
}

void Sweep::renewed(const Row& row, std::string_view payload) {
  const Result<Renewal> renewal = decode_renewal(payload, context_);
  if (!renewal) return;
  LeaseRows* lease = living(renewal->task_id, renewal->epoch);
  if (lease == nullptr || row.id <= bounds_.settled_until) return dead_.push_back(row);
  drop(lease->renewal);
  lease->renewal = row;
}

void Sweep::updated(const Row& row, std::string_view payload) {
  const Result<SmallUpdate> update = decode_small_update(payload);
  if (!update) return;
  LeaseRows* lease = living(update->task_id, update->epoch);
  if (lease == nullptr || row.id <= bounds_.settled_until) return dead_.push_back(row);
  drop(lease->update);
  lease->update = row;
}

// Each one adds to those before it.
void Sweep::grew(const Row& row, std::string_view payload) {
  const Result<Growth> growth = decode_growth(payload, context_);
  if (!growth) return;
  LeaseRows* lease = living(growth->task_id, growth->epoch);
  if (lease == nullptr || row.id <= bounds_.settled_until) return dead_.push_back(row);
  lease->growth.push_back(row);
}

void Sweep::drop_all(LeaseRows& rows) {
  dead_.insert(dead_.end(), rows.growth.begin(), rows.growth.end());
  rows.growth.clear();
  drop(rows.whole);
  drop(rows.renewal);
  drop(rows.update);
}

void Sweep::said(const Row& row, std::string_view payload) {
  Result<core::ChatMessage> stamp = decode_chat_stamp(payload);
  if (!stamp) return;
  if (stamp->id >= top_message_ || !top_chat_.row) {
    hold(top_chat_, row, false);
    top_message_ = stamp->id;
  }
  // What is said of the chat before has come by now.
  trim_chats();
  chats_.push_back({row, stamp->id});
  chat_bytes_ += row.bytes;
  mail_.said(std::move(*stamp));
}

void Sweep::trim_chats() {
  // Some more than the history's bytes: a payload and what is kept of it differ a little.
  const std::size_t bytes_max = 2 * policy_.limits.history_bytes_max;
  while (!chats_.empty() && (chats_.size() > policy_.limits.history_max ||
                             chat_bytes_ - chats_.front().row.bytes > bytes_max)) {
    const Chat oldest = chats_.front();
    chats_.pop_front();
    chat_bytes_ -= oldest.row.bytes;
    if (mail_.keeps(oldest.id)) {
      mail_.hold_chat(oldest.row, oldest.id);
    } else {
      drop(oldest.row);
    }
  }
}

void Sweep::offered(const Row& row, const core::Offer& offer) {
  const auto ttl = static_cast<double>(policy_.limits.offer_ttl.count());
  OfferKey key{offer.agent.text, offer.kind, offer.name};
  const auto [known, is_new] = offers_.try_emplace(std::move(key), row);
  if (!is_new) drop(std::exchange(known->second, row));
  if (offer.offered_at + ttl >= bounds_.now) return;
  drop(row);
  offers_.erase(known);
}

void Sweep::checkpointed(const Row& row, const core::Lease& lease) {
  if (policy_.checkpoints_per_task_max) {
    checkpoints_[lease.task_id.text].push_back({row, lease.epoch});
  }
}

// The roster is made of these and of the claims.
void Sweep::seen(const Row& row, const AgentName& agent, double at) {
  const auto [known, is_new] = roster_.try_emplace(agent.text, Sighting{at, row});
  if (!is_new) {
    const bool is_later = at > known->second.at;
    const Row& void_now = is_later ? known->second.row : row;
    if (void_now.what == Sweepable::sighting) dead_.push_back(void_now);
    if (is_later) known->second = {at, row};
  }
  const std::size_t agents_max = policy_.limits.last_seen_max;
  if (roster_.size() > 2 * agents_max) shorten_roster(agents_max);
}

// Forgets those that were seen the longest ago.
void Sweep::shorten_roster(std::size_t agents_max) {
  if (roster_.size() <= agents_max) return;
  std::vector<double> times;
  for (const auto& [agent, sighting] : roster_) times.push_back(sighting.at);
  const auto first = times.end() - static_cast<std::ptrdiff_t>(agents_max);
  std::nth_element(times.begin(), first, times.end());
  const double earliest = first == times.end() ? times.back() : *first;
  std::erase_if(roster_, [&](const auto& entry) {
    const Sighting& sighting = entry.second;
    const bool goes = sighting.at < earliest;
    if (goes && sighting.row.what == Sweepable::sighting) dead_.push_back(sighting.row);
    return goes;
  });
}

void Sweep::drop(std::optional<Row>& row) {
  if (row) drop(*std::exchange(row, std::nullopt));
}

void Sweep::drop(const Row& row) {
  for (Held* held : {&top_lease_, &top_end_, &top_chat_}) {
    if (held->row && held->row->place == row.place) {
      held->is_dropped = true;
      return;
    }
  }
  dead_.push_back(row);
}

void Sweep::hold(Held& held, const Row& row, bool is_dropped) {
  if (held.row && held.is_dropped) dead_.push_back(*held.row);
  held = {row, is_dropped};
}

// As the plan keeps its notes.
void Sweep::noted(const Row& row, const core::ProgressNote& note) {
  const core::Limits& limits = policy_.limits;
  const std::size_t bytes = core::footprint(note);
  note_bytes_ += bytes;
  note_bytes_of_[note.author] += bytes;
  notes_.push_back({row, note.author, bytes});
  while (notes_.size() > limits.progress_max ||
         (note_bytes_ > limits.progress_bytes_max && notes_.size() > 1)) {
    forget_note(notes_.begin());
  }
  while (note_bytes_of_[note.author] > limits.progress_bytes_per_agent && notes_.size() > 1) {
    const auto oldest = std::find_if(notes_.begin(), notes_.end(),
                                     [&](const Note& one) { return one.author == note.author; });
    if (oldest == std::prev(notes_.end())) break;
    forget_note(oldest);
  }
}

void Sweep::forget_note(std::deque<Note>::iterator note) {
  const auto share = note_bytes_of_.find(note->author);
  note_bytes_ -= note->bytes;
  share->second -= note->bytes;
  if (share->second == 0) note_bytes_of_.erase(share);
  dead_.push_back(note->row);
  notes_.erase(note);
}

void Sweep::answered(const Row& row, const core::AnswerRemembered& answer) {
  if (policy_.limits.answers_max == 0) return dead_.push_back(row);
  answers_.remember(answer);
  answer_rows_.emplace(++last_answer_, row);
  constexpr std::size_t some = 1024;
  if (answer_rows_.size() > answers_.all().size() + some) drop_old_answers();
}

void Sweep::drop_old_answers() {
  std::erase_if(answer_rows_, [this](const auto& entry) {
    const bool is_forgotten = !answers_.all().contains(entry.first);
    if (is_forgotten) dead_.push_back(entry.second);
    return is_forgotten;
  });
}

void Sweep::drop_old_checkpoints() {
  if (!policy_.checkpoints_per_task_max) return;
  const auto keep = static_cast<std::size_t>(*policy_.checkpoints_per_task_max);
  for (const auto& [task_id, all] : checkpoints_) {
    for (std::size_t i = 0; i + keep < all.size(); ++i) {
      // Only a log that no hub wrote goes back in its epochs.
      if (all[i].epoch <= all.back().epoch) dead_.push_back(all[i].row);
    }
  }
}

std::vector<SweptRow> Sweep::take() {
  trim_chats();
  drop_old_checkpoints();
  drop_old_answers();
  shorten_roster(policy_.limits.last_seen_max);
  std::sort(dead_.begin(), dead_.end(), is_before);
  const auto same = [](const Row& a, const Row& b) { return a.place == b.place; };
  dead_.erase(std::unique(dead_.begin(), dead_.end(), same), dead_.end());
  const auto goes = [this](const Row& row) {
    const auto place = std::lower_bound(dead_.begin(), dead_.end(), row, is_before);
    return place != dead_.end() && place->place == row.place;
  };
  for (const auto& [agent, sighting] : roster_) {
    if (goes(sighting.row)) lost_.push_back({AgentName(agent), sighting.at});
  }
  return std::move(dead_);
}

}  // namespace synapse::store
