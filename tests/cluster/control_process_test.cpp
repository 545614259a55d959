// SPDX-License-Identifier: AGPL-3.0-or-later
// The commands that look after a bus, against three real hubs.
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <thread>

#include "cluster/fleet.hpp"
#include "net/http_rules.hpp"
#include "net/http_server.hpp"

namespace synapse::test {

namespace {

using Catch::Matchers::Contains;

Finished synapse(std::vector<std::string> words) {
  words.insert(words.begin(), program_under_test());
  return run(Command{std::move(words)});
}

// What a hub answers that the others have given up and that has not come back yet: no hub can be
// kept in that state for as long as a test wants it.
class OutsiderHub {
 public:
  OutsiderHub()
      : server_(io_, {}, [](const net::HttpRequest&, const std::shared_ptr<net::HttpReply>& reply) {
          reply->respond(net::plain_response(503, "the hub is not one of the bus now"));
        }) {
    const Result<> started = server_.start();
    if (!started) FAIL(started.error().message);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~OutsiderHub() {
    boost::asio::post(io_, [this] { server_.stop(); });
    thread_.join();
  }
  [[nodiscard]] std::string uri() const {
    return "ws://127.0.0.1:" + std::to_string(server_.port());
  }

 private:
  boost::asio::io_context io_;
  net::HttpServer server_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("an agent of a hub that is drained goes on at another, and people are told of it",
          "[cluster][process][drain]") {
  SYNAPSE_NEEDS_ETCD();
  Fleet fleet(1);
  const std::string uris = fleet.uris_from(0);
  Agent a(fleet_agent("A", uris));
  Agent b(fleet_agent("B", fleet.uris_from(1)));
  for (Agent* agent : {&a, &b}) join_fleet(*agent);
  const Result<Reply> mine = a.claim(claim_of("mine", "a"));
  REQUIRE(is_granted(mine));
  // As the hub calls itself where it is not told otherwise.
  const std::string url = "ws://localhost:" + std::to_string(fleet.hubs[0]->port());
  const Finished drained = synapse({"cluster", "drain", url, "--uri", fleet.uris_from(1)});
  INFO(drained.out << drained.err);
  REQUIRE(drained.status->as_number() == 0);
  CHECK_THAT(drained.out, Contains(url + " takes no sockets any more"));
  REQUIRE(is_granted(b.chat("A", "on the way")));
  // The same claim, at another hub; and what was said meanwhile is there.
  REQUIRE(eventually(patience, [&] { return is_granted(a.renew("mine", 600)); }));
  CHECK(a.renew("mine", 600)->frame->at("epoch") == mine->frame->at("epoch"));
  std::string heard;
  const Deadline deadline = patience;
  while (heard != "on the way" && !deadline.passed()) {
    const auto frame = a.receive(std::chrono::milliseconds(200));
    if (frame && (*frame)->value("type", "") == "chat") heard = (*frame)->at("payload");
  }
  CHECK(heard == "on the way");
  const Finished status = synapse({"cluster", "status", "--uri", uris});
  CHECK(status.status->as_number() == 0);
  CHECK_THAT(status.out, Contains(url) && Contains("DRAINING"));
  const Finished doctor = synapse({"doctor", "--uri", fleet.uris_from(1)});
  CHECK_THAT(doctor.out, Contains("takes no sockets: it is being drained"));
  CHECK_THAT(doctor.out, Contains("etcd") && Contains("quota used"));
  const Finished undone = synapse({"cluster", "drain", "--undo", url, "--uri", uris});
  CHECK(undone.status->as_number() == 0);
  Agent c(fleet_agent("C", url));
  join_fleet(c);
  const Finished unknown = synapse({"cluster", "drain", "hub-x", "--uri", uris});
  CHECK(unknown.status->as_number() == 1);
  CHECK_THAT(unknown.err, Contains("no such hub") && Contains(url));
  for (Agent* agent : {&a, &b, &c}) agent->stop();
}

TEST_CASE("the next hub is asked where one is not of the bus now", "[cluster][process][drain]") {
  SYNAPSE_NEEDS_ETCD();
  const Fleet fleet(1);
  const OutsiderHub outsider;
  const std::string uris = outsider.uri() + "," + fleet.uris_from(1);
  const Finished status = synapse({"cluster", "status", "--uri", uris});
  INFO(status.out << status.err);
  CHECK(status.status->as_number() == 0);
  const std::string url = "ws://localhost:" + std::to_string(fleet.hubs[0]->port());
  CHECK(synapse({"cluster", "drain", url, "--uri", uris}).status->as_number() == 0);
  const Finished alone = synapse({"cluster", "drain", url, "--uri", outsider.uri()});
  CHECK(alone.status->as_number() == 1);
  CHECK_THAT(alone.err, Contains("not one of the bus now"));
}

TEST_CASE("compacting says what each node of etcd has freed", "[cluster][process][compact]") {
  SYNAPSE_NEEDS_ETCD();
  Fleet fleet(3);
  Agent a(fleet_agent("A", fleet.uris_from(0)));
  join_fleet(a);
  ClaimRequest large = claim_of("large", "a");
  large.note = std::string(200'000, 'x');
  for (int i = 0; i < 10; ++i) {
    REQUIRE(is_granted(a.claim(large)));
    REQUIRE(is_granted(a.release("large")));
  }
  const Finished done = synapse({"cluster", "compact", "--uri", fleet.uris_from(1)});
  INFO(done.out << done.err);
  REQUIRE(done.status->as_number() == 0);
  for (const std::string& node : fleet.rig.endpoints()) CHECK_THAT(done.out, Contains(node + ": "));
  CHECK_THAT(done.out, Contains("kB freed") && Contains("etcdctl defrag"));
  a.stop();
  for (const auto& hub : fleet.hubs) CHECK(hub->stop(SIGTERM).as_number() == 0);
}

TEST_CASE("a hub that was alone is imported by its command, and its agents find all of it",
          "[cluster][process][import]") {
  SYNAPSE_NEEDS_ETCD();
  const EtcdRig rig(1);
  const TempDir folder;
  const std::string file = folder / "hub.db";
  HubProcess alone(HubOptions{{"--db", file}});
  Agent a(fleet_agent("A", alone.uri()));
  join_fleet(a);
  const Result<Reply> mine = a.claim(claim_of("mine", "a"));
  REQUIRE(is_granted(mine));
  const Finished early = synapse({"cluster", "import", file});
  CHECK(early.status->as_number() == 1);
  a.stop();
  CHECK(alone.stop(SIGTERM).as_number() == 0);
  const Finished imported = synapse({"cluster", "import", file});
  INFO(imported.out << imported.err);
  REQUIRE(imported.status->as_number() == 0);
  CHECK_THAT(imported.out, Contains("claims 1") && Contains("--cluster"));
  const HubProcess one(HubOptions{{"--cluster", "etcd://" + rig.list() + "/fleet", "--db", file}});
  Agent again(fleet_agent("A", one.uri()));
  join_fleet(again);
  const Result<Reply> renewed = again.renew("mine", 600);
  REQUIRE(is_granted(renewed));
  CHECK(renewed->frame->at("epoch") == mine->frame->at("epoch"));
  again.stop();
}

}  // namespace synapse::test
