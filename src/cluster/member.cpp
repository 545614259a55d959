// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cluster/member.hpp"

#include <utility>

namespace synapse::cluster {

namespace {

constexpr std::chrono::milliseconds again_after{200};
constexpr std::size_t batch_items_max = 4096;

}  // namespace

Member::Member(Hello self, Incarnation incarnation)
    : self_(std::move(self)), incarnation_(incarnation) {}

void Member::greet(const std::string& url) {
  self_.url = url;
  propose(self_);
}

void Member::propose(const Item& item, std::uint64_t ticket) {
  Waiting waiting{encode(item), std::nullopt};
  if (std::holds_alternative<core::Entry>(item)) waiting.ticket = ticket;
  waiting_.push_back(std::move(waiting));
}

std::optional<std::string> Member::due(Moment here, Mono time) {
  if (!under_way_) gather(here, time);
  if (!under_way_ || under_way_->is_being_added) return std::nullopt;
  if (!under_way_->again_at || *under_way_->again_at > here.mono) return std::nullopt;
  under_way_->is_being_added = true;
  return under_way_->bytes;
}

void Member::gather(Moment here, Mono time) {
  // Nobody is there before having said hello.
  const bool is_there = last_number_ > 0;
  const bool is_beat_due = is_there && here.mono - last_beat_ >= beat_every;
  if (waiting_.empty() && !is_beat_due) return;
  UnderWay next;
  std::vector<std::string> items;
  std::size_t bytes = 0;
  if (is_beat_due) {
    items.push_back(encode(Item(beat_)));
    last_beat_ = here.mono;
  }
  while (!waiting_.empty() && items.size() < batch_items_max) {
    Waiting& first = waiting_.front();
    if (bytes > 0 && bytes + first.bytes.size() > batch_bytes_max) break;
    bytes += first.bytes.size();
    items.push_back(std::move(first.bytes));
    if (first.ticket) next.tickets.push_back(*first.ticket);
    waiting_.pop_front();
  }
  next.number = ++last_number_;
  next.bytes = encode(BatchHead{incarnation_, next.number, time, here.wall}, items);
  next.again_at = here.mono;
  under_way_ = std::move(next);
}

Mono Member::next_deadline() const {
  if (!under_way_) return waiting_.empty() ? last_beat_ + beat_every : Mono(0);
  if (under_way_->is_being_added || !under_way_->again_at) return Mono::max();
  return *under_way_->again_at;
}

void Member::appended(const Result<>& result, Mono here) {
  if (!under_way_) return;
  under_way_->is_being_added = false;
  under_way_->again_at.reset();
  if (!result) under_way_->again_at = here + again_after;
}

void Member::came_out(std::uint64_t number) {
  if (!under_way_ || under_way_->number != number) return;
  tickets_ = std::move(under_way_->tickets);
  under_way_.reset();
}

std::uint64_t Member::ticket(std::size_t place) const {
  return place < tickets_.size() ? tickets_[place] : 0;
}

}  // namespace synapse::cluster
