// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/outbox.hpp"

namespace synapse::net {

Outbox::Put Outbox::put(SharedFrame frame, WrittenMark mark) {
  const std::lock_guard lock(mutex_);
  if (finished_) return Put::closed;
  const bool is_over_its_share =
      bytes_ > bounds_.share_bytes && Frame::live_bytes() > bounds_.all_bytes_max;
  if (items_.size() >= bounds_.frames_max || bytes_ + frame->bytes.size() > bounds_.bytes_max ||
      is_over_its_share) {
    return Put::overflow;
  }
  return append({std::move(frame), mark});
}

Outbox::Put Outbox::finish(SharedFrame frame) {
  const std::lock_guard lock(mutex_);
  if (finished_) return Put::closed;
  finished_ = true;
  return append({std::move(frame), unmarked});
}

Outbox::Put Outbox::cut(SharedFrame frame) {
  const std::lock_guard lock(mutex_);
  if (finished_) return Put::closed;
  finished_ = true;
  const std::size_t keep = head_sent_ > 0 && gathered_ == 0 ? 1 : gathered_;
  while (items_.size() > keep) {
    bytes_ -= items_.back().frame->bytes.size();
    items_.pop_back();
  }
  return append({std::move(frame), unmarked});
}

Outbox::Put Outbox::append(Item item) {
  bytes_ += item.frame->bytes.size();
  items_.push_back(std::move(item));
  if (!writer_idle_) return Put::queued;
  writer_idle_ = false;
  return Put::wake;
}

bool Outbox::gather(std::vector<boost::asio::const_buffer>& buffers) {
  const std::lock_guard lock(mutex_);
  buffers.clear();
  gathered_ = 0;
  for (const Item& item : items_) {
    if (gathered_ == buffers_max) break;
    const std::size_t skip = gathered_ == 0 ? head_sent_ : 0;
    const std::string& bytes = item.frame->bytes;
    buffers.emplace_back(bytes.data() + skip, bytes.size() - skip);
    ++gathered_;
  }
  writer_idle_ = gathered_ == 0;
  return gathered_ != 0;
}

void Outbox::sent(std::size_t bytes, std::vector<WrittenMark>& marks) {
  const std::lock_guard lock(mutex_);
  head_sent_ += bytes;
  while (!items_.empty() && head_sent_ >= items_.front().frame->bytes.size()) {
    const std::size_t size = items_.front().frame->bytes.size();
    head_sent_ -= size;
    bytes_ -= size;
    if (items_.front().mark != unmarked) marks.push_back(items_.front().mark);
    items_.pop_front();
  }
  gathered_ = 0;
}

bool Outbox::is_done() const {
  const std::lock_guard lock(mutex_);
  return finished_ && items_.empty();
}

}  // namespace synapse::net
