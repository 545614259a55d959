// SPDX-License-Identifier: AGPL-3.0-or-later
// What happens by the clock and in the queue, without a frame that asks for it.
#include "hub/engine_rig.hpp"
#include "support/catch.hpp"

namespace synapse::test {

namespace {

Json claim(const std::string& task, double ttl = 60) {
  return {{"type", "claim"}, {"task_id", task}, {"ttl_seconds", ttl}};
}

Json waiting(const std::string& task) {
  return {{"type", "claim"}, {"task_id", task}, {"wait", true}};
}

}  // namespace

TEST_CASE("a lease ends on time without a frame: logged, broadcast, and free for the next",
          "[hub][time]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  rig.say(a, claim("T"));
  rig.say(a, {{"type", "checkpoint"}, {"task_id", "T"}, {"checkpoint", "half way"}});
  rig.commit();
  const Json granted = a.hear("claim_granted").at(0);
  b.forget();

  REQUIRE(rig.engine().next_deadline());
  CHECK(*rig.engine().next_deadline() == rig.now().mono + base::from_seconds(60));
  rig.advance(59.75);
  CHECK(rig.uncommitted() == 0);
  rig.advance(0.25);
  CHECK(b.hear().empty());  // Not before it is safe.
  rig.commit();
  const Frames told = b.hear();
  REQUIRE(types_of(told) == std::vector<std::string>{"lease_expired"});
  CHECK(told[0].at("task_id") == "T");
  CHECK(told[0].at("owner") == "A");
  CHECK(told[0].at("epoch") == granted.at("epoch"));
  CHECK(told[0].at("checkpoint") == "half way");
  CHECK(rig.log().back().kind == "lease_expired");

  rig.say(b, claim("T"));
  rig.commit();
  CHECK(b.hear("claim_granted").at(0).at("checkpoint") == "half way");
}

TEST_CASE("a step of the wall clock neither ends a lease nor extends it", "[hub][time]") {
  const double step = GENERATE(86'400.0, -86'400.0);
  INFO(step);
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  rig.say(a, claim("T"));
  rig.step_wall_clock(step);
  rig.advance(59.75);
  CHECK(rig.answer(b, claim("T")).at("code") == "task_held");
  b.forget();
  rig.advance(0.25);
  CHECK(types_of(b.hear()) == std::vector<std::string>{"lease_expired"});
  CHECK(rig.answer(b, claim("T")).at("type") == "claim_granted");
}

TEST_CASE("a time to live is kept between 30 s and 30 days, and nonsense takes the default",
          "[hub][time]") {
  const auto [asked, given] = GENERATE(table<Json, double>({
      {Json(1), 30},
      {Json(-5), 30},
      {Json("45"), 45},
      {Json(1e9), 30 * 86'400.0},
      {Json("soon"), 3600},
      {Json(true), 3600},
      {Json(nullptr), 3600},
  }));
  INFO(asked);
  Rig rig;
  Peer a = rig.join("A");
  const Json granted = rig.answer(a, {{"type", "claim"}, {"task_id", "T"}, {"ttl_seconds", asked}});
  CHECK(granted.at("lease_expires_at").get<double>() - rig.now().wall == Approx(given));
}

TEST_CASE("a renewal is broadcast and moves the end", "[hub][time]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  rig.say(a, claim("T"));
  rig.advance(50);
  b.forget();
  rig.say(a, {{"type", "renew"}, {"task_id", "T"}, {"ttl_seconds", 60}});
  CHECK(types_of(b.hear()) == std::vector<std::string>{"lease_renewed"});
  rig.advance(59);
  CHECK(b.hear().empty());
  rig.advance(1);
  CHECK(types_of(b.hear()) == std::vector<std::string>{"lease_expired"});
}

TEST_CASE("a renewed lease is written whole after ten minutes, and when the hub is about to stop",
          "[hub][time][log]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  rig.say(a, claim("T", 3600));
  rig.say(a, {{"type", "renew"}, {"task_id", "T"}, {"ttl_seconds", 3600}});
  rig.commit();
  CHECK(rig.log().back().kind == "lease_renewed");
  const Json renewed = a.hear("lease_renewed").at(0);
  rig.advance(599);
  CHECK(rig.uncommitted() == 0);
  rig.advance(1);
  rig.commit();
  CHECK(rig.log().back().kind == "claim");
  CHECK(Json::parse(rig.log().back().payload).at("lease_expires_at") ==
        renewed.at("lease_expires_at"));
  a.forget();

  rig.engine().write_renewed(rig.now());
  CHECK(rig.uncommitted() == 0);  // Nothing was renewed since.
  rig.say(a, {{"type", "renew"}, {"task_id", "T"}, {"ttl_seconds", 7200}});
  rig.engine().write_renewed(rig.now());
  rig.commit();
  CHECK(rig.log().back().kind == "claim");
  CHECK(Json::parse(rig.log().back().payload).at("lease_expires_at") ==
        a.hear("lease_renewed").at(0).at("lease_expires_at"));
}

TEST_CASE("renewed leases that are to be written whole soon hold nothing up for more than 3 MB",
          "[hub][time][log]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  for (const char* task : {"T1", "T2", "T3", "T4", "T5", "T6", "T7"}) {
    rig.say(a, claim(task, 3600));
    rig.say(
        a,
        {{"type", "checkpoint"}, {"task_id", task}, {"checkpoint", std::string(1'000'000, 'x')}});
    rig.say(a, {{"type", "renew"}, {"task_id", task}, {"ttl_seconds", 3600}});
  }
  rig.commit();
  const std::size_t before = rig.log().size();
  rig.engine().write_renewed_soon(rig.now());
  CHECK(rig.uncommitted() == 0);
  for (const std::size_t written : {3U, 6U, 7U, 7U}) {
    rig.engine().tick(rig.now());
    rig.engine().flush(rig.now());
    const std::size_t turns = rig.uncommitted();
    CHECK(turns <= 3);
    CHECK(rig.waiting_entries() == written);
  }
  rig.commit();
  CHECK(rig.log().size() == before + 7);
}

TEST_CASE("a claim that waits is granted in its turn, and everybody hears of it", "[hub][queue]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  Peer c = rig.join("C");
  rig.say(a, claim("T"));
  const Json first = rig.answer(b, waiting("T"));
  CHECK(first.at("type") == "claim_queued");
  CHECK(first.at("position") == 1);
  CHECK(first.at("holder") == "A");
  const Json second = rig.answer(c, waiting("T"));
  CHECK(second.at("position") == 2);
  CHECK(rig.engine().gauges().queued_claims == 2);
  a.forget();

  rig.say(a, {{"type", "release"}, {"task_id", "T"}});
  const Frames told = a.hear();
  REQUIRE(types_of(told) == std::vector<std::string>{"release_granted", "claim_granted"});
  CHECK(told[1].at("owner") == "B");
  CHECK(c.hear("claim_granted").at(0).at("owner") == "B");

  SECTION("when the holder's lease runs out as well") {
    rig.advance(3600);
    const Frames later = c.hear();
    REQUIRE(types_of(later) == std::vector<std::string>{"lease_expired", "claim_granted"});
    CHECK(later[1].at("owner") == "C");
  }
  SECTION("but not after it was taken back") {
    CHECK(rig.answer(c, {{"type", "release"}, {"task_id", "T"}}).at("queued") == true);
    rig.say(b, {{"type", "release"}, {"task_id", "T"}});
    CHECK(c.hear("claim_granted").empty());
    CHECK(rig.engine().machine().leases().all().empty());
  }
  SECTION("nor after its socket ended") {
    rig.leave(c);
    rig.say(b, {{"type", "release"}, {"task_id", "T"}});
    CHECK(rig.engine().machine().leases().all().empty());
    CHECK(rig.engine().gauges().queued_claims == 0);
  }
}

TEST_CASE("a claim that waited long enough is refused, to its agent alone", "[hub][queue]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  rig.say(a, claim("T", 3600));
  Json request = waiting("T");
  request["wait_seconds"] = 10;
  CHECK(rig.answer(b, request).at("type") == "claim_queued");
  a.forget();
  rig.advance(9.75);
  CHECK(b.hear().empty());
  rig.advance(0.25);
  const Frames told = b.hear();
  REQUIRE(types_of(told) == std::vector<std::string>{"claim_denied"});
  CHECK(told[0].at("code") == "wait_expired");
  CHECK(told[0].at("task_id") == "T");
  CHECK(told[0].at("in_reply_to") == "claim");
  CHECK(a.hear().empty());
  CHECK(rig.engine().metrics().refusals["wait_expired"] == 1);
}

TEST_CASE("a queued claim that would close a circle is refused", "[hub][queue]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  const auto none = [](Json request) {
    request["scope"] = "none";
    return request;
  };
  rig.say(a, none(claim("T")));
  rig.say(b, none(claim("U")));
  CHECK(rig.answer(a, none(waiting("U"))).at("type") == "claim_queued");
  const Json refusal = rig.answer(b, none(waiting("T")));
  CHECK(refusal.at("type") == "claim_denied");
  CHECK(refusal.at("code") == "deadlock");
}

TEST_CASE("a socket that ends frees its name, its card and its wait, but not its lease",
          "[hub][time]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  rig.say(a, claim("T"));
  rig.say(a, {{"type", "advertise"}, {"description", "d"}});
  rig.say(b, {{"type", "wait_request"}, {"task_id", "T"}});
  b.forget();
  rig.leave(a);
  const Frames told = b.hear();
  REQUIRE(types_of(told) == std::vector<std::string>{"presence_update"});
  CHECK(told[0].at("event") == "left");
  CHECK(told[0].at("online_agents") == Json{"B"});
  CHECK(rig.answer(b, {{"type", "manifest_request"}}).at("manifest").empty());
  CHECK(rig.engine().machine().queue().waits().empty());
  CHECK(rig.engine().machine().leases().all().size() == 1);
  Peer again = rig.join("A");
  CHECK(rig.answer(again, {{"type", "release"}, {"task_id", "T"}}).at("type") == "release_granted");
}

}  // namespace synapse::test
