// SPDX-License-Identifier: AGPL-3.0-or-later
// How much one answer to a reader holds, and for how long it is waited for: docs/protocol.md,
// Delivery.
#include "hub/mail_frames.hpp"
#include "hub/service_options.hpp"

namespace synapse::test {

namespace {

struct Reading {
  Rig rig;
  Peer a = enter(rig, "shop/alice");
  Peer b = enter(rig, "shop/bob");

  explicit Reading(hub::EngineOptions options = {}) : rig(std::move(options)) {}

  void fill(std::size_t count, std::size_t bytes = 2) {
    const std::string text(bytes, 'x');
    for (std::size_t i = 0; i < count; ++i) rig.say(a, say_to("shop/bob", text.c_str()));
  }
  Json inbox(const Json& fields = Json::object()) {
    Json request{{"type", "inbox_request"}};
    request.update(fields);
    return told(rig, b, request);
  }
};

// A hub as that command line has it, with no bound of what its agents may say.
hub::EngineOptions unhurried(hub::RunOptions run = {}) {
  hub::EngineOptions options = hub::engine_options(run);
  options.door.rate = 1e9;
  options.door.burst = 1e9;
  options.door.host_rate = 1e9;
  options.door.host_burst = 1e9;
  return options;
}

}  // namespace

TEST_CASE("an inbox has a hundred messages at once unless it is asked for more, and a thousand",
          "[hub][delivery]") {
  hub::EngineOptions options = unhurried();
  options.limits.mailbox_messages_max = 2000;
  Reading reading(options);
  reading.fill(101);
  const Json first = reading.inbox();
  CHECK(ids_of(first).size() == 100);
  CHECK(ids_of(first).back() == 100);
  CHECK(first.at("truncated") == true);
  CHECK(first.at("unseen") == 101);
  const Json rest = reading.inbox({{"since", ids_of(first).back()}});
  CHECK(ids_of(rest) == Ids{101});
  CHECK(rest.at("truncated") == false);
  // Exactly as many as fit are not truncated.
  CHECK(reading.inbox({{"since", 1}}).at("truncated") == false);
  CHECK(ids_of(reading.inbox({{"limit", 2}})) == Ids{1, 2});
  CHECK(ids_of(reading.inbox({{"limit", -5}})) == Ids{1});
  reading.fill(900);
  const Json most = reading.inbox({{"limit", 5000}, {"peek", true}});
  CHECK(ids_of(most).size() == 1000);
  CHECK(most.at("truncated") == true);
}

TEST_CASE("an inbox that would be too large for its reader is truncated, and never empty",
          "[hub][delivery]") {
  Reading reading;
  reading.fill(3, 10'000);
  const Json first = reading.inbox({{"max_bytes", 16'384}});
  CHECK(ids_of(first) == Ids{1});
  CHECK(first.at("truncated") == true);
  CHECK(ids_of(reading.inbox({{"max_bytes", 16'384}, {"since", 1}})) == Ids{2});
  reading.fill(1, 100'000);
  // One that is too large for any comes alone, in part.
  const Json large = reading.inbox({{"max_bytes", 16'384}, {"since", 3}});
  REQUIRE(ids_of(large) == Ids{4});
  CHECK(large.dump().size() <= 16'384);
  CHECK(large.at("messages").at(0).at("truncated") == true);
  CHECK(large.at("messages").at(0).at("payload").get<std::string>().size() > 8'000);
}

TEST_CASE("nobody waits for mail for longer than a minute", "[hub][delivery]") {
  Reading reading;
  const Json wait = GENERATE(Json(3600), Json("3600"), Json(60), Json(1e300));
  reading.rig.say(reading.b, {{"type", "inbox_request"}, {"wait_seconds", wait}});
  reading.rig.advance(59.9);
  CHECK(reading.b.hear().empty());
  reading.rig.advance(0.2);
  const Frames heard = reading.b.hear("inbox_snapshot");
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].at("messages").empty());
  CHECK(heard[0].at("truncated") == false);
}

TEST_CASE("whoever does not want to wait for mail is answered at once", "[hub][delivery]") {
  Reading reading;
  const Json wait = GENERATE(Json(0), Json(-1), Json("soon"), Json());
  CHECK(reading.inbox({{"wait_seconds", wait}}).at("messages").empty());
  // And so is who finds something.
  reading.fill(1);
  CHECK(ids_of(reading.inbox({{"wait_seconds", 60}})) == Ids{1});
}

TEST_CASE("sixteen requests of one socket wait for mail, and a further one is answered at once",
          "[hub][delivery]") {
  Reading reading;
  const Json request{{"type", "inbox_request"}, {"wait_seconds", 60}};
  for (int i = 0; i < 16; ++i) {
    reading.rig.say(reading.b, request);
    CHECK(reading.b.hear().empty());
  }
  reading.rig.say(reading.b, request);
  CHECK(reading.b.hear("inbox_snapshot").size() == 1);
  Peer waiter = enter(reading.rig, "shop/bob-rx", "waiter");
  reading.rig.say(waiter, request);
  CHECK(waiter.hear().empty());
  reading.fill(1);
  CHECK(reading.b.hear("inbox_snapshot").size() == 16);
  CHECK(waiter.hear("inbox_snapshot").size() == 1);
}

TEST_CASE("mailboxes are bounded as the command line says", "[hub][delivery]") {
  hub::RunOptions run;
  SECTION("in bytes") {
    run.mailbox_bytes = 5200;
    Reading reading(unhurried(run));
    reading.fill(2, 2000);
    CHECK(ids_of(reading.inbox()) == Ids{1, 2});
    reading.fill(1, 2000);
    CHECK(ids_of(reading.inbox()) == Ids{2, 3});
    CHECK(reading.inbox().at("dropped") == 0);  // The answer before has told it.
  }
  SECTION("in messages") {
    run.mailbox_messages = 2;
    Reading reading(unhurried(run));
    reading.fill(3);
    const Json inbox = reading.inbox();
    CHECK(ids_of(inbox) == Ids{2, 3});
    CHECK(inbox.at("dropped") == 1);
  }
  SECTION("in days") {
    run.mailbox_days = 0.5;
    Reading reading(unhurried(run));
    CHECK(told(reading.rig, reading.a, say_to("shop/bob")).at("kept_seconds") == 43'200);
    reading.rig.advance(43'100);
    CHECK(ids_of(reading.inbox()) == Ids{1});
    reading.rig.advance(101);
    CHECK(ids_of(reading.inbox()).empty());
    CHECK(reading.a.hear("receipt").at(0).at("why") == "expired");
  }
}

}  // namespace synapse::test
