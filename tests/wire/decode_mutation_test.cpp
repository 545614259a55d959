// SPDX-License-Identifier: AGPL-3.0-or-later
// Frames with random harm done to them: each is decoded or refused, and nothing else happens.
#include <nlohmann/json.hpp>
#include <random>

#include "decoded.hpp"
#include "support/same.hpp"
#include "support/seed.hpp"

using namespace synapse;
using namespace synapse::test;

namespace {

const std::vector<std::string> seeds{
    R"({"sender":"A","target":"all","type":"chat","payload":"h\u00e9llo \"x\"","timestamp":1.5e9})",
    R"({"sender":"A","type":"claim","task_id":"T","paths":["a/**","b"],"ttl_seconds":"60",)"
    R"("git":{"branch":"b","auto_release_on":null},"wait":true,"idem_key":"k"})",
    R"({"sender":"A","type":"task_update","id":42,"status":"done","epoch":1,)"
    R"("expected_version":0.0})",
    R"({"sender":"A","type":"resource","kind":"k","name":["n"],"capacity":-1e10,)"
    R"("meta":{"a":[{}]}})",
    R"({"sender":"A","type":"ledger_task","task_id":"T","title":"t","depends_on":["U",null,1]})",
    R"({"sender":"A","type":"finding","statement":"s","provenance":{"ts":1},"validity":{},)"
    R"("entities":["e"],"verified_at_source":{"checked_this_session":true}})",
    R"({"sender":"A","type":"history_request","limit":"10","max_bytes":99999,"token":"t"})",
    R"({"sender":"A","type":"heartbeat","interest":{"types":["chat"],"chat":"none"}})",
    R"({"sender":"A","target":"System","type":"claim","task_id":"T","paths":["a/**","b"],)"
    R"("ttl_seconds":60,"wait":true,"idem_key":"k","worktree":"/w","note":"ü"})",
    R"({"sender": "A", "type": "release", "task_id": "T", "epoch": 7, "timestamp": 1.25, )"
    R"("x": null})",
    R"({"sender":"A","type":"got","msg_ids":[],"through":12,"observe":false,"idem_key":"k"})",
};

// What is put in: the bytes and words that parsers fall over.
const std::vector<std::string> pieces{"\"",
                                      "\\",
                                      "{",
                                      "}",
                                      "[",
                                      "]",
                                      ":",
                                      ",",
                                      std::string(1, '\0'),
                                      "\\u",
                                      "\xff",
                                      "\xc3",
                                      "\xed\xa0\x80",
                                      "1e999",
                                      "-0",
                                      "NaN",
                                      "18446744073709551616",
                                      "null",
                                      "true",
                                      "\\ud800",
                                      "[[[[[[[[",
                                      "]]]]]]]]",
                                      "\n",
                                      "\"a\":",
                                      "\"type\":\"claim\","};

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::string next() {
    std::string frame = seeds[below(seeds.size())];
    const std::size_t changes = 1 + below(6);
    for (std::size_t i = 0; i < changes; ++i) change(frame);
    return frame;
  }

 private:
  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }

  void change(std::string& frame) {
    if (frame.empty()) frame = "{}";
    const std::size_t at = below(frame.size());
    const std::size_t length = 1 + below(8);
    switch (below(5)) {
      case 0:
        frame[at] = static_cast<char>(below(256));
        break;
      case 1:
        frame.erase(at, length);
        break;
      case 2:
        frame.insert(at, pieces[below(pieces.size())]);
        break;
      case 3:
        frame.replace(at, length, pieces[below(pieces.size())]);
        break;
      default:
        frame.insert(below(frame.size()), frame.substr(at, 4 * length));
    }
  }

  std::mt19937_64 random_;
};

// What holds of every frame that was accepted.
void check_bounds(const wire::Inbound& inbound) {
  REQUIRE(inbound.sender.text.size() <= wire::name_bytes_max);
  REQUIRE(inbound.idem_key.size() <= wire::name_bytes_max);
  REQUIRE(inbound.digest.empty() == inbound.idem_key.empty());
  const auto* command = std::get_if<core::Command>(&inbound.body);
  if (command == nullptr) return;
  if (const auto* chat = std::get_if<core::PostChat>(command)) {
    const auto body = nlohmann::json::parse(chat->body, nullptr, false);
    REQUIRE(body.is_object());
    REQUIRE_FALSE(body.contains("token"));
  }
  if (const auto* claim = std::get_if<core::ClaimTask>(command)) {
    REQUIRE(claim->task_id.text.size() <= wire::name_bytes_max);
  }
}

}  // namespace

TEST_CASE("numbers that have no one spelling are what the tree makes of them", "[wire][decode]") {
  for (const char* number : {"01", "-0", "-01", "00", "-", "1.", ".5", "1.50", "1.5", "-0.0", "1e2",
                             "999999999999999999", "-999999999999999999", "9999999999999999999"}) {
    const std::string frame = R"({"sender":"A","type":"renew","task_id":"T","idem_key":"k",)"
                              R"("epoch":)" +
                              std::string(number) + R"(,"ttl_seconds":)" + number + "}";
    INFO(frame);
    const Result<wire::Inbound> inbound = wire::decode(frame);
    const Result<wire::Inbound> by_tree = wire::decode_tree(frame);
    REQUIRE(inbound.has_value() == by_tree.has_value());
    CHECK((!inbound || same(*inbound, *by_tree)));
  }
}

TEST_CASE("a harmed frame is decoded as its tree says or refused, and decoding it throws nothing",
          "[wire][decode][random]") {
  const std::uint64_t seed = first_seed();
  INFO("seed " << seed);
  Mutator mutator(seed);
  std::size_t accepted = 0;
  constexpr std::size_t rounds = 30'000;
  for (std::size_t i = 0; i < rounds; ++i) {
    const std::string frame = mutator.next();
    INFO("round " << i << ": " << frame);
    try {
      const Result<wire::Inbound> inbound = wire::decode(frame);
      const Result<wire::Inbound> by_tree = wire::decode_tree(frame);
      REQUIRE(inbound.has_value() == by_tree.has_value());
      if (inbound) {
        REQUIRE(same(*inbound, *by_tree));
        ++accepted;
        check_bounds(*inbound);
      } else {
        REQUIRE_FALSE(inbound.error().message.empty());
        REQUIRE(inbound.error().message == by_tree.error().message);
      }
    } catch (const std::exception& thrown) {
      FAIL(thrown.what());
    }
  }
  // The harm is such that both happen.
  CHECK(accepted > rounds / 100);
  CHECK(accepted < rounds);
}
