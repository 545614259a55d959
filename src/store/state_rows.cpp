// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/state_rows.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "store/event_codec.hpp"
#include "store/mail_rows.hpp"

namespace synapse::store {

namespace {

class StateRows {
 public:
  StateRows(const core::Machine& from, const core::Machine& to, base::Moment now)
      : from_(from), to_(to), now_(now) {}

  std::vector<Entry> all() {
    // Before the mail: whether anybody ever had a name is known when mail is kept for it.
    tell_agents();
    end_leases();
    tell_lapses();
    tell_leases();
    tell_plan();
    tell_offers();
    tell_answers();
    tell_mail_between(from_, to_, now_, [this](const core::Event& event) { write(event); });
    return std::move(rows_);
  }

 private:
  void write(const core::Event& event) { rows_.push_back(*encode(event, now_.wall)); }

  void tell_agents() {
    for (const auto& [agent, at] : to_.presence().last_seen()) {
      if (!from_.presence().last_seen().contains(agent)) write(core::AgentSeen{agent, at});
    }
  }

  // Null: the same in both.
  [[nodiscard]] const std::string* new_checkpoint(const TaskId& task) const {
    const std::string* was = from_.leases().kept_checkpoint(task);
    const std::string* is = to_.leases().kept_checkpoint(task);
    return is != nullptr && was != nullptr && *is == *was ? nullptr : is;
  }

  void end_leases() {
    const auto end = [this](const TaskId& task, const AgentName& owner) {
      if (to_.leases().find(task) == nullptr) write(core::LeaseReleased{task, owner});
    };
    for (const auto& [task, lease] : from_.leases().all()) end(task, lease.owner);
    for (const auto& [task, text] : from_.leases().kept_checkpoints()) {
      const bool is_same =
          to_.leases().kept_checkpoint(task) != nullptr && new_checkpoint(task) == nullptr;
      if (!is_same && from_.leases().find(task) == nullptr) end(task, AgentName());
    }
  }

  // A lease that has run out is one that was there and has run out.
  void tell_lapses() {
    const std::vector<core::Lapse> lapses = to_.leases().lapses().in_order();
    std::map<TaskId, const core::Lapse*> last;
    for (const core::Lapse& lapse : lapses) last[lapse.task_id] = &lapse;
    for (const TaskId& task : to_.leases().kept_order()) {
      const std::string* text = new_checkpoint(task);
      if (text != nullptr && !last.contains(task)) write(core::LeaseExpired{task, {}, {}, *text});
    }
    for (const core::Lapse& lapse : lapses) {
      const core::Lapse* known = from_.leases().lapses().find(lapse.owner, lapse.task_id);
      const std::string* text =
          last.at(lapse.task_id) == &lapse ? to_.leases().kept_checkpoint(lapse.task_id) : nullptr;
      const bool has_news = text != nullptr && new_checkpoint(lapse.task_id) != nullptr;
      if (known != nullptr && known->epoch == lapse.epoch && !has_news) continue;
      core::Lease lease;
      lease.task_id = lapse.task_id;
      lease.owner = lapse.owner;
      lease.epoch = lapse.epoch;
      lease.claimed_at = lease.expires_at = lapse.lapsed_at;
      lease.worktree = lapse.worktree;
      lease.coverage = lapse.coverage;
      lease.paths = lapse.paths;
      rows_.push_back(encode_whole(lease, now_.wall));
      highest_ = std::max(highest_, lapse.epoch);
      write(core::LeaseExpired{lapse.task_id, lapse.owner, lapse.epoch,
                               text == nullptr ? std::string() : *text});
    }
  }

  void tell_leases() {
    highest_ = std::max(highest_, from_.leases().last_epoch());
    for (const auto& [task, lease] : to_.leases().all()) {
      Entry row = encode_whole(lease, now_.wall);
      const core::Lease* was = from_.leases().find(task);
      if (was != nullptr && encode_whole(*was, now_.wall).payload == row.payload) continue;
      highest_ = std::max(highest_, lease.epoch);
      rows_.push_back(std::move(row));
    }
    const Epoch last = to_.leases().last_epoch();
    // Of no boot of any machine, so it counts in each.
    if (last > highest_) rows_.push_back(encode(EpochBlock{last, ""}, now_.wall));
  }

  void tell_plan() {
    const auto row = [this](const core::PlanTask& task) {
      return *encode(core::PlanTaskUpdated{task}, now_.wall);
    };
    const auto& tasks = to_.plan().tasks();
    for (const auto& [id, task] : from_.plan().tasks()) {
      if (!tasks.contains(id)) write(core::PlanTaskForgotten{id});
    }
    for (const auto& [id, task] : tasks) {
      const auto was = from_.plan().tasks().find(id);
      const bool is_known = was != from_.plan().tasks().end();
      Entry is = row(task);
      if (!is_known || row(was->second).payload != is.payload) rows_.push_back(std::move(is));
    }
    const auto& notes = to_.plan().progress();
    auto fresh = notes.begin();
    if (!from_.plan().progress().empty()) {
      const auto known = std::find_if(notes.rbegin(), notes.rend(), [this](const auto& note) {
        return is_same(note, from_.plan().progress().back());
      });
      fresh = known.base();
    }
    for (; fresh != notes.end(); ++fresh) write(core::ProgressPosted{*fresh});
  }

  [[nodiscard]] static bool is_same(const core::ProgressNote& a, const core::ProgressNote& b) {
    return a.task_id == b.task_id && a.author == b.author && a.kind == b.kind && a.text == b.text &&
           a.posted_at == b.posted_at;
  }

  void tell_offers() {
    for (const auto& [key, offer] : to_.offers().all()) {
      const core::Offer* was = from_.offers().find(key);
      if (was == nullptr || was->offered_at != offer.offered_at) {
        write(core::ResourceOffered{offer});
      }
    }
  }

  void tell_answers() {
    for (const auto& [place, answer] : to_.answers().all()) {
      const auto* was = from_.answers().find(answer.sender, answer.type, answer.key);
      if (was == nullptr || was->response != answer.response) write(answer);
    }
  }

  const core::Machine& from_;
  const core::Machine& to_;
  const base::Moment now_;
  Epoch highest_;  // That the log tells of.
  std::vector<Entry> rows_;
};

}  // namespace

std::vector<Entry> rows_between(const core::Machine& from, const core::Machine& to,
                                base::Moment now) {
  return StateRows(from, to, now).all();
}

}  // namespace synapse::store
