// SPDX-License-Identifier: AGPL-3.0-or-later
#include "client/fake_hub.hpp"

#include <stdexcept>

#include "support/deadline.hpp"

namespace synapse::test {

namespace {

constexpr double some_time = 1'700'000'000.5;

void merge(Json& frame, const Json& fields) {
  for (const auto& [name, value] : fields.items()) frame[name] = value;
}

}  // namespace

Json chat_frame(std::uint64_t msg_id, const std::string& sender, const std::string& payload,
                const Json& fields) {
  Json frame{{"sender", sender}, {"target", "all"},        {"payload", payload},
             {"type", "chat"},   {"timestamp", some_time}, {"hub_id", "syn-00000001"},
             {"msg_id", msg_id}};
  merge(frame, fields);
  return frame;
}

Json HubLine::expect(const std::string& type) {
  const std::optional<std::string> text = line_.receive();
  if (!text) throw std::runtime_error("the agent ended the connection before its " + type);
  Json frame = Json::parse(*text);
  if (frame.value("type", "") != type) {
    throw std::runtime_error("the agent sent no " + type + " but " + *text);
  }
  return frame;
}

void HubLine::expect_end() {
  if (const std::optional<std::string> text = line_.receive()) {
    throw std::runtime_error("the agent did not end the connection but sent " + *text);
  }
}

void HubLine::send(const std::string& type, const Json& fields) {
  Json frame{{"sender", "SynapseHub"}, {"target", name},         {"type", type},
             {"payload", "some text"}, {"timestamp", some_time}, {"hub_id", hub_id}};
  merge(frame, fields);
  line_.send_text(frame.dump());
}

void HubLine::send_chat(std::uint64_t msg_id, const std::string& sender, const std::string& payload,
                        const Json& fields) {
  line_.send_text(chat_frame(msg_id, sender, payload, fields).dump());
}

Json HubLine::expect_greeting() {
  Json first = expect("heartbeat");
  name = first.at("sender");
  expect("who_request");
  return first;
}

Json HubLine::greet(const Json& history) {
  send("welcome", {{"target", "self"}, {"connected_clients", 1}, {"online_agents", Json::array()}});
  Json first = expect_greeting();
  if (name.empty()) name = "anon-1";
  send("who_snapshot", {{"online_agents", {name}}, {"connected_clients", 1}});
  if (!history.is_null()) {
    expect("history_request");
    send("history_snapshot", {{"history", history}, {"requested_limit", 1}});
  }
  return first;
}

std::uint64_t HubLine::resume(const std::vector<Json>& chats, const Json& fields) {
  const Json question = expect("resume_request");
  Json answer{{"messages", chats}, {"since", question.at("since")}};
  merge(answer, fields);
  send("resume_snapshot", answer);
  return question.at("since");
}

HubLine FakeHub::join(const Json& history) {
  HubLine line = accept();
  line.greet(history);
  return line;
}

Result<Json> next_chat(Agent& agent) {
  for (;;) {
    const auto frame = agent.receive(patience);
    if (!frame) return frame.error();
    if ((*frame)->value("type", "") == "chat") {
      return Result<Json>(boost::system::in_place_value, **frame);
    }
  }
}

AgentOptions options_for(const FakeHub& hub) {
  AgentOptions options;
  options.uri = hub.uri();
  options.name = "A";
  options.ready_timeout = patience;
  options.request_timeout = patience;
  return options;
}

AgentOptions lasting(const FakeHub& hub) {
  AgentOptions options = options_for(hub);
  options.reconnect = AgentOptions::Reconnect::always;
  return options;
}

Told::Told(Agent& agent) {
  agent.on_connection([this](bool connected, const Error& why) { box_.put({connected, why}); });
}

std::pair<bool, Error> Told::next() {
  auto told = box_.take(patience);
  if (!told) throw std::runtime_error("nothing was told of the connection");
  return *told;
}

}  // namespace synapse::test
