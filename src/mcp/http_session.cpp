// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/http_session.hpp"

#include <utility>

namespace synapse::mcp {

void HttpAsker::respond(net::HttpResponse response) const {
  response.headers.insert(response.headers.end(), headers.begin(), headers.end());
  reply->respond(std::move(response));
}

HttpSession::HttpSession(std::string id, Session session, Origin origin, Mono now)
    : id_(std::move(id)),
      origin_(origin),
      session_(std::move(session)),
      now_(now),
      last_used_(now),
      kept_alive_at_(now) {
  streams_.emplace(notifications, EventStream(notifications, greeting()));
}

Listener HttpSession::listener() {
  return {[weak = weak_from_this()](CallId id, const Outcome& outcome) {
            if (const auto self = weak.lock()) self->carry_out(self->session_.finish(id, outcome));
          },
          [weak = weak_from_this()](Resource resource) {
            if (const auto self = weak.lock()) self->carry_out(self->session_.changed(resource));
          }};
}

EventStream::Greeting HttpSession::greeting() const {
  return session_.revision().event_greeting == Support::present ? EventStream::Greeting::primed
                                                                : EventStream::Greeting::none;
}

void HttpSession::open(std::unique_ptr<CallDesk> desk, HttpAsker asker, Effects answer) {
  desk_ = std::move(desk);
  exchanges_.emplace(last_text_, Exchange{std::move(asker), now_});
  carry_out(std::move(answer));
}

void HttpSession::open(std::unique_ptr<CallDesk> desk) {
  desk_ = std::move(desk);
  desk_->attend();  // It hears of everything.
}

void HttpSession::say(HttpAsker asker, Json message, Mono now) {
  now_ = last_used_ = now;
  const TextId text_id = ++last_text_;
  exchanges_.emplace(text_id, Exchange{std::move(asker), now});
  Effects effects = session_.receive(text_id, std::move(message));
  const bool has_calls = !effects.calls.empty();
  carry_out(std::move(effects));
  const auto found = exchanges_.find(text_id);
  if (found == exchanges_.end()) return;
  if (!has_calls) {
    // Nothing in it wants an answer.
    HttpAsker told = std::move(found->second.asker);
    exchanges_.erase(found);
    return told.respond({202, "", "", {}});
  }
  if (!found->second.asker.takes_json) {
    HttpAsker waiting = std::move(found->second.asker);
    exchanges_.erase(found);
    begin_stream(text_id, std::move(waiting));
  }
}

void HttpSession::listen(HttpAsker asker, std::string_view last_event_id, Mono now) {
  now_ = last_used_ = now;
  if (last_event_id.empty()) {
    return attach(notifications, streams_.at(notifications), std::move(asker), std::nullopt);
  }
  if (origin_ == Origin::earlier_run) {
    // Nothing is known of what this client saw.
    return attach(notifications, streams_.at(notifications), std::move(asker), std::nullopt);
  }
  const std::optional<EventId> id = parse_event_id(last_event_id);
  if (!id) return asker.respond(http_refusal(400, "Last-Event-ID is none of this session"));
  const auto found = streams_.find(id->stream);
  if (found == streams_.end()) {
    return asker.respond(http_refusal(400, "what came after that event is no longer kept"));
  }
  attach(found->first, found->second, std::move(asker), id->number);
}

void HttpSession::look_at_time(Mono now) {
  now_ = now;
  for (auto at = exchanges_.begin(); at != exchanges_.end();) {
    Exchange& exchange = at->second;
    if (!exchange.asker.takes_stream || now - exchange.asked_at < quick_answer) {
      ++at;
      continue;
    }
    HttpAsker waiting = std::move(exchange.asker);
    const TextId text_id = at->first;
    at = exchanges_.erase(at);
    begin_stream(text_id, std::move(waiting));
  }
  if (now - kept_alive_at_ < keep_alive_interval) return;
  kept_alive_at_ = now;
  for (auto& [number, stream] : streams_) stream.keep_alive();
}

void HttpSession::end(AtEnd at_end) {
  for (auto& [text_id, exchange] : exchanges_) {
    exchange.asker.respond(http_refusal(404, "the session has ended"));
  }
  exchanges_.clear();
  for (auto& [number, stream] : streams_) stream.finish();
  if (desk_) desk_->end(at_end);
}

bool HttpSession::is_idle() const {
  if (session_.calls_under_way() > 0 || !exchanges_.empty()) return false;
  for (const auto& [number, stream] : streams_) {
    if (stream.is_attached()) return false;
  }
  return true;
}

void HttpSession::carry_out(Effects effects) {
  for (Output& output : effects.outputs) {
    if (output.answers == 0) {
      streams_.at(notifications).put(std::move(output.text));
    } else {
      answer(output);
    }
  }
  for (Effects::Start& start : effects.calls) desk_->perform(start.id, std::move(start.call));
  for (const CallId id : effects.cancelled) desk_->cancel(id);
  if (effects.attends) desk_->attend();
}

void HttpSession::answer(Output& output) {
  last_used_ = now_;
  const auto found = exchanges_.find(output.answers);
  if (found != exchanges_.end()) {
    HttpAsker asker = std::move(found->second.asker);
    exchanges_.erase(found);
    if (output.text.empty()) return asker.respond({202, "", "", {}});
    // Only the answer of a stream can still be fetched by a client that has left.
    if (asker.reply->is_gone()) {
      for (const CallId id : output.calls) desk_->unheard(id);
      return;
    }
    if (asker.takes_json || output.kind == Output::Kind::malformed) {
      const unsigned status = output.kind == Output::Kind::malformed ? 400 : 200;
      return asker.respond({status, "application/json", std::move(output.text), {}});
    }
    begin_stream(output.answers, std::move(asker));
  }
  const auto answered = streams_.find(output.answers);
  if (answered == streams_.end()) return;
  EventStream& stream = answered->second;
  if (!output.text.empty()) stream.put(std::move(output.text));
  stream.finish();
  forget_old_answers();
}

void HttpSession::begin_stream(std::uint64_t number, HttpAsker asker) {
  EventStream& stream = streams_.emplace(number, EventStream(number, greeting())).first->second;
  attach(number, stream, std::move(asker), std::nullopt);
}

void HttpSession::attach(std::uint64_t number, EventStream& stream, HttpAsker asker,
                         std::optional<std::uint64_t> after) {
  net::HttpResponse head;
  head.content_type = "text/event-stream";
  head.headers = std::move(asker.headers);
  head.headers.emplace_back("Cache-Control", "no-cache, no-transform");
  const auto reply = asker.reply;
  stream.attach(reply, std::move(head), after);
  // A finished one has no reader any more.
  if (!stream.is_attached()) return;
  reply->on_gone([weak = weak_from_this(), number, gone = reply.get()] {
    const auto self = weak.lock();
    if (!self) return;
    self->last_used_ = self->now_;
    const auto found = self->streams_.find(number);
    if (found != self->streams_.end()) found->second.detach(gone);
  });
}

void HttpSession::forget_old_answers() {
  std::size_t count = 0;
  std::size_t bytes = 0;
  // The newest first, which stays however large it is; what is beyond the bounds goes.
  for (auto at = streams_.end(); at != streams_.begin();) {
    --at;
    if (at->first == notifications || !at->second.is_finished()) continue;
    bytes += at->second.kept_bytes();
    if (++count == 1 || (count <= kept_answers_max && bytes <= kept_bytes_max)) continue;
    at = streams_.erase(at);
  }
}

}  // namespace synapse::mcp
