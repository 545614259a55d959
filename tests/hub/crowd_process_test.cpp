// SPDX-License-Identifier: AGPL-3.0-or-later
// One slow reader among many: nobody waits for it, and it is not waited for for ever.
#include <charconv>
#include <csignal>
#include <memory>
#include <stdexcept>

#include "support/catch.hpp"
#include "support/hub_process.hpp"
#include "support/ws_peer.hpp"

namespace synapse::test {

namespace {

constexpr std::size_t readers_count = 63;
constexpr std::uint64_t burst = 32;
constexpr std::size_t message_bytes = 8'000;
constexpr std::uint64_t messages_max = 8'000;  // 64 MB: more than kernel and outbox hold.

// A number in a frame, without parsing the rest: there are very many of them.
std::uint64_t number_after(const std::string& frame, std::string_view key) {
  const std::size_t at = frame.find(key);
  if (at == std::string::npos) return 0;
  std::uint64_t number = 0;
  std::from_chars(frame.data() + at + key.size(), frame.data() + frame.size(), number);
  return number;
}

// Someone who keeps up, and sees to it that nothing is missing or out of order.
class Reader {
 public:
  // It is in before anything that is said after this.
  Reader(std::uint16_t port, const std::string& name) : peer_(port) {
    peer_.send_json({{"sender", name}, {"type", "heartbeat"}});
    REQUIRE(peer_.ping());
  }

  void say(const nlohmann::json& frame) { peer_.send_json(frame); }
  void say_together(const std::vector<std::string>& frames) { peer_.send_together(frames); }

  // Reads until it has that message.
  void read_up_to(std::uint64_t id) {
    while (last_id_ < id) {
      const std::optional<std::string> frame = peer_.receive();
      REQUIRE(frame);
      take(*frame);
    }
  }
  // Whether it has heard by now that this agent left.
  bool heard_leave(const std::string& agent) {
    peer_.pump();
    while (peer_.waiting() > 0) take(*peer_.receive());
    return left_ == agent;
  }
  [[nodiscard]] std::uint64_t last_id() const { return last_id_; }

 private:
  void take(const std::string& text) {
    const std::uint64_t id = number_after(text, "\"msg_id\":");
    if (id != 0) {
      REQUIRE(id == last_id_ + 1);
      last_id_ = id;
      return;
    }
    const nlohmann::json frame = nlohmann::json::parse(text);
    if (frame.value("event", "") == "left") left_ = frame.at("agent");
  }

  WsPeer peer_;
  std::uint64_t last_id_ = 0;
  std::string left_;
};

// A figure of the hub's metrics.
std::uint64_t figure(const HubProcess& hub, const std::string& name) {
  const std::string text = http_get(hub.port(), "/metrics", {{"Accept", "*/*"}}).body;
  return number_after(text, "\n" + name + " ");
}

}  // namespace

TEST_CASE("chats that arrive together reach each socket in few writes", "[hub][crowd]") {
  HubOptions options;
  options.arguments = {"--metrics"};
  HubProcess hub(options);
  std::vector<std::unique_ptr<Reader>> readers;
  for (std::size_t i = 0; i < readers_count; ++i) {
    readers.push_back(std::make_unique<Reader>(hub.port(), "r" + std::to_string(i)));
  }
  readers.back()->say({{"payload", "all here"}});
  for (auto& reader : readers) reader->read_up_to(1);
  const std::uint64_t frames = figure(hub, "synapse_frames_out_total");
  const std::uint64_t writes = figure(hub, "synapse_flushes_total");
  REQUIRE(writes > 0);
  constexpr std::uint64_t rounds = 8;
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    readers[0]->say_together(std::vector<std::string>(burst, R"({"payload":"x"})"));
    for (auto& reader : readers) reader->read_up_to(1 + round * burst);
  }
  const std::uint64_t told = figure(hub, "synapse_frames_out_total") - frames;
  CHECK(told == rounds * burst * readers_count);
  // One each, and their answers, would be as many as were told.
  CHECK(told >= 4 * (figure(hub, "synapse_flushes_total") - writes));
}

TEST_CASE("a client that never reads is dropped, and the others get every message in order",
          "[hub][crowd]") {
  HubOptions options;
  options.arguments = {"--outbox-kb", "1024", "--metrics"};
  HubProcess hub(options);
  std::vector<std::unique_ptr<Reader>> readers;
  for (std::size_t i = 0; i < readers_count; ++i) {
    readers.push_back(std::make_unique<Reader>(hub.port(), "r" + std::to_string(i)));
  }
  WsOptions tiny;
  tiny.receive_buffer_bytes = 1024;
  WsPeer slow(hub.port(), tiny);
  slow.send_json({{"sender", "slow"}, {"type", "heartbeat"}});
  REQUIRE(slow.ping());

  const std::string payload(message_bytes, 'x');
  std::uint64_t sent = 0;
  while (sent < messages_max && !readers[0]->heard_leave("slow")) {
    for (std::uint64_t i = 0; i < burst; ++i) readers[0]->say({{"payload", payload}});
    sent += burst;
    for (auto& reader : readers) reader->read_up_to(sent);
  }
  INFO("after " << sent << " messages");
  REQUIRE(readers[0]->heard_leave("slow"));
  CHECK(figure(hub, "synapse_slow_readers_total") == 1);

  // The name is free, and life goes on for all.
  Reader heir(hub.port(), "slow");
  heir.say({{"type", "chat"}, {"payload", "I read"}});
  for (auto& reader : readers) {
    reader->read_up_to(sent + 1);
    CHECK(reader->last_id() == sent + 1);
  }
  // It is told why if it reads after all, or finds itself cut off, inside a frame even. A window as
  // small as its own can make that take long; what matters has been seen.
  try {
    const Deadline bound(std::chrono::seconds(5));
    while (!bound.passed() && slow.pump(bound)) {
    }
    if (slow.ended()) CHECK((slow.close_code() == 1013 || slow.close_code() == 1006));
  } catch (const std::runtime_error&) {
  }
}

TEST_CASE("a client that reads late but within the bound gets all that waited for it",
          "[hub][crowd]") {
  HubProcess hub;
  WsPeer late(hub.port());
  late.send_json({{"sender", "late"}, {"type", "heartbeat"}});
  REQUIRE(late.ping());
  Reader writer(hub.port(), "writer");
  const std::string payload(message_bytes, 'x');
  constexpr std::uint64_t count = 1000;
  for (std::uint64_t i = 0; i < count; ++i) writer.say({{"payload", payload}});
  writer.read_up_to(count);
  for (std::uint64_t id = 1; id <= count; ++id) {
    REQUIRE(late.receive_type("chat").at("msg_id") == id);
  }
  CHECK_FALSE(late.ended());
}

}  // namespace synapse::test
