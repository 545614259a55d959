// SPDX-License-Identifier: AGPL-3.0-or-later
#include "client/lease_renewer.hpp"

#include "client/fake_hub.hpp"
#include "support/catch.hpp"

using namespace synapse;
using client::LeaseRenewer;
using client::Renewal;
using std::chrono::seconds;

namespace {

Result<Reply> granted() { return Reply{true, std::make_shared<Json>(Json::object())}; }

Result<Reply> refused(const char* type, ErrorCode code) {
  return Reply{
      false, std::make_shared<Json>(Json{{"type", type}, {"code", std::string(wire_name(code))}})};
}

Result<Reply> silence() { return Error{ErrorCode::timed_out, "no answer"}; }

LeaseRenewer ten_minutes() { return {seconds(600), seconds(1000)}; }

}  // namespace

TEST_CASE("a lease is due at a third of its length, and again after each renewal",
          "[client][lease]") {
  LeaseRenewer lease = ten_minutes();
  CHECK(lease.due() == seconds(1200));
  CHECK(lease.take(granted(), seconds(1250), seconds(1250)) == Renewal::kept);
  CHECK(lease.due() == seconds(1450));
  lease.doubt(seconds(1300));
  CHECK(lease.due() == seconds(1300));
}

TEST_CASE("a renewal without an answer is tried again soon, and the lease runs out meanwhile",
          "[client][lease]") {
  const auto answer = GENERATE(0, 1, 2);
  const Result<Reply> passing = answer == 0   ? silence()
                                : answer == 1 ? refused("renew_denied", ErrorCode::rate_limited)
                                              : refused("error", ErrorCode::read_only);
  LeaseRenewer lease = ten_minutes();
  CHECK(lease.take(passing, seconds(1200), seconds(1200)) == Renewal::later);
  CHECK(lease.due() == seconds(1200) + LeaseRenewer::retry_delay);
  CHECK(lease.take(passing, seconds(1598), seconds(1598)) == Renewal::later);
  CHECK_FALSE(lease.has_run_out(seconds(1598)));
  CHECK(lease.take(passing, seconds(1599), seconds(1599)) == Renewal::ran_out);
  CHECK(lease.has_run_out(seconds(1599)));
  CHECK(lease.due() == seconds(1599) + LeaseRenewer::retry_delay);
  CHECK(lease.take(granted(), seconds(1601), seconds(1601)) == Renewal::kept);
}

TEST_CASE("a holder counts from when it sent what was granted, and ends a margin early",
          "[client][lease]") {
  LeaseRenewer lease(seconds(30), seconds(100), seconds(6));
  CHECK(lease.deadline() == seconds(124));
  CHECK_FALSE(lease.has_run_out(seconds(123)));
  CHECK(lease.has_run_out(seconds(124)));
  // The answer came late; the hub may have begun to count as early as it was sent.
  CHECK(lease.take(granted(), seconds(110), seconds(123)) == Renewal::kept);
  CHECK(lease.deadline() == seconds(134));
  CHECK(lease.due() == seconds(120));
  CHECK(lease.take(granted(), seconds(112), seconds(136)) == Renewal::ran_out);
}

TEST_CASE("a lease that nobody holds is told from one that another holds", "[client][lease]") {
  LeaseRenewer lease = ten_minutes();
  CHECK(lease.take(refused("renew_denied", ErrorCode::not_claimed), seconds(1200), seconds(1200)) ==
        Renewal::gone);
  CHECK(lease.take(refused("renew_denied", ErrorCode::not_owner), seconds(1200), seconds(1200)) ==
        Renewal::refused);
}

TEST_CASE("on a hub of the original a holder renews by claiming again, and on ours does not",
          "[client][lease]") {
  CHECK(client::knows_no_renewals(Reply{false, std::make_shared<Json>(Json{{"type", "error"}})}));
  CHECK_FALSE(client::knows_no_renewals(refused("renew_denied", ErrorCode::not_claimed)));
  CHECK_FALSE(client::knows_no_renewals(refused("error", ErrorCode::rate_limited)));
  CHECK_FALSE(client::knows_no_renewals(granted()));
  CHECK_FALSE(client::knows_no_renewals(silence()));

  test::FakeHub hub;
  Agent agent(test::options_for(hub));
  test::Script original([&] {
    test::HubLine line = hub.join();
    line.expect("renew");
    line.send("error", {{"payload", "Unknown message type: renew"}});
    const test::Json claim = line.expect("claim");
    CHECK(claim.at("task_id") == "T");
    line.send("claim_granted", {{"task_id", "T"}, {"owner", "A"}});
    line.expect_end();
  });
  REQUIRE(agent.connect().has_value());
  ClaimRequest claim;
  claim.task_id = "T";
  claim.ttl = 60;
  const Result<Reply> reply = client::renew_lease(agent, claim);
  REQUIRE(reply.has_value());
  CHECK(reply->granted);
  agent.stop();
  original.finish();
}
