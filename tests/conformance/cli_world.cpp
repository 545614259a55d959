// SPDX-License-Identifier: AGPL-3.0-or-later
#include "conformance/cli_world.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "conformance/text.hpp"
#include "support/loopback.hpp"

namespace synapse::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// Who asks when the case has no agent on the hub.
constexpr const char* observer = "conformance-observer";

}  // namespace

CliWorld::CliWorld() : port_(free_port()), environment_(clean_environment()) {
  const fs::path program = fs::absolute(program_under_test());
  fs::create_symlink(program, bin_ / "synapse");
  // `syn` is a program beside synapse, or synapse under another name.
  const fs::path syn = program.parent_path() / "syn";
  fs::create_symlink(fs::exists(syn) ? syn : program, bin_ / "syn");
  environment_["HOME"] = home_.path().string();
  environment_["PATH"] = bin_.path().string() + ":" + environment_["PATH"];
  environment_["GIT_CONFIG_GLOBAL"] = (home_ / ".gitconfig").string();
}

std::string CliWorld::filled(std::string text) const {
  replace_all(text, "<dir>", home_.path().string());
  replace_all(text, "<uri>", "ws://127.0.0.1:" + std::to_string(port_));
  replace_all(text, "<port>", std::to_string(port_));
  replace_all(text, "<bin>", bin_.path().string());
  return text;
}

json CliWorld::filled(json value) const {
  if (value.is_structured()) {
    for (json& member : value) member = filled(member);
  } else if (value.is_string()) {
    value = filled(value.get<std::string>());
  }
  return value;
}

Command CliWorld::command(std::vector<std::string> words, const Environment& environment) const {
  Command made{std::move(words), environment_, home_.path().string()};
  for (std::string& word : made.words) word = filled(std::move(word));
  for (const auto& [name, value] : environment) made.environment[name] = filled(value);
  return made;
}

void CliWorld::start_hub(const std::vector<std::string>& arguments) {
  HubOptions options;
  for (const std::string& argument : arguments) options.arguments.push_back(filled(argument));
  options.environment = environment_;
  options.folder = home_.path().string();
  options.port = port_;
  hub_.emplace(std::move(options));
}

void CliWorld::kill_hub() { hub_.value().stop(SIGKILL); }

void CliWorld::send_as(const std::string& agent, const json& frames) {
  std::unique_ptr<WsPeer>& peer = agents_[agent];
  if (!peer) {
    peer = std::make_unique<WsPeer>(port_);
    peer->send_json({{"sender", agent}, {"type", "heartbeat"}});
  }
  for (const json& fields : frames) {
    json frame = {{"sender", agent}, {"target", "all"}, {"payload", ""}};
    frame.update(fields);
    peer->send_json(frame);
  }
  static_cast<void>(barrier(agent, *peer));
}

void CliWorld::leave(const std::string& agent) {
  agents_.at(agent)->close();
  agents_.erase(agent);
  if (!eventually(patience, [&] { return !is_online(agent); })) {
    throw std::runtime_error(agent + " left but is still online");
  }
}

bool CliWorld::is_online(std::string_view name) {
  const json online = ask_who_is_online();
  return std::find(online.begin(), online.end(), name) != online.end();
}

const std::vector<json>& CliWorld::heard() {
  for (auto& [name, peer] : agents_) {
    if (!peer->ended()) peer->pump();
    while (peer->waiting() > 0) heard_.push_back(json::parse(*peer->receive()));
  }
  return heard_;
}

json CliWorld::ask_who_is_online() {
  for (auto& [name, peer] : agents_) {
    if (!peer->ended()) return barrier(name, *peer);
  }
  WsPeer passing(port_);
  json online = barrier(observer, passing);
  passing.close();
  return online;
}

// One request and its answer: the hub has dealt with all that the agent sent before.
json CliWorld::barrier(const std::string& name, WsPeer& peer) {
  peer.send_json({{"sender", name}, {"type", "who_request"}});
  while (const std::optional<std::string> message = peer.receive()) {
    json frame = json::parse(*message);
    if (frame.value("type", "") == "who_snapshot") return frame.at("online_agents");
    if (name != observer) heard_.push_back(std::move(frame));
  }
  throw std::runtime_error("the hub doesn't answer agent " + name);
}

}  // namespace synapse::test
