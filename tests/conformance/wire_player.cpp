// SPDX-License-Identifier: AGPL-3.0-or-later
#include "conformance/wire_player.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "conformance/match.hpp"
#include "conformance/text.hpp"
#include "conformance/wire_evidence.hpp"

namespace synapse::test {
namespace {

using nlohmann::json;

// An answer takes the hub milliseconds. Only a step that will fail waits this long.
constexpr std::chrono::milliseconds answer_wait{5000};
constexpr std::chrono::milliseconds no_barrier_wait{200};
constexpr int differing_steps_max = 2;

// Recorded text stands for bytes where the action says `binary`: one character a byte.
std::string bytes_of(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80 || i + 1 == text.size()) {
      bytes.push_back(text[i]);
    } else {
      const auto rest = static_cast<unsigned char>(text[++i]);
      bytes.push_back(static_cast<char>(((lead & 0x03U) << 6U) | (rest & 0x3fU)));
    }
  }
  return bytes;
}

HubOptions options_of(const json& recording, const TempDir& folder, const std::string& cluster) {
  HubOptions options;
  for (std::string argument : recording.at("hub_args")) {
    replace_all(argument, "{dir}", folder.path().string());
    options.arguments.push_back(std::move(argument));
  }
  options.folder = folder.path().string();
  if (cluster.empty()) return options;
  options.arguments.insert(options.arguments.end(), {"--cluster", cluster});
  const auto& given = options.arguments;
  if (std::find(given.begin(), given.end(), "--db") == given.end()) {
    options.arguments.insert(options.arguments.end(), {"--db", folder / "cluster.db"});
  }
  return options;
}

json types_of(const std::vector<json>& frames) {
  json types = json::array();
  for (const json& frame : frames) types.push_back(frame.value("type", "?"));
  return types;
}

}  // namespace

WirePlayer::WirePlayer(json recording, const std::string& cluster)
    : recording_(std::move(recording)), hub_(options_of(recording_, folder_, cluster)) {}

std::vector<std::string> WirePlayer::play() {
  play_steps();
  step_ = "after the last step: ";
  for (Socket& open : sockets_) open.peer->close();
  report(differences(0, hub_.stop(SIGTERM).as_number(), "exit"));
  if (!wrong_.empty()) wrong_.push_back("the hub's stderr: " + hub_.process().err());
  return wrong_;
}

void WirePlayer::play_steps() {
  int differing = 0;
  int number = 0;
  for (const json& step : recording_.at("steps")) {
    step_ = "step " + std::to_string(number++) + " " + shown(step.at("action")) + ": ";
    const std::size_t before = wrong_.size();
    try {
      const Evidence got = act(step);
      settle(step);
      compare_evidence(step, got);
      compare_received(step);
    } catch (const std::exception& error) {
      report({error.what()});
      return;
    }
    if (wrong_.size() > before && ++differing == differing_steps_max) return;
  }
}

WirePlayer::Evidence WirePlayer::act(const json& step) {
  using Action = Evidence (WirePlayer::*)(const json&);
  static constexpr std::array<std::pair<const char*, Action>, 9> actions{{
      {"connect", &WirePlayer::connect},
      {"send", &WirePlayer::send},
      {"raw", &WirePlayer::send_raw},
      {"close", &WirePlayer::close},
      {"sleep", &WirePlayer::pass_time},
      {"restart", &WirePlayer::restart},
      {"http", &WirePlayer::get},
      {"file", &WirePlayer::read_relay_log},
      {"events", &WirePlayer::read_event_log},
  }};
  for (const auto& [key, action] : actions) {
    if (step.at("action").contains(key)) return (this->*action)(step);
  }
  throw std::runtime_error("an action that the player doesn't know");
}

WirePlayer::Evidence WirePlayer::connect(const json& step) {
  Socket made;
  made.name = made.sender = step.at("action").at("connect");
  for (const Socket& open : sockets_) {
    if (open.name == made.name) throw std::runtime_error("the recording connects it twice");
  }
  made.peer = std::make_unique<WsPeer>(hub_.port());
  sockets_.push_back(std::move(made));
  return {};
}

WirePlayer::Evidence WirePlayer::send(const json& step) {
  const json& action = step.at("action");
  Socket& from = socket(action.at("send").get<std::string>());
  json frame = json::object();
  if (!action.contains("bare")) {
    frame = {{"sender", from.name}, {"target", "all"}, {"payload", ""}, {"timestamp", 1000.5}};
  }
  frame.update(with_saved(action.at("frame")));
  if (!from.bound && action.value("binds", true)) {
    const json sender = frame.value("sender", json(""));
    from.bound = true;
    from.sender = trimmed(sender.is_string() ? sender.get<std::string>() : sender.dump());
  }
  from.peer->send_json(frame);
  return {};
}

WirePlayer::Evidence WirePlayer::send_raw(const json& step) {
  const json& action = step.at("action");
  std::string text = action.at("text");
  if (action.contains("repeat")) {
    const std::string piece = action.at("repeat").at(0);
    std::string repeated;
    for (int n = action.at("repeat").at(1); n > 0; --n) repeated += piece;
    replace_all(text, "@", repeated);
  }
  WsPeer& peer = *socket(action.at("raw").get<std::string>()).peer;
  if (action.value("binary", false)) {
    peer.send_binary(bytes_of(text));
  } else {
    peer.send_text(text);
  }
  return {};
}

WirePlayer::Evidence WirePlayer::close(const json& step) {
  socket(step.at("action").at("close").get<std::string>()).peer->close();
  return {};
}

WirePlayer::Evidence WirePlayer::pass_time(const json& step) {
  const double seconds = step.at("action").at("sleep");
  listen_for(std::chrono::milliseconds(static_cast<long>(seconds * 1000)));
  return {};
}

WirePlayer::Evidence WirePlayer::restart(const json& step) {
  for (Socket& open : sockets_) open.peer->close();
  sockets_.clear();
  hub_id_.clear();
  const bool kill = step.at("action").at("restart") == "kill";
  const int exit = hub_.stop(kill ? SIGKILL : SIGTERM).as_number();
  hub_.start();
  return {{"exit", exit}};
}

WirePlayer::Evidence WirePlayer::get(const json& step) {
  const json& action = step.at("action");
  return http_evidence(hub_.port(), action.at("http").get<std::string>(),
                       action.value("headers", HttpHeaders{}));
}

WirePlayer::Evidence WirePlayer::read_relay_log(const json& step) {
  return relay_log_evidence(folder_ / step.at("action").at("file").get<std::string>(),
                            step.at("lines").size());
}

WirePlayer::Evidence WirePlayer::read_event_log(const json& step) {
  return event_log_evidence(folder_ / step.at("action").at("events").get<std::string>());
}

void WirePlayer::settle(const json& step) {
  const Deadline deadline(answer_wait);
  while (!has_all(step.value("received", json::object())) && pump_any(deadline)) {
  }
  if (recording_.value("no_barrier", false)) {
    listen_for(no_barrier_wait);
  } else {
    const json& action = step.at("action");
    const std::string acting = action.value("send", action.value("raw", ""));
    for (Socket& each : sockets_) {
      if (each.name == acting) barrier(each);
    }
    for (Socket& each : sockets_) {
      if (each.name != acting) barrier(each);
    }
  }
  for (Socket& each : sockets_) {
    if (!each.peer->ended()) each.peer->pump();
    take(each);
  }
  save_values(step.at("action").value("save", json::object()));
}

void WirePlayer::barrier(Socket& asked) {
  WsPeer& peer = *asked.peer;
  if (peer.ended()) return;
  if (!asked.bound) {
    if (!peer.ping(answer_wait) && !peer.ended()) {
      throw std::runtime_error(asked.name + ": no pong");
    }
    return;
  }
  peer.pump();
  take(asked);
  peer.send_json({{"sender", asked.sender}, {"type", "who_request"}, {"payload", "barrier"}});
  const Deadline deadline(answer_wait);
  while (const std::optional<std::string> message = peer.receive(deadline)) {
    json frame = json::parse(*message);
    if (frame.value("type", "") == "who_snapshot") return;
    asked.fresh.push_back(std::move(frame));
  }
  if (!peer.ended()) throw std::runtime_error(asked.name + ": no answer to a who_request");
}

bool WirePlayer::has_all(const json& expected) {
  for (const auto& [name, entry] : expected.items()) {
    const WsPeer& peer = *socket(name).peer;
    if (peer.waiting() < entry.value("frames", json::array()).size()) return false;
    if (entry.contains("closed") && !peer.ended()) return false;
  }
  return true;
}

// All sockets, not only those that something is expected of: a socket that the hub closes has to
// answer before the others are told.
bool WirePlayer::pump_any(const Deadline& deadline) {
  std::vector<pollfd> open;
  for (const Socket& each : sockets_) {
    if (!each.peer->ended()) open.push_back({each.peer->descriptor(), POLLIN, 0});
  }
  if (poll(open.data(), open.size(), deadline.poll_ms()) <= 0) return false;
  for (Socket& each : sockets_) {
    if (!each.peer->ended()) each.peer->pump();
  }
  return true;
}

void WirePlayer::listen_for(const Deadline& deadline) {
  while (pump_any(deadline) || !deadline.passed()) {
  }
}

void WirePlayer::take(Socket& from) {
  while (from.peer->waiting() > 0) from.fresh.push_back(json::parse(*from.peer->receive()));
}

// `save` names values of the frames just received, by dotted path, for later actions.
void WirePlayer::save_values(const json& names) {
  for (const auto& [name, path] : names.items()) {
    std::string pointer = "/" + path.get<std::string>();
    replace_all(pointer, ".", "/");
    for (const Socket& each : sockets_) {
      for (const json& frame : each.fresh) {
        const json value = frame.value(json::json_pointer(pointer), json());
        if (!value.is_null()) saved_[name] = value;
      }
    }
  }
}

json WirePlayer::with_saved(json value) const {
  if (value.is_structured()) {
    for (json& member : value) member = with_saved(member);
  } else if (value.is_string() && value.get_ref<const std::string&>().starts_with('$')) {
    return saved_.at(value.get<std::string>().substr(1));
  }
  return value;
}

void WirePlayer::compare_evidence(const json& step, const Evidence& got) {
  for (const auto& [key, want] : step.items()) {
    if (key == "action" || key == "received") continue;
    const json there = got.value(key, json());
    const bool may_grow = key == "keys" || key == "samples";
    report(may_grow ? missing_members(want, there, key) : differences(want, there, key));
  }
}

void WirePlayer::compare_received(const json& step) {
  const json expected = step.value("received", json::object());
  for (Socket& each : sockets_) {
    const json entry = expected.value(each.name, json::object());
    const json want = entry.value("frames", json::array());
    if (want.size() != each.fresh.size()) {
      report({each.name + ".frames: want types " + shown(types_of(want)) + ", got " +
              shown(types_of(each.fresh)) + ": " + shown(each.fresh)});
    } else {
      report(differences(want, each.fresh, each.name + ".frames"));
    }
    const bool ends_now = each.peer->ended() && !each.end_told;
    report(differences(entry.value("closed", json()),
                       ends_now ? json(each.peer->close_code()) : json(), each.name + ".closed"));
    each.end_told = each.peer->ended();
    compare_hub_id(each);
    each.fresh.clear();
  }
}

// A recording can't say which id a hub draws, only that its welcomes carry the same one and that no
// frame carries another hub's. A remembered answer may carry the one from before a restart.
void WirePlayer::compare_hub_id(const Socket& of) {
  for (const json& frame : of.fresh) {
    const std::string id = frame.value("hub_id", "");
    if (hub_ids_.empty() || (hub_id_.empty() && frame.value("type", "") == "welcome")) {
      hub_ids_.insert(hub_id_ = id);
    }
    const bool known = frame.value("type", "") == "welcome" ? id == hub_id_ : hub_ids_.contains(id);
    if (!known) report({of.name + ".hub_id: want " + hub_id_ + ", got " + shown(frame)});
  }
}

void WirePlayer::report(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) wrong_.push_back(step_ + line);
}

WirePlayer::Socket& WirePlayer::socket(std::string_view name) {
  for (Socket& each : sockets_) {
    if (each.name == name) return each;
  }
  throw std::runtime_error("the recording names a socket that isn't connected: " +
                           std::string(name));
}

}  // namespace synapse::test
