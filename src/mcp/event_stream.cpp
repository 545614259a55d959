// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/event_stream.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace synapse::mcp {

namespace {

// How long a reader waits before it comes back, in milliseconds.
constexpr std::string_view retry = "retry: 1000\n";

std::string id_line(std::uint64_t stream, std::uint64_t number) {
  return "id: " + std::to_string(stream) + "-" + std::to_string(number) + "\n";
}

}  // namespace

std::optional<EventId> parse_event_id(std::string_view text) {
  EventId id;
  const char* const end = text.data() + text.size();
  const auto stream = std::from_chars(text.data(), end, id.stream);
  if (stream.ec != std::errc() || stream.ptr == end || *stream.ptr != '-') return std::nullopt;
  const auto number = std::from_chars(stream.ptr + 1, end, id.number);
  if (number.ec != std::errc() || number.ptr != end) return std::nullopt;
  return id;
}

void EventStream::attach(std::shared_ptr<net::HttpReply> reply, net::HttpResponse head,
                         std::optional<std::uint64_t> after) {
  if (reply_) reply_->end_stream();
  reply_ = std::move(reply);
  const std::uint64_t from = std::min(after.value_or(sent_), last_);
  head.body.clear();
  if (greeting_ == Greeting::primed) {
    head.body.append(id_line(number_, from)).append(retry).append("data: \n\n");
  }
  for (const Event& event : kept_) {
    if (event.number > from) head.body += encode(event);
  }
  sent_ = last_;
  reply_->begin_stream(std::move(head));
  if (is_finished_) finish();
}

void EventStream::detach(const net::HttpReply* reply) {
  if (reply_.get() == reply) reply_.reset();
}

void EventStream::put(std::string text) {
  const auto same = std::find_if(kept_.begin(), kept_.end(),
                                 [&text](const Event& event) { return event.text == text; });
  if (same != kept_.end()) {
    drop(same);
  } else if (kept_.size() == events_max) {
    drop(kept_.begin());
  }
  kept_bytes_ += text.size();
  kept_.push_back({++last_, std::move(text)});
  if (!reply_ || reply_->is_gone()) return;
  reply_->stream(encode(kept_.back()));
  sent_ = last_;
}

void EventStream::finish() {
  is_finished_ = true;
  if (reply_) std::exchange(reply_, nullptr)->end_stream();
}

void EventStream::keep_alive() {
  if (reply_) reply_->stream(":\n\n");
}

std::string EventStream::encode(const Event& event) const {
  // One line of JSON: nothing in it ends the field.
  return "event: message\n" + id_line(number_, event.number) + "data: " + event.text + "\n\n";
}

void EventStream::drop(std::deque<Event>::iterator event) {
  kept_bytes_ -= event->text.size();
  kept_.erase(event);
}

}  // namespace synapse::mcp
