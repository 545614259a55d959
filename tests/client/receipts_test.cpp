// SPDX-License-Identifier: AGPL-3.0-or-later
#include "client/receipts.hpp"

#include "support/catch.hpp"

namespace synapse::client {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

constexpr double now = 1'795'357'926;

Json accepted(const std::vector<Json>& recipients) {
  return {{"type", "chat_accepted"}, {"msg_id", 412}, {"recipients", recipients}};
}

Json recipient(const char* agent, const char* presence, const Json& fields = Json::object()) {
  Json made{{"agent", agent}, {"state", "kept"}, {"presence", presence}};
  made.update(fields);
  return made;
}

Json receipt(const char* agent, const char* state, const Json& fields = Json::object()) {
  Json made{{"type", "receipt"}, {"msg_id", 412}, {"agent", agent}, {"state", state}};
  made.update(fields);
  return made;
}

}  // namespace

TEST_CASE("a recipient's line says why its message is only kept", "[client][receipts]") {
  const Receipts receipts(accepted({
      recipient("shop/bob", "away", {{"away_since", now - 60}}),
      recipient("shop/bbo", "never_seen", {{"nearest", "shop/bob"}}),
      recipient("shop/new", "never_seen", {{"nearest", nullptr}}),
      recipient("shop/eve", "online", {{"does_not_read", true}}),
  }));
  const std::string lines = receipts.lines(now);
  CHECK_THAT(lines, StartsWith("#412 shop/bob: kept; away since "));
  CHECK_THAT(lines, Contains(", delivered when it comes back\n"));
  CHECK_THAT(lines,
             Contains("\n#412 shop/bbo: kept; nobody of that name was ever here; did you mean "
                      "shop/bob?\n"));
  CHECK_THAT(lines, Contains("\n#412 shop/new: kept; nobody of that name was ever here\n"));
  CHECK_THAT(
      lines,
      Contains("\n#412 shop/eve: kept; online, not received yet; does not read its messages\n"));
}

TEST_CASE("a recipient that is away has as long to come back as the hub says, in days where it can",
          "[client][receipts]") {
  const auto line = [](std::int64_t kept_seconds) {
    Json frame = accepted({recipient("B", "away")});
    frame["kept_seconds"] = kept_seconds;
    return Receipts(frame).lines(now);
  };
  constexpr std::int64_t day = 86'400;
  CHECK(line(7 * day) == "#412 B: kept; away, delivered when it comes back (7 days)\n");
  CHECK(line(day) == "#412 B: kept; away, delivered when it comes back (1 day)\n");
  CHECK(line(day / 2) == "#412 B: kept; away, delivered when it comes back (12 h)\n");
}

TEST_CASE("a standing rises by receipts of its own message alone, and never falls",
          "[client][receipts]") {
  Receipts receipts(accepted({recipient("shop/bob", "online"), recipient("shop/eve", "online")}));
  CHECK(receipts.recipients()[0].is_on_its_way());
  Json of_another = receipt("shop/bob", "seen");
  of_another["msg_id"] = 411;
  CHECK(receipts.take(of_another) == nullptr);
  CHECK(receipts.take(receipt("shop/nobody", "seen")) == nullptr);
  CHECK(receipts.take(receipt("shop/bob", "of a later hub")) == nullptr);

  const Standing* bob = receipts.take(receipt("shop/bob", "received"));
  REQUIRE(bob != nullptr);
  CHECK_FALSE(bob->is_on_its_way());
  CHECK(receipts.line_of(*bob, now) == "#412 shop/bob: kept, received");
  CHECK(receipts.take(receipt("shop/bob", "received")) == nullptr);
  REQUIRE(receipts.take(receipt("shop/bob", "seen")) != nullptr);
  CHECK(receipts.take(receipt("shop/bob", "received")) == nullptr);
  CHECK(bob->has_reached(Milestone::received));
  CHECK(bob->has_reached(Milestone::seen));
  CHECK_FALSE(bob->has_reached(Milestone::answered));
  CHECK_FALSE(receipts.all_reached(Milestone::seen));
  REQUIRE(receipts.take(receipt("shop/eve", "seen")) != nullptr);
  CHECK(receipts.all_reached(Milestone::seen));
}

TEST_CASE("what was dropped has reached nothing, unless it turns out to be seen",
          "[client][receipts]") {
  Receipts receipts(accepted({recipient("shop/bob", "away")}));
  const Standing* bob = receipts.take(receipt("shop/bob", "dropped", {{"why", "expired"}}));
  REQUIRE(bob != nullptr);
  CHECK(bob->is_dropped());
  CHECK_FALSE(bob->has_reached(Milestone::received));
  CHECK(receipts.line_of(*bob, now) == "#412 shop/bob: kept, dropped (expired)");
  REQUIRE(receipts.take(receipt("shop/bob", "seen")) != nullptr);
  CHECK_FALSE(bob->is_dropped());
  CHECK(bob->has_reached(Milestone::seen));
}

TEST_CASE("an answer of a recipient, by its waiter too, is an answer", "[client][receipts]") {
  Receipts receipts(accepted({recipient("shop/bob", "online")}));
  const Json answer{
      {"type", "chat"}, {"sender", "shop/eve"}, {"in_reply_to", 412}, {"payload", "me"}};
  CHECK(receipts.take(answer) == nullptr);
  Json own = answer;
  own["sender"] = "shop/bob-rx";
  REQUIRE(receipts.take(own) != nullptr);
  CHECK(receipts.all_reached(Milestone::answered));
}

TEST_CASE("what was missed is caught up with by a snapshot", "[client][receipts]") {
  Receipts receipts(accepted({recipient("shop/bob", "online"), recipient("shop/eve", "online")}));
  const Json snapshot{
      {"type", "sent_snapshot"},
      {"messages",
       {{{"msg_id", 411}, {"recipients", {{{"agent", "shop/bob"}, {"state", "answered"}}}}},
        {{"msg_id", 412},
         {"recipients",
          {{{"agent", "shop/bob"}, {"state", "seen"}},
           {{"agent", "shop/eve"}, {"state", "kept"}}}}}}}};
  const auto changed = receipts.take_snapshot(snapshot);
  REQUIRE(changed.size() == 1);
  CHECK(receipts.line_of(*changed[0], now) == "#412 shop/bob: kept, seen");
  CHECK(receipts.take_snapshot(snapshot).empty());
}

TEST_CASE("a name of others is shown and not obeyed in a recipient's line", "[client][receipts]") {
  const Receipts receipts(accepted({recipient("bob", "never_seen", {{"nearest", "b\x1b[2Job"}})}));
  CHECK_THAT(receipts.lines(now), Contains("b\\x1b[2Job?"));
}

TEST_CASE("waiters and presences read the mailbox of their agent", "[client][receipts]") {
  CHECK(mailbox_of("shop/bob-rx") == "shop/bob");
  CHECK(mailbox_of("shop/bob-presence") == "shop/bob");
  CHECK(mailbox_of("shop/bob") == "shop/bob");
  CHECK(mailbox_of("-rx") == "-rx");
}

}  // namespace synapse::client
