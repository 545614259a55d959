// SPDX-License-Identifier: AGPL-3.0-or-later
// A chat as it goes in and comes out, and records that are the same in frames and in the log.
#include "wire/records.hpp"

#include <nlohmann/json.hpp>

#include "decoded.hpp"

using namespace synapse;
using namespace synapse::test;
using nlohmann::json;

namespace {

// What every reader gets of what a sender sent.
json passed_on(const std::string& frame) {
  const wire::Inbound inbound = decoded(frame);
  const auto& chat = std::get<core::PostChat>(std::get<core::Command>(inbound.body));
  return json::parse(wire::chat_frame(
      {MessageId{7}, inbound.sender, chat.target, chat.body, chat.timestamp.value_or(1), "syn-1"}));
}

template <class Record>
json record_json(const Record& record) {
  wire::JsonWriter out;
  write(out, record);
  return json::parse(out.text());
}

}  // namespace

TEST_CASE("a chat comes out as it went in, with the hub's stamps", "[wire][records]") {
  for (const char* frame :
       {R"({"sender":"A","payload":"p","target":"B","timestamp":12.5,"priority":true})",
        R"({"sender":"A","payload":{"deep":[1,-2.5,1e300,null,"\u0000\ud83d\ude00"]}})",
        R"({"":"blank key","a\"b":"quoted key","payload":18446744073709551615})",
        R"({"payload":"}"})", R"({"payload":{}})"}) {
    INFO(frame);
    json expected = json::parse(frame);
    if (!expected.contains("timestamp")) expected["timestamp"] = 1.0;
    expected["type"] = "chat";
    expected["hub_id"] = "syn-1";
    expected["msg_id"] = 7;
    CHECK(passed_on(frame) == expected);
  }
}

TEST_CASE("an empty chat has the hub's stamps alone", "[wire][records]") {
  CHECK(passed_on("{}") ==
        json{{"timestamp", 1.0}, {"type", "chat"}, {"hub_id", "syn-1"}, {"msg_id", 7}});
  CHECK(passed_on(R"({"token":"secret","takeover":true})").size() == 4);
}

TEST_CASE("no key of a chat frame is there twice", "[wire][records]") {
  const wire::Inbound inbound = decoded(
      R"({"type":"chat","msg_id":1,"hub_id":"x","timestamp":5,"payload":"p","sender":"A"})");
  const auto& chat = std::get<core::PostChat>(std::get<core::Command>(inbound.body));
  const std::string frame = wire::chat_frame(
      {MessageId{7}, inbound.sender, chat.target, chat.body, *chat.timestamp, "syn-1"});
  for (const char* key : {"\"type\":", "\"msg_id\":", "\"hub_id\":", "\"timestamp\":"}) {
    INFO(key);
    REQUIRE(frame.find(key) != std::string::npos);
    CHECK(frame.find(key) == frame.rfind(key));
  }
}

TEST_CASE("a recall record has all its fields", "[wire][records]") {
  CHECK(record_json(core::Recall{"q", {"a"}, true, false, AgentName("A"), 2}) ==
        json{{"query_text", "q"},
             {"returned_claim_ids", {"a"}},
             {"was_used", true},
             {"abstained", false},
             {"by", "A"},
             {"at", 2.0}});
}

TEST_CASE("a git context names its repository only if it is known", "[wire][records]") {
  CHECK(record_json(core::GitContext{"b", "main", "merge", ""}) ==
        json{{"branch", "b"}, {"base", "main"}, {"auto_release_on", "merge"}});
  CHECK(record_json(core::GitContext{"b", "main", "merge", "/r"})["repo"] == "/r");
}

TEST_CASE("a claim's scope and git context come back through a frame", "[wire][records]") {
  core::Lease lease;
  lease.task_id = TaskId("T");
  lease.git = core::GitContext{"b", "dev", "manual", "/r"};
  lease.coverage = core::Coverage::none;
  const json record = record_json(lease);
  const auto claim = command<core::ClaimTask>(
      "claim", "\"git\":" + record["git"].dump() + ",\"scope\":" + record["scope"].dump());
  CHECK(claim.git == lease.git);
  CHECK(claim.coverage == lease.coverage);
}
