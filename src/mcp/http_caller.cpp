// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/http_caller.hpp"

#include <utility>
#include <vector>

namespace synapse::mcp {

namespace {

std::string event_text(const std::string& message) {
  // One line of JSON: nothing in it ends the field.
  return "event: message\ndata: " + message + "\n\n";
}

}  // namespace

unsigned http_status_of(Output::Kind kind) {
  switch (kind) {
    case Output::Kind::malformed:
      return 400;
    case Output::Kind::no_method:
      return 404;
    case Output::Kind::answer:
    case Output::Kind::error:
    case Output::Kind::event:
      break;
  }
  return 200;
}

Listener HttpCaller::listener() {
  return {[weak = weak_from_this()](CallId id, const Outcome& outcome) {
            if (const auto self = weak.lock()) self->carry_out(self->modern_.finish(id, outcome));
          },
          [weak = weak_from_this()](Resource resource) {
            if (const auto self = weak.lock()) self->carry_out(self->modern_.changed(resource));
          }};
}

void HttpCaller::say(HttpAsker asker, Json message, const StandardHeaders& headers, Mono now) {
  now_ = last_used_ = now;
  const bool wants_stream = rpc::member(message, "method") == "subscriptions/listen";
  if (wants_stream && !asker.takes_stream) {
    return asker.respond(http_refusal(406, "accept text/event-stream"));
  }
  const TextId text_id = ++last_text_;
  const auto reply = asker.reply;
  exchanges_.emplace(text_id, Exchange{std::move(asker), now});
  Effects effects = modern_.receive(text_id, std::move(message), &headers);
  const bool is_for_later = !effects.calls.empty() || !effects.outputs.empty();
  carry_out(std::move(effects));
  const auto found = exchanges_.find(text_id);
  if (found == exchanges_.end()) return;
  if (!is_for_later) {
    const HttpAsker told = std::move(found->second.asker);
    exchanges_.erase(found);
    return told.respond({202, "", "", {}});
  }
  reply->on_gone([weak = weak_from_this(), text_id] {
    if (const auto self = weak.lock()) self->gone(text_id);
  });
  if (!found->second.asker.takes_json && !found->second.is_stream) begin_stream(found->second);
}

void HttpCaller::look_at_time(Mono now) {
  now_ = now;
  const bool keeps_alive = now - kept_alive_at_ >= HttpSession::keep_alive_interval;
  if (keeps_alive) kept_alive_at_ = now;
  for (auto& [text_id, exchange] : exchanges_) {
    if (exchange.is_stream) {
      if (keeps_alive) exchange.asker.reply->stream(":\n\n");
    } else if (exchange.asker.takes_stream &&
               now - exchange.asked_at >= HttpSession::quick_answer) {
      begin_stream(exchange);
    }
  }
}

void HttpCaller::end(AtEnd at_end) {
  carry_out(modern_.close(Modern::Farewell::result));
  for (auto& [text_id, exchange] : std::exchange(exchanges_, {})) {
    if (exchange.is_stream) {
      exchange.asker.reply->end_stream();
    } else {
      exchange.asker.respond(http_refusal(503, "the server ends"));
    }
  }
  if (desk_) desk_->end(at_end);
}

void HttpCaller::carry_out(Effects effects) {
  for (Output& output : effects.outputs) put_out(output);
  for (Effects::Start& start : effects.calls) desk_->perform(start.id, std::move(start.call));
  for (const CallId id : effects.cancelled) desk_->cancel(id);
  if (effects.attends) desk_->attend();
}

void HttpCaller::put_out(Output& output) {
  const auto found = exchanges_.find(output.answers);
  if (found == exchanges_.end()) return;
  Exchange& exchange = found->second;
  if (output.kind == Output::Kind::event) {
    if (!exchange.is_stream) begin_stream(exchange);
    return exchange.asker.reply->stream(event_text(output.text));
  }
  last_used_ = now_;
  const Exchange last = std::move(exchange);
  exchanges_.erase(found);
  if (last.asker.reply->is_gone()) {
    for (const CallId id : output.calls) desk_->unheard(id);
  } else if (last.is_stream) {
    last.asker.reply->stream(event_text(output.text));
    last.asker.reply->end_stream();
  } else {
    last.asker.respond(
        {http_status_of(output.kind), "application/json", std::move(output.text), {}});
  }
}

void HttpCaller::begin_stream(Exchange& exchange) {
  exchange.is_stream = true;
  net::HttpResponse head;
  head.content_type = "text/event-stream";
  head.headers = exchange.asker.headers;
  head.headers.emplace_back("Cache-Control", "no-cache, no-transform");
  // What stands between must not hold events back.
  head.headers.emplace_back("X-Accel-Buffering", "no");
  exchange.asker.reply->begin_stream(std::move(head));
}

// A client that closes its connection wants no answer any more.
void HttpCaller::gone(TextId text_id) {
  if (exchanges_.erase(text_id) == 0) return;
  last_used_ = now_;
  carry_out(modern_.cancel(text_id));
}

}  // namespace synapse::mcp
