// SPDX-License-Identifier: AGPL-3.0-or-later
// A bridge with its HTTP service on a hub in this process; a thread of its own runs it.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "a2a/bridge.hpp"
#include "a2a/service.hpp"
#include "cli/bus.hpp"
#include "support/catch.hpp"
#include "support/http_peer.hpp"
#include "support/result_text.hpp"

namespace synapse::test {

using a2a::Json;

struct RigOptions {
  a2a::BridgeOptions bridge;
  a2a::ServiceOptions service;
};

class Rig {
 public:
  using Change = std::function<void(RigOptions&)>;

  explicit Rig(const Bus& bus, const Change& change = {}) {
    RigOptions options;
    options.bridge.agent = bus.settings("BRIDGE");
    options.bridge.target = "BOB";
    // Most tests need nobody to answer.
    options.bridge.absent = a2a::BridgeOptions::Absent::wait;
    options.bridge.card.endpoint_url = "http://a2a.example.com/a2a";
    options.bridge.card.is_served = true;
    options.bridge.tell = [this](const std::string& line) { told.push_back(line); };
    options.service.endpoint_url = options.bridge.card.endpoint_url;
    if (change) change(options);
    bridge.emplace(io, std::move(options.bridge), clock);
    REQUIRE(bridge->load());
    REQUIRE(bridge->connect());
    service.emplace(io, options.service, *bridge);
    REQUIRE(service->start());
    thread_ = std::thread([this] { io.run(); });
  }
  ~Rig() { stop(); }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  void stop() {
    if (!thread_.joinable()) return;
    boost::asio::post(io, [this] {
      bridge->stop();
      service->stop();
    });
    thread_.join();
  }

  [[nodiscard]] HttpPeer peer() const { return HttpPeer(service->port()); }
  [[nodiscard]] HttpReply ask(std::string_view method, std::string_view target,
                              const Json& body = nullptr, HttpHeaders headers = {}) const {
    headers.emplace("Content-Type", "application/json");
    return peer().ask(method, target, headers, body.is_null() ? "" : body.dump());
  }
  // The same for what must succeed.
  Json get(std::string_view method, std::string_view target, const Json& body = nullptr) const {
    const HttpReply reply = ask(method, target, body);
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    return Json::parse(reply.body);
  }
  Json send(const std::string& text, const Json& more = Json::object()) const {
    return get("POST", "/message:send", message(text, more)).at("task");
  }
  [[nodiscard]] std::string state_of(const std::string& id) const {
    return get("GET", "/tasks/" + id).at("status").at("state");
  }

  // One that is answered at once, unless it says otherwise.
  [[nodiscard]] static Json message(const std::string& text, const Json& more = Json::object()) {
    Json body = {
        {"message", {{"messageId", "m"}, {"role", "ROLE_USER"}, {"parts", {{{"text", text}}}}}},
        {"configuration", {{"returnImmediately", true}}}};
    body.merge_patch(more);
    return body;
  }

  base::SystemClock clock;
  std::vector<std::string> told;  // Look at it when the rig is stopped.
  boost::asio::io_context io;
  std::optional<a2a::Bridge> bridge;
  std::optional<a2a::Service> service;

 private:
  std::thread thread_;
};

// An event of a stream: its number and its data.
struct StreamEvent {
  std::string id;
  Json data;
};
inline StreamEvent next_event(HttpPeer& peer) {
  const auto chunk = peer.read_chunk();
  REQUIRE(chunk.has_value());
  INFO(*chunk);
  REQUIRE(chunk->starts_with("id: "));
  const std::size_t data = chunk->find("\ndata: ");
  REQUIRE(data != std::string::npos);
  return {chunk->substr(4, data - 4), Json::parse(chunk->substr(data + 7))};
}

inline std::unique_ptr<Agent> join_listening(const Bus& bus, const std::string& name) {
  return bus.join(bus.settings(name));
}

inline std::string heard_by(Agent& agent) {
  const auto chat = receive_type(agent, "chat", patience);
  REQUIRE(chat);
  return (*chat)->at("payload");
}

// Its last line.
inline std::string marker_in(const std::string& text) { return text.substr(text.rfind('\n') + 1); }

}  // namespace synapse::test
