// SPDX-License-Identifier: AGPL-3.0-or-later
// The shared log against real etcd nodes. SYNAPSE_ETCD_SECONDS: how long the faults go on.
#include "cluster/etcd_log.hpp"

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <map>

#include "cluster/etcd_codec.hpp"
#include "support/catch.hpp"
#include "support/etcd_rig.hpp"

using namespace synapse;
using namespace synapse::cluster;
using namespace std::chrono_literals;
using synapse::test::Deadline;
using synapse::test::EtcdRig;

namespace {

EtcdOptions options_for(const EtcdRig& rig) {
  EtcdOptions options;
  for (const std::string& endpoint : rig.endpoints()) {
    options.endpoints.push_back(net::parse_http_uri("http://" + endpoint).value());
  }
  options.bus = "test";
  return options;
}

// A log with whoever appends to it and follows it.
class Loop {
 public:
  explicit Loop(EtcdOptions options, Revision after = 0)
      : log_(io_.get_executor(), std::move(options)) {
    log_.follow(after, {[this](Revision revision, std::string bytes) {
                          CHECK(revision > last);
                          last = revision;
                          came.push_back(std::move(bytes));
                        },
                        [this](Error why) { ended = std::move(why); }});
  }

  Result<> append(const std::string& bytes) {
    std::optional<Result<>> added;
    log_.append(bytes, [&](Result<> result) { added = std::move(result); });
    until([&] { return added.has_value(); });
    return *added;
  }
  // Again and again, as a member does.
  void append_surely(const std::string& bytes) {
    const Deadline deadline = test::patience;
    while (!append(bytes)) REQUIRE_FALSE(deadline.passed());
    acknowledged.push_back(bytes);
  }
  Result<ReplicatedLog::Head> look() {
    std::optional<Result<ReplicatedLog::Head>> head;
    log_.look([&](Result<ReplicatedLog::Head> seen) { head = std::move(seen); });
    until([&] { return head.has_value(); });
    return *head;
  }
  template <class Condition>
  void until(Condition condition) {
    const Deadline deadline = test::patience;
    while (!condition()) {
      REQUIRE_FALSE(deadline.passed());
      io_.restart();
      io_.run_one_for(20ms);
    }
  }
  // All that was acknowledged came out, in its order; what was added twice may have come twice.
  void check_all_there() {
    until([&] { return came.size() >= acknowledged.size() && came.back() == acknowledged.back(); });
    std::vector<std::string> distinct;
    for (const std::string& one : came) {
      if (std::find(distinct.begin(), distinct.end(), one) == distinct.end()) {
        distinct.push_back(one);
      }
    }
    CHECK(distinct == acknowledged);
  }

  std::vector<std::string> came;
  std::vector<std::string> acknowledged;
  Revision last = 0;
  std::optional<Error> ended;

 private:
  boost::asio::io_context io_;
  EtcdLog log_;
};

int fault_rounds() {
  const char* given = std::getenv("SYNAPSE_ETCD_SECONDS");
  return given == nullptr ? 1 : 1 + std::atoi(given) / 5;
}

}  // namespace

TEST_CASE("what is added to the log in etcd comes out in its order, also for those that come later",
          "[cluster][etcd]") {
  SYNAPSE_NEEDS_ETCD();
  const EtcdRig rig(1);
  Loop loop(options_for(rig));
  CHECK(loop.look()->last == 0);
  std::string bytes("\0\xff\n{\"", 5);
  for (int i = 0; i < 50; ++i) loop.append_surely(bytes + std::to_string(i));
  loop.append_surely(std::string(1'000'000, 'x'));
  loop.check_all_there();
  CHECK(loop.came.size() == 51);
  CHECK(loop.look()->last == loop.last);
  const Revision middle = loop.last - 10;
  Loop late(options_for(rig), middle);
  late.until([&] { return late.last == loop.last; });
  CHECK(late.came.size() == 10);
  // Another bus in the same etcd is another log.
  EtcdOptions other = options_for(rig);
  other.bus = "other";
  Loop elsewhere(other);
  elsewhere.append_surely("mine");
  elsewhere.check_all_there();
  CHECK(elsewhere.came.size() == 1);
}

TEST_CASE("who asks for more of the log than etcd keeps is told so", "[cluster][etcd]") {
  SYNAPSE_NEEDS_ETCD();
  const EtcdRig rig(1);
  Loop loop(options_for(rig));
  for (int i = 0; i < 10; ++i) loop.append_surely(std::to_string(i));
  loop.check_all_there();
  const Revision middle = loop.last - 5;
  REQUIRE(rig.ask(0, "/v3/kv/compaction",
                  R"({"revision":")" + std::to_string(middle) + R"(","physical":true})"));
  Loop late(options_for(rig), 0);
  late.until([&] { return late.ended.has_value(); });
  CHECK(late.ended->code == ErrorCode::not_found);
  CHECK(late.came.empty());
  Loop in_time(options_for(rig), middle);
  in_time.until([&] { return in_time.last == loop.last; });
  CHECK_FALSE(in_time.ended);
}

TEST_CASE("an acknowledged addition outlives nodes that are killed, frozen, and all down at once",
          "[cluster][etcd]") {
  SYNAPSE_NEEDS_ETCD();
  EtcdRig rig(3);
  Loop loop(options_for(rig));
  int next = 0;
  const auto add_some = [&] {
    for (int i = 0; i < 10; ++i) loop.append_surely(std::to_string(next++));
  };
  add_some();
  for (int round = 0; round < fault_rounds(); ++round) {
    const std::size_t leader = rig.leader();
    rig.kill(leader);
    add_some();
    rig.start(leader);
    REQUIRE(rig.wait_until_healthy(leader, test::patience));
    const std::size_t frozen = rig.leader();
    rig.freeze(frozen);
    add_some();
    loop.check_all_there();
    rig.thaw(frozen);
    for (std::size_t node = 0; node < 3; ++node) rig.kill(node);
    CHECK(loop.append("into the void").has_error());
    for (std::size_t node = 0; node < 3; ++node) rig.start(node);
    for (std::size_t node = 0; node < 3; ++node) {
      REQUIRE(rig.wait_until_healthy(node, test::patience));
    }
    add_some();
    loop.check_all_there();
  }
}
