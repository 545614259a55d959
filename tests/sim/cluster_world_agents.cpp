// SPDX-License-Identifier: AGPL-3.0-or-later
// What the agents of a bus do: ask, and when a hub fails them, ask the same at another.
#include "sim/cluster_socket.hpp"
#include "wire/decode.hpp"

namespace synapse::sim {

namespace {

using Json = nlohmann::json;

Json about(const char* type, const std::string& task_id) {
  return {{"type", type}, {"task_id", task_id}};
}

}  // namespace

void ClusterWorld::act(Agent& agent) {
  if (!agent.socket) return connect(agent, dice_.pick(nodes_.size()));
  if (!agent.is_sent) return ask(agent);
}

void ClusterWorld::connect(Agent& agent, std::size_t hub) {
  Node& node = nodes_[hub];
  if (!node.log || !node.attendance->is_serving()) return;
  note(agent.name + " connects to hub " + std::to_string(hub));
  agent.hub = hub;
  agent.socket = std::make_shared<Socket>(*this, agent);
  agent.session = std::make_shared<hub::Session>(agent.socket);
  node.engine->open(agent.session, here(node));
  agent.is_sent = false;
}

void ClusterWorld::disconnect(Agent& agent) {
  if (!agent.socket) return;
  note(agent.name + " is gone");
  agent.socket->hang_up();
  agent.socket.reset();
  agent.is_sent = false;
  Node& node = nodes_[agent.hub];
  if (const auto session = std::exchange(agent.session, nullptr)) {
    node.engine->closed(session, core::Parting::lost, here(node));
  }
}

void ClusterWorld::ask(Agent& agent) {
  if (agent.request.empty()) {
    agent.request = request_of(agent);
  } else if (agent.asked_at != agent.hub) {
    ++sightings_.moved;
  }
  note(agent.name + " asks " + agent.request);
  agent.is_sent = true;
  agent.is_refused = false;
  agent.asked_at = agent.hub;
  Node& node = nodes_[agent.hub];
  node.engine->frame(agent.session, hub::hear(agent.request), agent.request.size(), here(node));
}

void ClusterWorld::hear(const net::SharedFrame& frame, Agent& agent) {
  if (frame->payload().find("\"read_only\"") != std::string_view::npos) agent.is_refused = true;
}

void ClusterWorld::answered(Agent& agent) {
  if (!agent.session->is_open) return;
  if (!agent.is_sent) return object(agent.name + " was answered twice");
  agent.is_sent = false;
  if (agent.is_refused) return disconnect(agent);
  ++sightings_.answered;
  const Json request = Json::parse(agent.request);
  if (request["type"] == "chat") acknowledged_.insert(request["payload"]);
  agent.request.clear();
}

std::string ClusterWorld::request_of(const Agent& agent) {
  const std::string key = "key-" + std::to_string(++last_key_);
  const std::string task_id = "T" + std::to_string(dice_.pick(8));
  Json request;
  switch (dice_.pick(14)) {
    case 0:
    case 1:
      request = about("release", task_id);
      break;
    case 2:
      request = about("renew", task_id);
      break;
    case 3:
      request = about("handoff", task_id);
      request["to_agent"] = agents_[dice_.pick(agents_.size())].name;
      break;
    case 4:
      request = about("ledger_task", task_id);
      request["title"] = "by " + agent.name;
      break;
    case 5:
      request = {{"type", "state_request"}};
      break;
    case 6:
    case 7:
      request = {{"type", "chat"}, {"payload", "hello " + key}};
      if (dice_.one_in(2)) request["target"] = agents_[dice_.pick(agents_.size())].name;
      break;
    case 8:
      request = {{"type", "seen"}, {"through", last_key_ / 8}};
      break;
    default:
      request = about("claim", task_id);
      request["worktree"] = dice_.one_in(2) ? "one" : "two";
      for (std::size_t i = 0; i <= dice_.pick(3); ++i) request["paths"].push_back(crowd_.path());
      if (dice_.one_in(3)) request["wait"] = true;
      if (dice_.one_in(2)) request["ttl_seconds"] = 30 + 15 * dice_.pick(4);
  }
  request["sender"] = agent.name;
  if (agent.attaches) {
    request["attach"] = true;
    request["instance"] = agent.name;
  } else {
    request["takeover"] = true;
  }
  request["idem_key"] = key;
  if (dice_.one_in(4)) request["interest"] = {{"types", {"chat"}}, {"receipts", true}};
  return request.dump();
}

}  // namespace synapse::sim
