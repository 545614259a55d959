// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/http_endpoint.hpp"

#include <utility>

namespace synapse::mcp {

HttpEndpoint::HttpEndpoint(HttpEndpointOptions options, World world)
    : options_(std::move(options)), world_(std::move(world)) {}

void HttpEndpoint::serve(const net::HttpRequest& request, std::shared_ptr<net::HttpReply> reply) {
  HttpAsker asker{std::move(reply), headers_for_page(request, options_.door)};
  auto judged = judge(request, options_.door);
  if (auto* answer = std::get_if<net::HttpResponse>(&judged)) {
    return asker.respond(std::move(*answer));
  }
  const HttpWish& wish = std::get<HttpWish>(judged);
  asker.takes_json = wish.takes_json;
  asker.takes_stream = wish.takes_stream;
  if (wish.session_id.empty()) {
    if (wish.kind == HttpWish::Kind::say) return begin(std::move(asker), request.body);
    return asker.respond(http_refusal(400, "the request needs Mcp-Session-Id"));
  }
  const auto found = sessions_.find(wish.session_id);
  if (found == sessions_.end()) {
    return asker.respond(http_refusal(404, "there is no such session; initialize a new one"));
  }
  // It may end while it is at work.
  const std::shared_ptr<HttpSession> session = found->second;
  const Mono now = world_.clock.now().mono;
  switch (wish.kind) {
    case HttpWish::Kind::say:
      return session->say(std::move(asker), request.body, now);
    case HttpWish::Kind::listen:
      return session->listen(std::move(asker), wish.last_event_id, now);
    case HttpWish::Kind::leave:
      end(found);
      return asker.respond({204, "", "", {}});
  }
}

void HttpEndpoint::begin(HttpAsker asker, const std::string& text) {
  Session fresh;
  Effects effects = fresh.receive(1, text);
  if (!fresh.is_initialized()) {
    if (effects.outputs.empty()) {
      return asker.respond(http_refusal(400, "the message needs Mcp-Session-Id"));
    }
    Output& output = effects.outputs[0];
    const unsigned status = output.kind == Output::Kind::answer ? 200 : 400;
    return asker.respond({status, "application/json", std::move(output.text), {}});
  }
  if (!make_room()) {
    net::HttpResponse refusal = http_refusal(503, "as many sessions as this server takes");
    refusal.headers.emplace_back("Retry-After", "60");
    return asker.respond(std::move(refusal));
  }
  const auto session = std::make_shared<HttpSession>(world_.draw_session_id(), std::move(fresh),
                                                     world_.clock.now().mono);
  sessions_.emplace(session->id(), session);
  asker.headers.emplace_back("Mcp-Session-Id", session->id());
  session->open(world_.open_desk(session->listener()), std::move(asker), std::move(effects));
}

bool HttpEndpoint::make_room() {
  if (sessions_.size() < options_.sessions_max) return true;
  auto oldest = sessions_.end();
  for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
    if (!at->second->is_idle()) continue;
    if (oldest == sessions_.end() || at->second->idle_since() < oldest->second->idle_since()) {
      oldest = at;
    }
  }
  if (oldest == sessions_.end() ||
      world_.clock.now().mono - oldest->second->idle_since() < idle_before_eviction) {
    return false;
  }
  end(oldest);
  return true;
}

void HttpEndpoint::look_at_time() {
  const Mono now = world_.clock.now().mono;
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    const auto session = at++;
    session->second->look_at_time(now);
    if (session->second->is_idle() &&
        now - session->second->idle_since() >= options_.session_idle) {
      end(session);
    }
  }
}

void HttpEndpoint::close() {
  while (!sessions_.empty()) end(sessions_.begin());
}

void HttpEndpoint::end(Sessions::iterator session) {
  const std::shared_ptr<HttpSession> ended = session->second;
  sessions_.erase(session);
  ended->end();
}

}  // namespace synapse::mcp
