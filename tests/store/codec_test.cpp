// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/event_codec.hpp"

#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "samples.hpp"
#include "support/result_text.hpp"
#include "support/seed.hpp"

using namespace synapse;
using namespace synapse::test;
using nlohmann::json;
using store::decode;
using store::encode;

namespace {

const store::DecodeContext context{moment(0), {}};

// The event of a record that must have one.
core::Event decoded(const std::string& kind, const std::string& payload) {
  const auto event = decode(kind, payload, context);
  INFO(kind << ' ' << payload);
  REQUIRE(event);
  REQUIRE(*event);
  return **event;
}

template <class T>
T decoded_as(const std::string& kind, const std::string& payload) {
  return std::get<T>(decoded(kind, payload));
}

std::string refused(const std::string& kind, const std::string& payload) {
  const auto event = decode(kind, payload, context);
  INFO(kind << ' ' << payload);
  REQUIRE_FALSE(event);
  CHECK(event.error().code == ErrorCode::corrupt);
  return event.error().message;
}

const json lease_json = json::parse(
    R"({"task_id":"T1","owner":"A","note":"n","claimed_at":5,"lease_expires_at":1700000060,
        "status":"working","data_ref":"","worktree":"","paths":["a"],"epoch":2,"version":1,
        "checkpoint":"","git":null})");

std::string lease_with(const char* key, const json& value) {
  json changed = lease_json;
  changed[key] = value;
  return changed.dump();
}

std::string without(json object, const char* key) {
  object.erase(key);
  return object.dump();
}

// What a record does to a machine, as text.
std::string effect(const core::Event& event) {
  core::Machine machine{core::Limits{}};
  machine.replay(event);
  return dump(machine);
}

}  // namespace

TEST_CASE("an event that went through the log does what it did before", "[store][codec]") {
  for (const core::Event& event : logged_events()) {
    if (std::holds_alternative<core::LeaseRenewed>(event)) continue;  // Less than an event.
    const auto entry = encode(event, 1700000000.5);
    INFO("event " << event.index());
    REQUIRE(entry);
    CHECK(entry->ts == 1700000000.5);
    CHECK(entry->durability == core::durability(event));
    const core::Event back = decoded(entry->kind, entry->payload);
    CHECK(effect(back) == effect(event));
    // And through the log a second time, to the same bytes.
    const auto again = encode(back, 1700000000.5);
    REQUIRE(again);
    CHECK(again->kind == entry->kind);
    CHECK(again->payload == entry->payload);
  }
}

TEST_CASE("only what the original doesn't know goes into the table of our own", "[store][codec]") {
  std::vector<std::string> ours;
  for (const core::Event& event : logged_events()) {
    const auto entry = encode(event, 1);
    if (entry->table == store::Table::synapse_events) ours.push_back(entry->kind);
  }
  CHECK(ours == std::vector<std::string>{"lease_renewed", "lease_expired", "plan_forgotten",
                                         "agent_seen", "unclaimed_write", "operator_acted"});
  CHECK(store::encode_whole(sample_lease(), 1).table == store::Table::events);
}

TEST_CASE("a renewal's record has what the renewal changed, and no more", "[store][codec]") {
  const auto entry = encode(core::LeaseRenewed{sample_lease()}, 1);
  CHECK(entry->payload == R"({"task_id":"T1","epoch":7,"lease_expires_at":1700003600.25})");
  CHECK(entry->durability == core::Durability::synced);
  const auto renewal = store::decode_renewal(entry->payload, context);
  REQUIRE(renewal);
  CHECK(renewal->task_id.text == "T1");
  CHECK(renewal->epoch.value == 7);
  CHECK(renewal->expires_at == 1700003600.25);
  CHECK(renewal->deadline == base::from_seconds(4600.25));
  for (const char* payload : {"", "[]", R"({"task_id":" ","epoch":7,"lease_expires_at":1})",
                              R"({"task_id":"T1","epoch":7})", "\xFF",
                              R"({"task_id":"T1","epoch":-7,"lease_expires_at":1})"}) {
    INFO(payload);
    CHECK_FALSE(store::decode_renewal(payload, context));
  }
}

TEST_CASE("an event that is not durable has no record", "[store][codec]") {
  for (const core::Event& event : unlogged_events()) {
    INFO("event " << event.index());
    CHECK_FALSE(encode(event, 1));
    CHECK(core::durability(event) == core::Durability::none);
  }
}

TEST_CASE("an offer whose meta the original can't read stands in our own table", "[store][codec]") {
  core::Offer offer{AgentName("A"), "k", "n", 1, {"[1]"}, 5, Mono(0)};
  const auto odd = encode(core::ResourceOffered{offer}, 1);
  CHECK(odd->table == store::Table::synapse_events);
  const auto read = store::decode(odd->kind, odd->payload, {moment(0), {}});
  REQUIRE(read);
  CHECK(std::get<core::ResourceOffered>(**read).offer.meta.text == "[1]");
  offer.meta.text = "{}";
  CHECK(encode(core::ResourceOffered{offer}, 1)->table == store::Table::events);
}

TEST_CASE("each kind of event has its word in the log", "[store][codec]") {
  std::vector<std::string> kinds;
  for (const core::Event& event : logged_events()) kinds.push_back(encode(event, 1)->kind);
  CHECK(kinds == std::vector<std::string>{"claim",           "claim",           "claim",
                                          "lease_renewed",   "task_update",     "checkpoint",
                                          "handoff",         "release",         "lease_expired",
                                          "ledger_task",     "ledger_task",     "plan_forgotten",
                                          "ledger_progress", "resource",        "chat",
                                          "finding",         "recall",          "idempotency",
                                          "agent_seen",      "unclaimed_write", "operator_acted"});
}

TEST_CASE("payloads are compact and hold what the page on the log says", "[store][codec]") {
  const core::Lease lease = sample_lease();
  CHECK(encode(core::LeaseReleased{TaskId("a\"b"), AgentName("A")}, 1)->payload ==
        R"({"task_id":"a\"b"})");
  CHECK(encode(core::LeaseExpired{TaskId("T"), AgentName("A"), Epoch{3}, "c"}, 1)->payload ==
        R"({"task_id":"T","owner":"A","epoch":3,"checkpoint":"c"})");
  const json handoff = json::parse(encode(core::LeaseHandedOff{lease, AgentName("Z")}, 1)->payload);
  CHECK(handoff["previous_owner"] == "Z");
  CHECK(handoff["owner"] == "proj/A");
  CHECK(handoff["scope"] == "none");
  const json answer = json::parse(
      encode(core::AnswerRemembered{"k", AgentName("A"), "claim", "d", R"({"n":1})"}, 1)->payload);
  CHECK(answer == json::parse(R"({"key":"k","response":{"n":1},"sender":"A","type":"claim",
                                  "digest":"d"})"));
}

TEST_CASE("deadlines count from the moment of the replay", "[store][codec]") {
  const auto lease = decoded_as<core::LeaseGranted>("claim", lease_json.dump()).lease;
  CHECK(lease.deadline == context.start.mono + std::chrono::seconds(60));
  const auto offer =
      decoded_as<core::ResourceOffered>(
          "resource", R"({"agent":"A","kind":"k","name":"n","offered_at":1699999800})")
          .offer;
  CHECK(offer.deadline == context.start.mono + std::chrono::seconds(100));
  CHECK(offer.capacity == 1);
  CHECK(offer.meta.text == "{}");
  // Far away, on both sides, is as far as the clock goes.
  CHECK(decoded_as<core::LeaseGranted>("claim", lease_with("lease_expires_at", 1e300))
            .lease.deadline > context.start.mono + std::chrono::hours(1'000'000));
  store::DecodeContext late = context;
  late.start.mono = Mono::max() - Mono(5);
  const auto saturated = decode("claim", lease_with("lease_expires_at", 1e300), late);
  CHECK(std::get<core::LeaseGranted>(**saturated).lease.deadline == Mono::max());
}

TEST_CASE("what the original leaves out or spells otherwise is no fault", "[store][codec]") {
  json bare = json::parse(R"({"task_id":"T","owner":"A","claimed_at":1,"lease_expires_at":2})");
  const core::Lease lease = decoded_as<core::TaskUpdated>("task_update", bare.dump()).lease;
  CHECK(lease.status == core::LeaseStatus::claimed);
  CHECK(lease.epoch.value == 0);
  CHECK(lease.coverage == core::Coverage::files);
  CHECK_FALSE(lease.git);
  bare["epoch"] = 3.0;
  bare["note"] = nullptr;
  bare["paths"] = nullptr;
  bare["git"] = "main";
  bare["status"] = "completed";  // A word of its early versions.
  const core::Lease odd = decoded_as<core::CheckpointSaved>("checkpoint", bare.dump()).lease;
  CHECK(odd.epoch.value == 3);
  CHECK(odd.status == core::LeaseStatus::claimed);
  const auto git = decoded_as<core::LeaseGranted>(
      "claim", lease_with("git", {{"branch", "f"}, {"base", ""}, {"auto_release_on", "never"}}));
  CHECK(git.lease.git == core::GitContext{"f", "main", "manual", ""});
  CHECK(decoded_as<core::LeaseGranted>("claim", lease_with("git", {{"branch", "f"}})).lease.git ==
        core::GitContext{"f", "main", "merge", ""});
  const auto answer =
      decoded_as<core::AnswerRemembered>("idempotency", R"({"key":"k","response":{"a":1}})");
  CHECK(answer.sender.empty());
  CHECK(answer.type.empty());
  CHECK(answer.response == R"({"a":1})");
}

TEST_CASE("a chat record becomes the sender's object again, in one spelling", "[store][codec]") {
  const auto chat = decoded_as<core::ChatPosted>(
                        "chat", R"({"sender":"A","target":"B","type":"chat","payload":"\u00e9 \/",)"
                                R"("token":"secret","z":{"b":1, "a":[1.0,2]},"timestamp":1000.5,)"
                                R"("hub_id":"syn-1","msg_id":7})")
                        .message;
  CHECK(chat.body ==
        "{\"payload\":\"\xC3\xA9 /\",\"sender\":\"A\",\"target\":\"B\",\"z\":{\"a\":"
        "[1.0,2],\"b\":1}}");
  CHECK(chat.sender.text == "A");
  CHECK(chat.target == "B");
  CHECK(chat.timestamp == 1000.5);
  CHECK(chat.hub_id == "syn-1");
  CHECK(chat.id.value == 7);
  // Addresses as the machine has them: trimmed, and everyone if nobody is named.
  const auto bare = decoded_as<core::ChatPosted>("chat", R"({"sender":" A ","target":""})").message;
  CHECK(bare.sender.text == "A");
  CHECK(bare.target == "all");
  // Odd types of what the sender may choose; a number that was never given.
  const auto odd =
      decoded_as<core::ChatPosted>("chat", R"({"sender":[],"target":5,"timestamp":"now"})").message;
  CHECK(odd.id.value == 0);
  CHECK(odd.sender.empty());
  CHECK(odd.timestamp == 0);
  CHECK(odd.body == R"({"sender":[],"target":5})");
}

TEST_CASE("the body of a chat record is what the machine had, whoever wrote the record",
          "[store][codec]") {
  core::ChatMessage message;
  message.id = MessageId{7};
  message.sender = AgentName("A");
  message.target = "B";
  message.timestamp = 1000.25;
  message.hub_id = "syn-1";
  const auto body_of = [](const std::string& payload) {
    return std::string(store::decode_chat_body(payload, store::decode_chat_stamp(payload).value()));
  };
  for (const char* body :
       {"{}", R"({"payload":"a \"b\",\n","sender":"A","target":"B"})",
        R"({"payload":",\"timestamp\":1000.25,\"type\":\"chat\",\"hub_id\":\"syn-1\",)"
        R"(\"msg_id\":7}"})",
        R"({"a":{"timestamp":1000.25,"type":"chat","hub_id":"syn-1","msg_id":7},"sender":"A"})"}) {
    message.body = body;
    const auto entry = store::encode(core::ChatPosted{message}, 1000);
    CHECK(body_of(entry->payload) == body);
  }
  // Others write their members in another order, and leave blanks.
  CHECK(body_of(R"({"type":"chat","sender":"A","target":"B", "payload":"\u0041","msg_id":7})") ==
        R"({"payload":"A","sender":"A","target":"B"})");
  CHECK(body_of(R"({"token":"t","a":1,"timestamp":1.0,"type":"chat","msg_id":7})") == R"({"a":1})");
}

TEST_CASE("half a surrogate pair reads as the replacement character", "[store][codec]") {
  const auto chat =
      decoded_as<core::ChatPosted>(
          "chat", R"({"sender":"\ud83d","p":"x\udc00\ud83d\ude00\\ud83d","msg_id":1})")
          .message;
  CHECK(chat.sender.text == "\xEF\xBF\xBD");
  CHECK(chat.body ==
        "{\"p\":\"x\xEF\xBF\xBD\xF0\x9F\x98\x80\\\\ud83d\",\"sender\":\"\xEF\xBF\xBD\"}");
  const auto answer = decoded_as<core::AnswerRemembered>(
      "idempotency", R"({"key":"k","response":{"a":"\ud800","b":"\ud83d\ude00"}})");
  CHECK(answer.response == R"({"a":"\ufffd","b":"\ud83d\ude00"})");
}

TEST_CASE("a record of an unknown kind is none, not an error", "[store][codec]") {
  for (const char* kind : {"", "Claim", "claim ", "lease", "something new"}) {
    const auto event = decode(kind, "no json", context);
    REQUIRE(event);
    CHECK_FALSE(*event);
  }
}

TEST_CASE("what a machine could not bear is refused, with the field", "[store][codec]") {
  CHECK_THAT(refused("claim", lease_with("task_id", "  ")), Catch::StartsWith("no task_id (at"));
  CHECK_THAT(refused("claim", without(lease_json, "task_id")), Catch::Contains("no task_id"));
  CHECK_THAT(refused("handoff", lease_with("owner", "")), Catch::Contains("no owner"));
  CHECK_THAT(refused("claim", without(lease_json, "claimed_at")), Catch::Contains("no claimed_at"));
  CHECK_THAT(refused("checkpoint", without(lease_json, "lease_expires_at")),
             Catch::Contains("no lease_expires_at"));
  CHECK_THAT(refused("claim", lease_with("claimed_at", nullptr)),
             Catch::StartsWith("claimed_at: not a number"));
  CHECK_THAT(refused("task_update", lease_with("epoch", -1)),
             Catch::StartsWith("epoch: a number out of range"));
  CHECK_THAT(refused("claim", lease_with("epoch", (1ULL << 53U) + 1)),
             Catch::StartsWith("epoch: a number out of range"));
  CHECK_THAT(refused("claim", lease_with("version", 1.5)),
             Catch::StartsWith("version: not a whole number"));
  CHECK_THAT(refused("claim", lease_with("owner", 7)), Catch::StartsWith("owner: not text"));
  CHECK_THAT(refused("claim", lease_with("paths", "a")), Catch::StartsWith("paths: not a list"));
  CHECK_THAT(refused("claim", lease_with("paths", {1})), Catch::StartsWith("paths: not text"));
  CHECK_THAT(refused("claim", lease_with("paths", {std::string(20000, '/')})),
             Catch::Contains("a path is too long"));
  CHECK_THAT(refused("release", "{}"), Catch::Contains("no task_id"));
  CHECK_THAT(refused("lease_expired", R"({"task_id":""})"), Catch::Contains("no task_id"));
  CHECK_THAT(refused("ledger_task", R"({"task_id":"P","created_at":1})"),
             Catch::Contains("no updated_at"));
  CHECK_THAT(refused("ledger_task", R"({"created_at":1,"updated_at":1})"),
             Catch::Contains("no task_id"));
  CHECK_THAT(refused("ledger_progress", "{}"), Catch::Contains("no posted_at"));
  CHECK_THAT(refused("resource", R"({"agent":"A","kind":"k","name":"n"})"),
             Catch::Contains("no offered_at"));
  CHECK_THAT(
      refused("resource", R"({"agent":"A","kind":"k","name":"n","capacity":0,"offered_at":1})"),
      Catch::Contains("capacity: less than 1"));
  CHECK_THAT(refused("resource", R"({"kind":"k","name":"n","offered_at":1})"),
             Catch::Contains("no agent"));
  CHECK_THAT(refused("chat", R"({"msg_id":"7"})"), Catch::StartsWith("msg_id: not a number"));
  CHECK_THAT(refused("finding", R"({"validity":{}})"), Catch::Contains("no provenance"));
  CHECK_THAT(refused("finding", R"({"provenance":{}})"), Catch::Contains("no validity"));
  CHECK_THAT(refused("idempotency", R"({"response":{}})"), Catch::Contains("no key"));
  CHECK_THAT(refused("idempotency", R"({"key":"k","response":"text"})"),
             Catch::Contains("no response"));
  CHECK(refused("recall", "{\"query_text\":\"\xFF\"}") == "not UTF-8");
  CHECK_THAT(refused("recall", "{} x"), Catch::Contains("more after its end"));
}

TEST_CASE("the number of a chat record is told if and only if it can be decoded",
          "[store][codec]") {
  CHECK(store::decode_chat_stamp(R"({"msg_id":9})")->id.value == 9);
  CHECK(store::decode_chat_stamp("{}")->id.value == 0);
  CHECK_FALSE(store::decode_chat_stamp(R"({"msg_id":9)"));
  CHECK_FALSE(store::decode_chat_stamp("{\"msg_id\":9,\"a\":\"\xC3\"}"));
}

TEST_CASE("any bytes decode to a value or an error", "[store][codec][random]") {
  const std::uint64_t seed = first_seed();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  std::vector<store::Entry> good;
  for (const core::Event& event : logged_events()) good.push_back(*encode(event, 1));
  const std::string alphabet = "{}[]\",:\\u0019eE+-.ntfx \xC3\xA9\xF0\xFF\n";
  std::size_t decoded_count = 0;
  for (int round = 0; round < 30000; ++round) {
    store::Entry entry = good[random() % good.size()];
    for (std::size_t change = random() % 4; change-- > 0 && !entry.payload.empty();) {
      const std::size_t at = random() % entry.payload.size();
      switch (random() % 4) {
        case 0:
          entry.payload[at] = alphabet[random() % alphabet.size()];
          break;
        case 1:
          entry.payload.erase(at, 1 + random() % 5);
          break;
        case 2:
          entry.payload.insert(at, entry.payload.substr(random() % entry.payload.size(), 20));
          break;
        default:
          entry.payload.insert(at, 1, static_cast<char>(random()));
      }
    }
    if (entry.kind == store::kind::lease_renewed) {
      const auto renewal = store::decode_renewal(entry.payload, context);
      REQUIRE((renewal || !renewal.error().message.empty()));
      continue;
    }
    const auto event = decode(entry.kind, entry.payload, context);
    if (!event) {
      REQUIRE_FALSE(event.error().message.empty());
      continue;
    }
    REQUIRE(*event);
    ++decoded_count;
    // What it took, a machine takes too, and the log takes again.
    effect(**event);
    const auto again = encode(**event, 1);
    REQUIRE(again);
    REQUIRE(decode(again->kind, again->payload, context));
    if (entry.kind == "chat") {
      REQUIRE(store::decode_chat_stamp(entry.payload));
    }
  }
  CHECK(decoded_count > 1000);
  CHECK(decoded_count < 29000);
}
