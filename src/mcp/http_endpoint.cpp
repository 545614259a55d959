// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/http_endpoint.hpp"

#include <utility>

#include "base/strings.hpp"

namespace synapse::mcp {

namespace {

constexpr std::size_t ended_max = 4096;

net::HttpResponse too_many() {
  net::HttpResponse refusal = http_refusal(503, "as many sessions as this server takes");
  refusal.headers.emplace_back("Retry-After", "60");
  return refusal;
}

// The one that has been idle the longest; the end: none is.
template <class Clients>
typename Clients::iterator longest_idle(Clients& clients) {
  auto oldest = clients.end();
  for (auto at = clients.begin(); at != clients.end(); ++at) {
    if (!at->second->is_idle()) continue;
    if (oldest == clients.end() || at->second->idle_since() < oldest->second->idle_since()) {
      oldest = at;
    }
  }
  return oldest;
}

}  // namespace

HttpEndpoint::HttpEndpoint(HttpEndpointOptions options, World world)
    : options_(std::move(options)), world_(std::move(world)) {}

void HttpEndpoint::serve(const net::HttpRequest& request, std::shared_ptr<net::HttpReply> reply) {
  HttpAsker asker{std::move(reply), headers_for_page(request, options_.entrance.door)};
  auto judged = judge(request, options_.entrance);
  if (auto* answer = std::get_if<net::HttpResponse>(&judged)) {
    return asker.respond(std::move(*answer));
  }
  const HttpWish& wish = std::get<HttpWish>(judged);
  asker.takes_json = wish.takes_json;
  asker.takes_stream = wish.takes_stream;
  if (wish.kind == HttpWish::Kind::say) {
    return serve_message(std::move(asker), wish, request.body);
  }
  if (auto refused = refused_revision(wish, nullptr)) return asker.respond(*std::move(refused));
  serve_session(std::move(asker), wish, nullptr);
}

// What a message says decides of which era it is; headers only stand beside it.
void HttpEndpoint::serve_message(HttpAsker asker, const HttpWish& wish, const std::string& body) {
  auto parsed = rpc::parse(body);
  if (const auto* invalid = std::get_if<rpc::Invalid>(&parsed)) {
    const Json error = rpc::error(invalid->id, invalid->code, invalid->message);
    return asker.respond({400, "application/json", rpc::encode(error), {}});
  }
  Json& message = std::get<Json>(parsed);
  const bool names_modern = base::trim(wish.standard.protocol_version) == modern_revision().name;
  if (Modern::is_spoken_in(message))
    return serve_caller(std::move(asker), wish, std::move(message));
  const Json id = rpc::id_of(message);
  if (names_modern && id.is_null() && message.is_object() && message.contains("method")) {
    return asker.respond({202, "", "", {}});  // A notification: none asks anything of the server.
  }
  if (names_modern) {
    const Json error = rpc::error(
        id, rpc::Code::invalid_params,
        "a request of " + std::string(modern_revision().name) + " says its revision in _meta too");
    return asker.respond({400, "application/json", rpc::encode(error), {}});
  }
  if (auto refused = refused_revision(wish, id)) return asker.respond(*std::move(refused));
  if (wish.session_id.empty()) return begin(std::move(asker), wish, std::move(message));
  serve_session(std::move(asker), wish, std::move(message));
}

void HttpEndpoint::serve_caller(HttpAsker asker, const HttpWish& wish, Json message) {
  auto found = callers_.find(wish.agent);
  if (found == callers_.end()) {
    if (!make_room()) return asker.respond(too_many());
    const auto caller = std::make_shared<HttpCaller>(world_.clock.now().mono);
    caller->open(world_.open_desk(wish.agent, caller->listener()));
    found = callers_.emplace(wish.agent, caller).first;
  }
  const std::shared_ptr<HttpCaller> caller = found->second;
  caller->say(std::move(asker), std::move(message), wish.standard, world_.clock.now().mono);
}

void HttpEndpoint::serve_session(HttpAsker asker, const HttpWish& wish, Json message) {
  const Json id = rpc::id_of(message);
  if (wish.session_id.empty()) {
    return asker.respond(http_refusal(400, "the request needs Mcp-Session-Id", id));
  }
  const auto found = find(wish);
  if (found == sessions_.end()) {
    return asker.respond(http_refusal(404, "there is no such session; initialize a new one", id));
  }
  // It may end while it is at work.
  const std::shared_ptr<HttpSession> session = found->second;
  const Mono now = world_.clock.now().mono;
  switch (wish.kind) {
    case HttpWish::Kind::say:
      return session->say(std::move(asker), std::move(message), now);
    case HttpWish::Kind::listen:
      return session->listen(std::move(asker), wish.last_event_id, now);
    case HttpWish::Kind::leave:
      end(found, options_.at_end);
      return asker.respond({204, "", "", {}});
  }
}

void HttpEndpoint::begin(HttpAsker asker, const HttpWish& wish, Json message) {
  const Json id = rpc::id_of(message);
  Session fresh;
  Effects effects = fresh.receive(1, std::move(message));
  if (!fresh.is_initialized()) {
    if (effects.outputs.empty()) {
      return asker.respond(http_refusal(400, "the message needs Mcp-Session-Id", id));
    }
    Output& output = effects.outputs[0];
    const unsigned status = output.kind == Output::Kind::answer ? 200 : 400;
    return asker.respond({status, "application/json", std::move(output.text), {}});
  }
  if (!make_room()) return asker.respond(too_many());
  const std::string session_id = world_.draw_session_id(fresh.revision());
  const auto session = std::make_shared<HttpSession>(
      session_id, std::move(fresh), HttpSession::Origin::this_run, world_.clock.now().mono);
  sessions_.emplace(session_id, session);
  asker.headers.emplace_back("Mcp-Session-Id", session_id);
  session->open(world_.open_desk(wish.agent, session->listener()), std::move(asker),
                std::move(effects));
}

// A client whose server was started again goes on as if nothing had been: few clients begin a new
// session by themselves when they are told that theirs is gone.
HttpEndpoint::Sessions::iterator HttpEndpoint::find(const HttpWish& wish) {
  const auto found = sessions_.find(wish.session_id);
  if (found != sessions_.end() || ended_.contains(wish.session_id)) return found;
  const Revision* revision = world_.earlier_session(wish.session_id);
  if (revision == nullptr || !make_room()) return sessions_.end();
  const auto session =
      std::make_shared<HttpSession>(wish.session_id, Session::revived(*revision),
                                    HttpSession::Origin::earlier_run, world_.clock.now().mono);
  session->open(world_.open_desk(wish.agent, session->listener()));
  return sessions_.emplace(wish.session_id, session).first;
}

bool HttpEndpoint::make_room() {
  if (sessions() < options_.sessions_max) return true;
  const Mono latest = world_.clock.now().mono - idle_before_eviction;
  const auto session = longest_idle(sessions_);
  const auto caller = longest_idle(callers_);
  const bool has_session = session != sessions_.end() && session->second->idle_since() <= latest;
  const bool has_caller = caller != callers_.end() && caller->second->idle_since() <= latest;
  if (has_session &&
      (!has_caller || session->second->idle_since() <= caller->second->idle_since())) {
    end(session, AtEnd::keep);
    return true;
  }
  if (!has_caller) return false;
  caller->second->end(AtEnd::keep);
  callers_.erase(caller);
  return true;
}

void HttpEndpoint::look_at_time() {
  const Mono now = world_.clock.now().mono;
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    const auto session = at++;
    session->second->look_at_time(now);
    if (session->second->is_idle() &&
        now - session->second->idle_since() >= options_.session_idle) {
      end(session, AtEnd::keep);
    }
  }
  for (auto at = callers_.begin(); at != callers_.end();) {
    HttpCaller& caller = *at->second;
    caller.look_at_time(now);
    const bool is_over = caller.is_idle() && now - caller.idle_since() >= options_.session_idle;
    if (is_over) caller.end(AtEnd::keep);
    at = is_over ? callers_.erase(at) : std::next(at);
  }
}

void HttpEndpoint::close() {
  while (!sessions_.empty()) end(sessions_.begin(), AtEnd::keep);
  for (auto& [agent, caller] : std::exchange(callers_, {})) caller->end(AtEnd::keep);
}

void HttpEndpoint::end(Sessions::iterator session, AtEnd at_end) {
  const std::shared_ptr<HttpSession> ended = session->second;
  if (world_.earlier_session(ended->id()) != nullptr) {
    if (ended_.size() >= ended_max) ended_.clear();
    ended_.insert(ended->id());
  }
  sessions_.erase(session);
  ended->end(at_end);
}

}  // namespace synapse::mcp
