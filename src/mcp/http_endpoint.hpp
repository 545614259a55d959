// SPDX-License-Identifier: AGPL-3.0-or-later
// The endpoint of MCP over HTTP: requests in, to the session that they belong to, or to the caller
// that they are from where the revision has no sessions. Begins both, and ends those that nobody
// uses; who is listened to or has a call under way is in use.
//
// Logic alone, on one thread: what performs calls, the clock and the source of ids are its maker's.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "mcp/http_caller.hpp"
#include "mcp/http_door.hpp"
#include "mcp/http_session.hpp"
#include "net/http_reply.hpp"

namespace synapse::mcp {

struct HttpEndpointOptions {
  HttpEntrance entrance;
  std::size_t sessions_max = 256;  // Callers without one included.
  std::chrono::seconds session_idle{1800};
  AtEnd at_end = AtEnd::release;  // Of a session that its client ends.
};

class HttpEndpoint {
 public:
  // Above the limit, the longest idle one makes room if it is idle for this long.
  static constexpr std::chrono::seconds idle_before_eviction{60};

  struct World {
    const base::Clock& clock;
    // Visible ASCII that nobody can guess.
    std::function<std::string(const Revision&)> draw_session_id;
    // The revision of a session that an earlier run of the server began; null: it did not.
    std::function<const Revision*(std::string_view id)> earlier_session;
    // `agent`: the name that the client wants; blank: any. The listener is to be called on this
    // object's thread.
    std::function<std::unique_ptr<CallDesk>(const std::string& agent, Listener listener)> open_desk;
  };

  HttpEndpoint(HttpEndpointOptions options, World world);

  void serve(const net::HttpRequest& request, std::shared_ptr<net::HttpReply> reply);
  // To be called about once a second.
  void look_at_time();
  // Ends all sessions. Their leases run on: clients go on with the next run of the server.
  void close();

  // With callers that have none.
  [[nodiscard]] std::size_t sessions() const { return sessions_.size() + callers_.size(); }

 private:
  using Sessions = std::map<std::string, std::shared_ptr<HttpSession>, std::less<>>;
  using Callers = std::map<std::string, std::shared_ptr<HttpCaller>>;

  void serve_message(HttpAsker asker, const HttpWish& wish, const std::string& body);
  void serve_caller(HttpAsker asker, const HttpWish& wish, Json message);
  void serve_session(HttpAsker asker, const HttpWish& wish, Json message);
  void begin(HttpAsker asker, const HttpWish& wish, Json message);
  [[nodiscard]] Sessions::iterator find(const HttpWish& wish);
  [[nodiscard]] bool make_room();
  void end(Sessions::iterator session, AtEnd at_end);

  const HttpEndpointOptions options_;
  const World world_;
  Sessions sessions_;
  Callers callers_;  // By the name that they go by.
  // Sessions of an earlier run that have ended in this one. Bounded: when it is full it starts
  // anew.
  std::set<std::string, std::less<>> ended_;
};

}  // namespace synapse::mcp
