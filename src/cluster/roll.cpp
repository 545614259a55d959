// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cluster/roll.hpp"

#include <algorithm>

#include "core/archive_reader.hpp"
#include "core/archive_writer.hpp"
#include "core/is.hpp"

namespace synapse::cluster {

namespace {

using core::Is;

constexpr unsigned place_shift = 40;
// A batch of an incarnation that has ended can come late, but not as late as that.
constexpr std::size_t ended_max = 1000;
// Dates in nanoseconds leave too little room for sums; a machine counts from its beginning.
constexpr std::chrono::hours machine_time_at_first{1};

template <class Kind>
bool has(const Batch& batch) {
  return std::any_of(batch.items.begin(), batch.items.end(),
                     [](const Item& item) { return std::holds_alternative<Kind>(item); });
}

// Microseconds, as everywhere.
double wall_of(Mono time) { return static_cast<double>(time.count() / 1000) / 1e6; }

}  // namespace

template <class Io>
void fields(Io& io, Is<Hub> auto& v) {
  io(v.incarnation, v.hello.hub, v.hello.url, v.hello.version, v.hello.rules, v.place, v.last_batch,
     v.heard, v.beat.revision, v.beat.digest, v.ahead, v.carries_time, v.drains);
}

SessionId Roll::before_first_session(std::uint64_t place) { return {place << place_shift}; }
std::uint64_t Roll::place_of(SessionId session) { return session.value >> place_shift; }

Moment Roll::at(Mono time) const { return {wall_of(time), time - left_out_}; }

const Hub* Roll::find(Incarnation incarnation) const {
  const auto found = std::find_if(hubs_.begin(), hubs_.end(), [&](const auto& one) {
    return one.second.incarnation == incarnation;
  });
  return found == hubs_.end() ? nullptr : &found->second;
}

Hub* Roll::known(Incarnation incarnation) {
  const Hub* hub = find(incarnation);
  return hub == nullptr ? nullptr : &hubs_.at(hub->place);
}

bool Roll::has_ended(Incarnation incarnation) const {
  return std::find(ended_.begin(), ended_.end(), incarnation) != ended_.end();
}

std::optional<Moment> Roll::take(const Batch& batch) {
  Hub* hub = known(batch.head.incarnation);
  if (hub == nullptr) {
    const bool founds = bus_.empty() && has<Config>(batch);
    if (batch.head.number != 1 || (!founds && !has<Hello>(batch))) return std::nullopt;
    if (has_ended(batch.head.incarnation)) return std::nullopt;
  } else if (batch.head.number != hub->last_batch + 1) {
    return std::nullopt;
  }
  advance(batch.head.time);
  if (hub != nullptr) {
    hub->last_batch = batch.head.number;
    hub->heard = now().mono;
    hub->ahead = batch.head.wall - now().wall;
    if (hub->carries_time) {
      for (auto& [place, one] : hubs_) one.carries_time = true;
    }
  }
  return now();
}

void Roll::advance(Mono time) {
  if (time <= time_) return;
  const Mono gap = time - std::exchange(time_, time);
  if (gap == time) left_out_ = time - machine_time_at_first;
  if (gap <= gap_max || hubs_.empty()) return;
  left_out_ += std::min<Mono>(gap, gap_forgiven);
  for (auto& [place, hub] : hubs_) hub.heard = now().mono;
}

std::vector<std::uint64_t> Roll::note(const Item& item, const BatchHead& head) {
  if (const auto* hello = std::get_if<Hello>(&item)) return greet(*hello, head);
  Hub* hub = known(head.incarnation);
  if (const auto* config = std::get_if<Config>(&item)) {
    if (bus_.empty()) bus_ = config->bus;
  } else if (const auto* beat = std::get_if<Beat>(&item)) {
    if (hub != nullptr) hub->beat = *beat;
  } else if (const auto* rules = std::get_if<Rules>(&item)) {
    const std::optional<Rules> common = common_rules();
    if (common && rules->number <= common->number) rules_ = std::max(rules_, rules->number);
  } else if (const auto* drain = std::get_if<Drain>(&item)) {
    if (Hub* it = known(drain->who)) it->drains = drain->drains;
  } else if (std::holds_alternative<Save>(item)) {
    ++saves_;
  } else if (const auto* gone = std::get_if<Gone>(&item)) {
    const Hub* it = find(gone->who);
    if (it == nullptr || (it != hub && !may_end(*it, time_))) return {};
    const std::uint64_t place = it->place;
    end(place);
    settle_time();
    return {place};
  }
  return {};
}

std::vector<std::uint64_t> Roll::greet(const Hello& hello, const BatchHead& head) {
  if (find(head.incarnation) != nullptr) return {};
  std::vector<std::uint64_t> ended;
  for (const auto& [place, hub] : hubs_) {
    if (hub.hello.hub == hello.hub) ended.push_back(place);
  }
  for (const std::uint64_t place : ended) end(place);
  Hub hub{head.incarnation, hello, next_place_++, head.number, now().mono, {}, 0, false};
  hub.ahead = head.wall - now().wall;
  hubs_.emplace(hub.place, std::move(hub));
  settle_time();
  return ended;
}

void Roll::end(std::uint64_t place) {
  ended_.push_back(hubs_.at(place).incarnation);
  if (ended_.size() > ended_max) ended_.pop_front();
  hubs_.erase(place);
}

// With the last hub that has carried time from before, its wall clock is gone too; so the others
// say by theirs how long the log stood still. The lower median: one that is wrong ends no lease.
void Roll::settle_time() {
  const auto carries = [](const auto& one) { return one.second.carries_time; };
  if (hubs_.empty() || std::any_of(hubs_.begin(), hubs_.end(), carries)) return;
  std::vector<double> ahead;
  for (auto& [place, hub] : hubs_) {
    ahead.push_back(hub.ahead);
    hub.carries_time = true;
  }
  std::sort(ahead.begin(), ahead.end());
  const double median = ahead[(ahead.size() - 1) / 2];
  if (median > 0) advance(time_ + base::from_seconds(median));
}

std::optional<Rules> Roll::common_rules() const {
  std::optional<std::uint32_t> common;
  for (const auto& [place, hub] : hubs_) {
    common = common ? std::min(*common, hub.hello.rules) : hub.hello.rules;
  }
  if (!common || *common <= rules_) return std::nullopt;
  return Rules{*common};
}

struct Roll::Fields {
  template <class Io, class R>
  static void visit(Io& io, R& roll) {
    io(roll.bus_, roll.rules_, roll.saves_, roll.time_, roll.left_out_, roll.next_place_,
       roll.hubs_, roll.ended_);
  }
};

std::string Roll::save() const {
  core::ArchiveWriter writer;
  Fields::visit(writer, *this);
  return writer.take();
}

Result<Roll> Roll::load(std::string_view saved) {
  Roll roll;
  core::ArchiveReader reader(saved);
  Fields::visit(reader, roll);
  const bool is_sound = std::all_of(roll.hubs_.begin(), roll.hubs_.end(), [&](const auto& one) {
    return one.first == one.second.place && one.first < roll.next_place_;
  });
  if (reader.failed() || !reader.at_end() || !is_sound) {
    return fail(ErrorCode::corrupt, "the saved roll of hubs makes no sense");
  }
  return roll;
}

}  // namespace synapse::cluster
