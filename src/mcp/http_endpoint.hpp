// SPDX-License-Identifier: AGPL-3.0-or-later
// The endpoint of MCP over HTTP: requests in, to the session that they belong to. Begins sessions,
// and ends those that nobody uses; a session that is listened to or has a call under way is used.
//
// Logic alone, on one thread: what performs calls, the clock and the source of ids are its maker's.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "mcp/http_door.hpp"
#include "mcp/http_session.hpp"
#include "net/http_reply.hpp"

namespace synapse::mcp {

struct HttpEndpointOptions {
  net::HttpDoor door;
  std::size_t sessions_max = 256;
  std::chrono::seconds session_idle{1800};
};

class HttpEndpoint {
 public:
  // Above the limit, the longest idle session makes room if it is idle for this long.
  static constexpr std::chrono::seconds idle_before_eviction{60};

  struct World {
    const base::Clock& clock;
    std::function<std::string()> draw_session_id;  // Visible ASCII that nobody can guess.
    // The listener is to be called on this object's thread.
    std::function<std::unique_ptr<CallDesk>(Listener listener)> open_desk;
  };

  HttpEndpoint(HttpEndpointOptions options, World world);

  void serve(const net::HttpRequest& request, std::shared_ptr<net::HttpReply> reply);
  // To be called about once a second.
  void look_at_time();
  // Ends all sessions.
  void close();

  [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }

 private:
  using Sessions = std::map<std::string, std::shared_ptr<HttpSession>, std::less<>>;

  void begin(HttpAsker asker, const std::string& text);
  [[nodiscard]] bool make_room();
  void end(Sessions::iterator session);

  const HttpEndpointOptions options_;
  const World world_;
  Sessions sessions_;
};

}  // namespace synapse::mcp
