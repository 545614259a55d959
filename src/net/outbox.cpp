// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/outbox.hpp"

namespace synapse::net {

Outbox::Put Outbox::put(SharedFrame frame) {
  const std::lock_guard lock(mutex_);
  if (finished_) return Put::closed;
  const bool is_over_its_share =
      bytes_ > bounds_.share_bytes && Frame::live_bytes() > bounds_.all_bytes_max;
  if (frames_.size() >= bounds_.frames_max || bytes_ + frame->bytes.size() > bounds_.bytes_max ||
      is_over_its_share) {
    return Put::overflow;
  }
  return append(std::move(frame));
}

Outbox::Put Outbox::finish(SharedFrame frame) {
  const std::lock_guard lock(mutex_);
  if (finished_) return Put::closed;
  finished_ = true;
  return append(std::move(frame));
}

Outbox::Put Outbox::cut(SharedFrame frame) {
  const std::lock_guard lock(mutex_);
  if (finished_) return Put::closed;
  finished_ = true;
  const std::size_t keep = head_sent_ > 0 && gathered_ == 0 ? 1 : gathered_;
  while (frames_.size() > keep) {
    bytes_ -= frames_.back()->bytes.size();
    frames_.pop_back();
  }
  return append(std::move(frame));
}

Outbox::Put Outbox::append(SharedFrame frame) {
  bytes_ += frame->bytes.size();
  frames_.push_back(std::move(frame));
  if (!writer_idle_) return Put::queued;
  writer_idle_ = false;
  return Put::wake;
}

bool Outbox::gather(std::vector<boost::asio::const_buffer>& buffers) {
  const std::lock_guard lock(mutex_);
  buffers.clear();
  gathered_ = 0;
  for (const SharedFrame& frame : frames_) {
    if (gathered_ == buffers_max) break;
    const std::size_t skip = gathered_ == 0 ? head_sent_ : 0;
    buffers.emplace_back(frame->bytes.data() + skip, frame->bytes.size() - skip);
    ++gathered_;
  }
  writer_idle_ = gathered_ == 0;
  return gathered_ != 0;
}

void Outbox::sent(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  head_sent_ += bytes;
  while (!frames_.empty() && head_sent_ >= frames_.front()->bytes.size()) {
    const std::size_t size = frames_.front()->bytes.size();
    head_sent_ -= size;
    bytes_ -= size;
    frames_.pop_front();
  }
  gathered_ = 0;
}

bool Outbox::is_done() const {
  const std::lock_guard lock(mutex_);
  return finished_ && frames_.empty();
}

}  // namespace synapse::net
