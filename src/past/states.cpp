// SPDX-License-Identifier: AGPL-3.0-or-later
#include "past/states.hpp"

#include <algorithm>
#include <utility>

#include "store/event_codec.hpp"
#include "store/replay.hpp"

namespace synapse::past {

namespace {

// Monotonic time is counted from 1970, by a moment that no log has reached.
constexpr Moment start_of_all{4e9, std::chrono::seconds(4'000'000'000)};
constexpr std::uint64_t records_between_looks = 1024;

}  // namespace

States::States(store::LogReader log, const StatesBounds& bounds, IsWanted is_wanted)
    : log_(std::move(log)),
      bounds_(bounds),
      is_wanted_(std::move(is_wanted)),
      between_(bounds.records_between) {}

// A state ends before a row of `events`: what stands behind the event of a number is not in it.
bool States::Point::is_before(const When& when) const {
  return when.seq ? place.seq < *when.seq : latest <= when.wall;
}

const States::Kept* States::last_before(const When& when) const {
  const auto after = std::partition_point(
      kept_.begin(), kept_.end(), [&](const Kept& one) { return one.point.is_before(when); });
  return after == kept_.begin() ? nullptr : &*std::prev(after);
}

Result<Then> States::at(const When& when) {
  const Result<std::optional<LogBeginning>> beginning = beginning_of(log_);
  if (!beginning) return beginning.error();
  const std::int64_t begins = *beginning ? (*beginning)->seq : 0;
  if (std::exchange(begins_, begins) != begins) forget();
  const Result<double> wall = wall_of(log_, when);
  if (!wall) return wall.error();
  const When moment{*wall, when.seq};
  // Of a moment behind an event, another page of the same.
  if (machine_ != nullptr && when.seq && reached_ == moment) {
    return Then{*machine_, witnesses_, point_.place.seq, *wall};
  }
  const Kept* const kept = last_before(moment);
  const bool goes_on = machine_ != nullptr && point_.is_before(moment) &&
                       (kept == nullptr || kept->point.records <= point_.records);
  if (!goes_on) {
    if (const Result<> loaded = load(kept); !loaded) return loaded.error();
  }
  if (const Result<> there = go_to(moment); !there) {
    machine_.reset();
    return there.error();
  }
  reached_ = moment;
  return Then{*machine_, witnesses_, point_.place.seq, *wall};
}

Result<> States::load(const Kept* kept) {
  if (kept == nullptr) {
    machine_ = std::make_unique<core::Machine>(core::Limits());
    witnesses_ = {};
    point_ = {};
    return {};
  }
  Result<std::unique_ptr<core::Machine>> machine = core::Machine::load(kept->machine);
  if (!machine) return machine.error();
  machine_ = std::move(*machine);
  witnesses_ = kept->witnesses;
  point_ = kept->point;
  return {};
}

Result<> States::go_to(const When& when) {
  const store::OnUndecodable pass_over = [](std::int64_t, const Error&) {};
  store::Replayer replayer(*machine_, start_of_all, pass_over);
  bool is_unwanted = false;
  const auto sink = [&](const store::RecordView& record) {
    if (point_.records % records_between_looks == 0 && !is_wanted_()) is_unwanted = true;
    // What stands behind that event and came later has not happened yet.
    const bool is_event = record.table == store::Table::events;
    const bool counts_time = !when.seq || (!is_event && record.seq == *when.seq);
    const bool is_later = counts_time ? record.ts > when.wall : record.seq > *when.seq;
    if (is_later || is_unwanted) return false;
    const std::uint64_t last_kept = kept_.empty() ? 0 : kept_.back().point.records;
    if (is_event && point_.records >= last_kept + between_) {
      static_cast<void>(replayer.finish());
      keep();
    }
    // Answers to requests are nobody's business any more, and large.
    if (record.kind != store::kind::idempotency) replayer.take(record);
    witnesses_.take(record);
    ++point_.records;
    point_.latest = std::max(point_.latest, record.ts);
    (is_event ? point_.place.seq : point_.place.own) = is_event ? record.seq : record.own_id;
    return true;
  };
  store::LogFilter filter;
  filter.after = point_.place.seq;
  filter.own_after = point_.place.own;
  filter.own = store::LogFilter::Own::read;
  const Result<> read = log_.read(filter, sink);
  static_cast<void>(replayer.finish());
  if (!read) return read.error();
  if (is_unwanted) return fail(ErrorCode::closed, "stopped while the log was read");
  return {};
}

void States::keep() {
  Kept kept{point_, machine_->save(), witnesses_};
  // One that would leave no room for others is no use.
  if (kept.bytes() > bounds_.bytes_max / 4) {
    between_ *= 2;
    return;
  }
  kept_bytes_ += kept.bytes();
  kept_.push_back(std::move(kept));
  if (kept_.size() > bounds_.count_max || kept_bytes_ > bounds_.bytes_max) thin_out();
}

void States::thin_out() {
  between_ *= 2;
  std::vector<Kept> every_other;
  for (std::size_t i = 1; i < kept_.size(); i += 2) every_other.push_back(std::move(kept_[i]));
  kept_ = std::move(every_other);
  kept_bytes_ = 0;
  for (const Kept& one : kept_) kept_bytes_ += one.bytes();
}

void States::forget() {
  kept_.clear();
  kept_bytes_ = 0;
  between_ = bounds_.records_between;
  machine_.reset();
}

Result<States::Start> States::before(const When& when, std::size_t back) const {
  const Kept* kept = last_before(when);
  if (kept != nullptr && static_cast<std::size_t>(kept - kept_.data()) >= back) {
    kept -= back;
  } else {
    kept = nullptr;
  }
  if (kept == nullptr) {
    return Start{std::make_unique<core::Machine>(core::Limits()), {}, {}, true};
  }
  Result<std::unique_ptr<core::Machine>> machine = core::Machine::load(kept->machine);
  if (!machine) return machine.error();
  return Start{std::move(*machine), kept->witnesses, kept->point.place, false};
}

}  // namespace synapse::past
