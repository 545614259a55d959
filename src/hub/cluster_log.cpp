// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/cluster_log.hpp"

#include <utility>

namespace synapse::hub {

namespace {

// What all hubs see is due at once: the first on the roll sees to it, and the others wait so much
// longer each.
constexpr std::chrono::milliseconds wait_a_rank{400};
constexpr std::chrono::seconds look_every{1};
// Without a word of its own from the log for so long, it can't be reached.
constexpr std::chrono::seconds cut_off_after{5};

}  // namespace

ClusterLog::ClusterLog(cluster::Hello self, cluster::Incarnation incarnation, Place place,
                       Moment here)
    : member_(std::move(self), incarnation),
      sequence_(std::move(place.roll), place.applied),
      last_here_(here),
      last_own_(here) {
  // The first hub of a bus begins with its wall clock.
  const bool has_begun = !roll().bus().empty();
  clock_.saw(has_begun ? roll().time() : base::from_seconds(here.wall), here.mono);
}

std::optional<Result<ClusterLog::Beginning>> ClusterLog::beginning() const {
  if (arrived_.empty()) return std::nullopt;
  const Result<cluster::Batch> first = cluster::decode(arrived_.front().bytes);
  if (!first) return Result<Beginning>(first.error());
  Beginning beginning;
  const std::optional<Moment> moment = beginning.behind.roll.take(*first);
  beginning.moment = moment.value_or(Moment());
  for (const cluster::Item& item : first->items) {
    static_cast<void>(beginning.behind.roll.note(item, first->head));
    if (const auto* config = std::get_if<cluster::Config>(&item)) beginning.config = *config;
  }
  if (!moment || beginning.behind.roll.bus().empty()) {
    return Result<Beginning>(
        fail(ErrorCode::corrupt, "the log does not begin with what a bus begins with"));
  }
  beginning.behind.applied = arrived_.front().revision;
  return Result<Beginning>(std::move(beginning));
}

void ClusterLog::join(const std::string& url) { member_.greet(url); }

void ClusterLog::join_again(cluster::Incarnation incarnation, Moment here) {
  const std::string url = member_.self().url;
  member_ = cluster::Member(member_.self(), incarnation);
  member_.tell(beat_);
  has_tick_ = false;
  last_own_ = here;
  join(url);
  if (drains_) announce(cluster::Drain{incarnation, true});
}

void ClusterLog::part() { member_.propose(cluster::Gone{member_.incarnation()}); }

void ClusterLog::propose(core::Entry entry) {
  if (std::holds_alternative<core::Tick>(entry.what) && std::exchange(has_tick_, true)) return;
  const std::uint64_t ticket = entry.ticket;
  member_.propose(std::move(entry), ticket);
}

std::optional<core::Entry> ClusterLog::next(const core::Machine& machine) {
  while (!failure_) {
    if (is_under_way_) {
      std::optional<core::Entry> entry = sequence_.next(machine);
      if (entry) {
        if (is_own_ && sequence_.place()) entry->ticket = member_.ticket(*sequence_.place());
        const bool is_tick = std::holds_alternative<core::Tick>(entry->what);
        if (is_own_ && sequence_.place() && is_tick) has_tick_ = false;
        return entry;
      }
      is_under_way_ = false;
      if (const cluster::Hub* self = roll().find(member_.incarnation())) drains_ = self->drains;
      clock_.saw(roll().time(), last_here_.mono);
      if (roll().rules() > member_.self().rules) {
        failure_ = fail(ErrorCode::unknown_kind,
                        "the bus goes by rules that this hub doesn't know; it needs an upgrade");
      }
      if (passed_) passed_(applied(), roll(), machine);
      continue;
    }
    if (arrived_.empty()) break;
    Arrived first = std::move(arrived_.front());
    arrived_.pop_front();
    begin(std::move(first));
  }
  return std::nullopt;
}

void ClusterLog::begin(Arrived arrived) {
  if (arrived.revision <= applied()) return;
  Result<cluster::Batch> batch = cluster::decode(arrived.bytes);
  if (!batch) {
    failure_ = batch.error();
    return;
  }
  const cluster::BatchHead head = batch->head;
  is_under_way_ = true;
  is_own_ = false;
  if (sequence_.take(arrived.revision, std::move(*batch)) == cluster::Sequence::Verdict::ignored) {
    ++ignored_;
    return;
  }
  is_own_ = head.incarnation == member_.incarnation();
  if (!is_own_) return;
  member_.came_out(head.number);
  last_own_ = last_here_;
}

Moment ClusterLog::time(Moment here) const { return roll().at(clock_.time(here.mono)); }

Mono ClusterLog::here(Mono due) const {
  if (has_tick_ || !is_joined()) return Mono::max();
  return clock_.here(roll().time_of(due)) + wait_a_rank * rank();
}

std::size_t ClusterLog::rank() const {
  std::size_t rank = 0;
  for (const auto& [place, hub] : roll().hubs()) {
    if (hub.incarnation == member_.incarnation()) break;
    if (!roll().is_silent(hub)) ++rank;
  }
  return rank;
}

SessionId ClusterLog::before_first_session() const {
  return cluster::Roll::before_first_session(roll().find(member_.incarnation())->place);
}

std::optional<ClusterLog::Append> ClusterLog::to_append(Moment here) {
  last_here_ = here;
  std::optional<std::string> bytes = member_.due(here, clock_.time(here.mono));
  if (!bytes) return std::nullopt;
  return Append{member_.incarnation(), std::move(*bytes)};
}

void ClusterLog::appended(cluster::Incarnation incarnation, const Result<>& result, Moment here) {
  if (incarnation == member_.incarnation()) member_.appended(result, here.mono);
}

void ClusterLog::arrived(cluster::Revision revision, std::string bytes, Moment here) {
  last_here_ = here;
  arrived_.push_back({revision, std::move(bytes)});
}

void ClusterLog::pass_time(Moment here) {
  last_here_ = here;
  if (here.mono - last_look_ < look_every || !is_joined() || cut_off_since(here)) return;
  last_look_ = here.mono;
  if (const std::optional<cluster::Rules> rules = roll().common_rules()) member_.propose(*rules);
  for (const auto& [place, hub] : roll().hubs()) {
    const bool is_other = hub.incarnation != member_.incarnation();
    if (is_other && roll().may_end(hub, clock_.time(here.mono))) {
      member_.propose(cluster::Gone{hub.incarnation});
    }
  }
}

std::optional<Moment> ClusterLog::cut_off_since(Moment here) const {
  if (here.mono - last_own_.mono <= cut_off_after) return std::nullopt;
  return last_own_;
}

}  // namespace synapse::hub
