// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/diagnosis.hpp"

#include "support/catch.hpp"

using namespace synapse::services;
using Catch::Matchers::Contains;
using synapse::ErrorCode;
using synapse::fail;

namespace {

Identity someone(IdentitySource source, bool plausible) {
  return {"shop", "shop/a", "shop/a-rx", source, plausible};
}

}  // namespace

TEST_CASE("an identity from the working directory is a warning, an accidental one a failure",
          "[services][doctor]") {
  CHECK(check_identity(someone(IdentitySource::env, true)).health == Health::ok);
  CHECK(check_identity(someone(IdentitySource::flag, true)).health == Health::ok);
  CHECK(check_identity(someone(IdentitySource::cwd, true)).health == Health::warning);
  CHECK(check_identity(someone(IdentitySource::flag, false)).health == Health::failure);
}

TEST_CASE("a name beside the project is a warning, one inside it is none", "[services][doctor]") {
  CHECK(check_send_identity("shop-a", "shop").health == Health::warning);
  CHECK_THAT(check_send_identity("shop-a", "shop").remedy, Contains("shop/a"));
  for (const char* name : {"shop", "shop/a", "shop/a-b", "shopkeeper", "shop-", "other"}) {
    INFO(name);
    CHECK(check_send_identity(name, "shop").health == Health::ok);
  }
}

TEST_CASE("only an address beyond the machine wants a token", "[services][doctor]") {
  CHECK(check_exposure("ws://localhost:8876", Token::none).health == Health::ok);
  CHECK(check_exposure("ws://[::1]:8876", Token::none).health == Health::ok);
  CHECK(check_exposure("ws://hub.example:8876", Token::none).health == Health::warning);
  CHECK(check_exposure("wss://hub.example", Token::given).health == Health::ok);
  CHECK(check_exposure("http://localhost", Token::none).health == Health::warning);
}

TEST_CASE("a hub that does not answer fails, with what to do about it", "[services][doctor]") {
  const std::string uri = "ws://localhost:8876";
  CHECK(check_hub(uri, Roster(std::vector<std::string>{})).health == Health::ok);
  const Finding gone = check_hub(uri, fail(ErrorCode::unreachable));
  CHECK(gone.health == Health::failure);
  CHECK_THAT(gone.remedy, Contains("synapse hub"));
  CHECK_THAT(check_hub(uri, fail(ErrorCode::auth_denied)).remedy, Contains("--token-file"));
}

TEST_CASE("an address that can't be read is not repeated: it may have a password in it",
          "[services][doctor]") {
  const std::string secret = "ws://ada:secret@host";
  CHECK_THAT(check_hub(secret, fail(ErrorCode::bad_argument)).what, !Contains("secret"));
  CHECK_THAT(check_exposure(secret, Token::none).what, !Contains("secret"));
}

TEST_CASE("the waiter of exactly this identity has to listen", "[services][doctor]") {
  const Identity who = someone(IdentitySource::env, true);
  const auto online = [](std::vector<std::string> names) { return Roster(std::move(names)); };
  CHECK(check_waiter(who, online({"shop", "shop/a-rx"})).health == Health::ok);
  CHECK(check_waiter(who, online({"shop/a", "shop-rx"})).health == Health::warning);
  CHECK(check_waiter(who, fail(ErrorCode::unreachable)).health == Health::warning);
}

TEST_CASE("a verdict counts failures and warnings apart", "[services][doctor]") {
  const Verdict verdict = judge({{"a", Health::ok, ""},
                                 {"b", Health::failure, ""},
                                 {"c", Health::warning, ""},
                                 {"d", Health::warning, ""}});
  CHECK(verdict.failures == 1);
  CHECK(verdict.warnings == 2);
}

TEST_CASE("of hubs that share a bus the worst that is wrong is told", "[services][doctor]") {
  ClusterHealth health;
  health.versions = {"1.0", "1.0", "1.0"};
  CHECK(check_cluster(health).health == Health::ok);
  health.draining = {"hub-3"};
  CHECK_THAT(check_cluster(health).what, Contains("hub-3 takes no sockets"));
  CHECK_THAT(check_cluster(health).remedy, Contains("--undo"));
  health.clocks_apart = 5;
  CHECK_THAT(check_cluster(health).what, Contains("5 s apart"));
  health.versions[1] = "1.1";
  CHECK_THAT(check_cluster(health).what, Contains("several versions"));
  health.silent = {"hub-2"};
  CHECK_THAT(check_cluster(health).what, Contains("hub-2 is silent"));
  CHECK(check_cluster(health).health == Health::warning);
  health.agrees = false;
  CHECK_THAT(check_cluster(health).what, Contains("differ"));
  CHECK(check_cluster(health).health == Health::failure);
  health.has_quorum = false;
  CHECK_THAT(check_cluster(health).what, Contains("majority"));
}

TEST_CASE("of etcd's nodes the worst disk is told, with what to do about it",
          "[services][doctor]") {
  CHECK_FALSE(check_etcd({}));
  std::vector<EtcdHealth> nodes{
      {"a:1", "", 0.2, 0.004}, {"b:1", "", 0.1, {}}, {"c:1", "", 0.1, 0.009}};
  CHECK(check_etcd(nodes)->health == Health::ok);
  CHECK_THAT(check_etcd(nodes)->what, Contains("9 ms") && Contains("20 %"));
  nodes[1].sync_p99 = 0.015;
  CHECK(check_etcd(nodes)->health == Health::warning);
  CHECK_THAT(check_etcd(nodes)->what, Contains("b:1") && Contains("15 ms"));
  nodes[0].quota_used = 0.8;
  CHECK(check_etcd(nodes)->health == Health::warning);
  CHECK_THAT(check_etcd(nodes)->what, Contains("a:1") && Contains("80 %"));
  CHECK_THAT(check_etcd(nodes)->remedy, Contains("cluster compact"));
  nodes[2].problem = "refused";
  CHECK(check_etcd(nodes)->health == Health::warning);
  CHECK_THAT(check_etcd(nodes)->what, Contains("c:1 does not say"));
  nodes[1].sync_p99 = 0.3;
  CHECK(check_etcd(nodes)->health == Health::failure);
  CHECK_THAT(check_etcd(nodes)->what, Contains("300 ms"));
  nodes[0].quota_used = 0.96;
  CHECK(check_etcd(nodes)->health == Health::failure);
  CHECK_THAT(check_etcd(nodes)->remedy, Contains("defrag") && Contains("disarm"));
}

TEST_CASE("hubs of a cluster are beyond this machine if one of them is", "[services][doctor]") {
  CHECK(check_exposure("ws://localhost:1,ws://127.0.0.1:2", Token::none).health == Health::ok);
  CHECK(check_exposure("ws://localhost:1,ws://a:2", Token::none).health == Health::warning);
  CHECK(check_exposure("ws://localhost:1,nonsense", Token::given).health == Health::warning);
}
