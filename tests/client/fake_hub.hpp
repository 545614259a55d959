// SPDX-License-Identifier: AGPL-3.0-or-later
// FakeHub: a hub that does what the test says, on a real socket, so that it can do what a real one
// can't do on demand: drop a connection in the middle of a request, answer late, twice or with
// garbage, refuse names, start again with its numbers anew.
//
// A test plays the hub's side as a script on a thread of its own, while it uses the agent from its
// own thread. What the script expects and does not get throws, and Script::finish() throws it
// again.
#pragma once

#include <functional>
#include <future>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "net/mailbox.hpp"
#include "support/ws_listener.hpp"
#include "synapse/agent.hpp"

namespace synapse::test {

using Json = nlohmann::json;

// What greet() tells an agent that asks where a chat without messages stands.
inline const Json no_history = Json::array();

// A connection of an agent.
class HubLine {
 public:
  explicit HubLine(WsLine line) : line_(std::move(line)) {}

  [[nodiscard]] WsLine& ws() { return line_; }

  // The agent's next frame, which must have that type.
  Json expect(const std::string& type);
  // The end of the connection, before any other frame.
  void expect_end();

  // A frame as the hub sends it: the envelope, and those fields in it or in its place.
  void send(const std::string& type, const Json& fields = Json::object());
  void send_chat(std::uint64_t msg_id, const std::string& sender, const std::string& payload,
                 const Json& fields = Json::object());

  // The opening of an open hub: welcome, and acceptance of the name. `history` is for an agent that
  // asks where the chat stands, as who reconnects does when it joins; null: it does not ask.
  // Returns the agent's first frame.
  Json greet(const Json& history = nullptr);
  // The same without the answers that accept.
  Json expect_greeting();

  // The agent's question what it missed, answered with those; returns from where it asked.
  // `fields`: what the answer has beside them.
  std::uint64_t resume(const std::vector<Json>& chats, const Json& fields = Json::object());

  std::string name;  // As the agent gave it.
  std::string hub_id = "syn-00000001";

 private:
  WsLine line_;
};

// A chat as history and resume have it.
[[nodiscard]] Json chat_frame(std::uint64_t msg_id, const std::string& sender,
                              const std::string& payload, const Json& fields = Json::object());

class FakeHub {
 public:
  FakeHub() = default;
  explicit FakeHub(std::uint16_t port) : listener_(port) {}
  explicit FakeHub(const ThrowawayCertificate& certificate) : listener_(certificate) {}

  [[nodiscard]] WsListener& listener() { return listener_; }
  [[nodiscard]] std::string uri() const { return listener_.uri(); }
  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
  HubLine accept() { return HubLine(listener_.accept()); }
  // Accepted and greeted.
  HubLine join(const Json& history = nullptr);

 private:
  WsListener listener_;
};

// What the other side does meanwhile.
class Script {
 public:
  explicit Script(std::function<void()> play)
      : done_(std::async(std::launch::async, std::move(play))) {}
  // Waits for its end; throws what went wrong in it.
  void finish() { done_.get(); }

 private:
  std::future<void> done_;
};

// The next chat that the agent receives; other frames are passed over.
[[nodiscard]] Result<Json> next_chat(Agent& agent);

// Options for an agent `A` of that hub, with time enough for a slow machine.
[[nodiscard]] AgentOptions options_for(const FakeHub& hub);

// The same for one that reconnects.
[[nodiscard]] AgentOptions lasting(const FakeHub& hub);

// What an agent is told of its connection, in order. Made before it connects.
class Told {
 public:
  explicit Told(Agent& agent);
  // Whether it is connected, and why it was lost; throws when nothing is told in time.
  std::pair<bool, Error> next();

 private:
  net::Mailbox<std::pair<bool, Error>> box_{100};
};

}  // namespace synapse::test
