// SPDX-License-Identifier: AGPL-3.0-or-later
// agent NAME PARTNER: an agent on the bare protocol (docs/protocol.md), with nothing but
// Boost.Beast and nlohmann-json. It claims its files, tells PARTNER so, and works until it is told
// 'stop'. A hub that is killed meanwhile loses nothing: the agent comes back, asks for what it has
// missed, and sends again, by its key, each request that had no answer. synapse::Agent does all of
// this, and more.
#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace {
using boost::asio::ip::tcp;
using Json = nlohmann::json;
using Socket = boost::beast::websocket::stream<tcp::socket>;

std::string name, partner;
std::map<std::string, Json> unanswered;  // Requests that change something, by type.
std::set<std::int64_t> heard;            // Numbers of the messages that were shown.
bool begun = false;
std::int64_t last = 0;             // The last message that was sent to this agent.
std::random_device random_number;  // Names this process to the hub, and each request.
const std::string instance = std::to_string(random_number()) + std::to_string(random_number());

void send(Socket& socket, const std::string& type, Json fields = Json::object()) {
  fields.update({{"sender", name}, {"type", type}});
  socket.write(boost::asio::buffer(fields.dump()));
}

void ask(Socket& socket, const std::string& type, Json fields) {
  fields["idem_key"] = type + std::to_string(random_number()) + instance;
  unanswered[type] = fields;
  send(socket, type, std::move(fields));
}

void say(const Json& id, const Json& agent, const Json& state) {
  std::cout << '#' << id << ' ' << agent.get<std::string>() << ": " << state.get<std::string>()
            << std::endl;
}

void joined(Socket& socket) {
  std::cout << "connected" << std::endl;
  for (const auto& [type, fields] : unanswered) send(socket, type, fields);
  send(socket, "resume_request", {{"since", last}});
  send(socket, "inbox_request");
  if (std::exchange(begun, true)) return;
  ask(socket, "claim", {{"task_id", name}, {"worktree", "demo"}, {"paths", {name + "/**"}}});
  ask(socket, "chat", {{"target", partner}, {"payload", "I have begun"}, {"receipt", true}});
}

void show(Socket& socket, const Json& message) {
  const auto id = message.at("msg_id").get<std::int64_t>();
  last = std::max(last, id);
  const std::string target = message.at("target");
  if (target != name && target != name.substr(0, name.find('/')) && target != "all") return;
  if (message.at("sender") == name || !heard.insert(id).second) return;
  const std::string text = message.value("payload", "");
  std::cout << message.at("sender").get<std::string>() << ": " << text << std::endl;
  send(socket, "seen", {{"msg_ids", {id}}});
  if (text == "stop") ask(socket, "release", {{"task_id", name}});
}

// Returns whether this was the end.
bool take(Socket& socket, const Json& frame) {
  const std::string type = frame.at("type");
  for (const char* asked : {"claim", "release"}) {
    if (type.starts_with(std::string(asked) + "_")) unanswered.erase(asked);
  }
  if (type == "who_snapshot") joined(socket);
  if (type == "claim_granted") {
    std::cout << "claimed " << name << ", epoch " << frame.at("epoch") << std::endl;
  }
  if (type == "chat_accepted") {
    unanswered.erase("chat");
    for (const Json& one : frame.at("recipients")) {
      say(frame.at("msg_id"), one["agent"], one["state"]);
    }
  }
  if (type == "receipt") say(frame.at("msg_id"), frame.at("agent"), frame.at("state"));
  if (type == "chat" && frame.at("sender") != name) send(socket, "inbox_request");
  if (type == "inbox_snapshot" || type == "resume_snapshot") {
    for (const Json& message : frame.at("messages")) show(socket, message);
  }
  return type == "release_granted";
}

// Until the end, or an exception: the connection is lost.
void serve(const std::string& host, const std::string& port) {
  boost::asio::io_context io;
  Socket socket(io);
  boost::asio::connect(socket.next_layer(), tcp::resolver(io).resolve(host, port));
  socket.handshake(host + ":" + port, "/");
  const char* token = std::getenv("SYNAPSE_TOKEN");
  send(socket, "who_request",
       {{"token", token != nullptr ? token : ""},
        {"attach", true},
        {"kind", "agent"},
        {"instance", instance},
        {"interest", {{"chat", "addressed"}, {"receipts", true}}}});
  for (bool is_over = false; !is_over;) {  // Reading answers the hub's pings, too.
    boost::beast::flat_buffer buffer;
    socket.read(buffer);
    is_over = take(socket, Json::parse(boost::beast::buffers_to_string(buffer.data())));
  }
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  name = argv[1];
  partner = argv[2];
  const char* set = std::getenv("SYNAPSE_URI");
  const std::string uri = set != nullptr ? set : "ws://localhost:8876";
  const std::string place = uri.substr(uri.find("//") + 2);
  const std::size_t colon = place.rfind(':');
  constexpr std::chrono::milliseconds longest(30'000);
  for (std::chrono::milliseconds pause(100);; pause = std::min(2 * pause, longest)) {
    try {
      serve(place.substr(0, colon), place.substr(colon + 1));
      return 0;
    } catch (const boost::system::system_error& lost) {
      std::cerr << "lost the hub: " << lost.code().message() << std::endl;
    }
    std::this_thread::sleep_for(pause * (50 + random_number() % 100) / 100);
  }
}
