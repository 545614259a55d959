// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cluster/etcd_metrics.hpp"

#include <boost/asio/io_context.hpp>
#include <cmath>

#include "cluster/etcd_nodes.hpp"
#include "support/catch.hpp"
#include "support/etcd_rig.hpp"

using namespace synapse;
using namespace synapse::cluster;
using synapse::test::Deadline;
using synapse::test::EtcdRig;

namespace {

constexpr const char* said =
    "# HELP etcd_disk_wal_fsync_duration_seconds The latency distributions\n"
    "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.001\"} 20\n"
    "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.008\"} 980\n"
    "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.016\"} 1000\n"
    "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 1000\n"
    "etcd_disk_wal_fsync_duration_seconds_sum 5.5\n"
    "etcd_mvcc_db_total_size_in_bytes 1.6777216e+07\n"
    "etcd_mvcc_db_total_size_in_use_in_bytes 20480\n"
    "etcd_server_has_leader 1\n"
    "etcd_server_quota_backend_bytes 2.147483648e+09\n"
    "go_gc_duration_seconds{quantile=\"0\"} 5\n";

std::vector<etcd::SyncCount> counts(double quick, double slow, double endless = 0) {
  return {{0.001, quick}, {0.010, quick + slow}, {HUGE_VAL, quick + slow + endless}};
}

}  // namespace

TEST_CASE("what a node of etcd says of its disk is read, and what is none is refused",
          "[cluster][etcd]") {
  const auto metrics = etcd::read_metrics(said);
  REQUIRE(metrics.has_value());
  CHECK(metrics->has_leader);
  CHECK(metrics->file_bytes == 16'777'216);
  CHECK(metrics->used_bytes == 20'480);
  CHECK(metrics->quota_bytes == 2'147'483'648);
  REQUIRE(metrics->syncs.size() == 4);
  CHECK(metrics->syncs[1].count == 980);
  CHECK(etcd::sync_p99({}, metrics->syncs) == Approx(0.012));
  for (const char* bad : {"", "etcd_server_has_leader 1\n", "<html></html>", "etcd_ etcd_ -1\n"}) {
    CHECK(etcd::read_metrics(bad).has_error());
  }
}

TEST_CASE("of a disk's syncs those count that came since, and some hundred are needed to tell",
          "[cluster][etcd]") {
  CHECK_FALSE(etcd::sync_p99({}, {}));
  CHECK_FALSE(etcd::sync_p99({}, counts(99, 0)));
  CHECK(etcd::sync_p99({}, counts(100, 0)) <= 0.001);
  // Slow for long, and quick of late.
  CHECK(etcd::sync_p99({}, counts(200, 1000)) > 0.009);
  CHECK(etcd::sync_p99(counts(0, 1000), counts(200, 1000)) <= 0.001);
  CHECK_FALSE(etcd::sync_p99(counts(100, 1000), counts(150, 1000)));
  // Of those beyond the last bound no more is known than that.
  CHECK(etcd::sync_p99({}, counts(0, 0, 200)) == Approx(0.010));
}

TEST_CASE("each node of etcd tells of its disk, and one that is down is named with why",
          "[cluster][etcd]") {
  SYNAPSE_NEEDS_ETCD();
  EtcdRig rig(3);
  EtcdOptions options;
  for (const std::string& endpoint : rig.endpoints()) {
    options.endpoints.push_back(net::parse_http_uri("http://" + endpoint).value());
  }
  boost::asio::io_context io;
  EtcdNodes nodes(io.get_executor(), options);
  const auto look = [&] {
    bool is_done = false;
    nodes.look([&] { is_done = true; });
    const Deadline deadline = test::patience;
    while (!is_done) {
      REQUIRE_FALSE(deadline.passed());
      io.restart();
      io.run_one_for(std::chrono::milliseconds(20));
    }
  };
  look();
  REQUIRE(nodes.nodes().size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const EtcdNode& node = nodes.nodes()[i];
    CHECK(node.at == rig.endpoints()[i]);
    CHECK(node.problem.empty());
    CHECK(node.metrics.has_leader);
    CHECK(node.metrics.quota_bytes > node.metrics.file_bytes);
  }
  rig.kill(1);
  look();
  CHECK(nodes.nodes()[0].problem.empty());
  CHECK_FALSE(nodes.nodes()[1].problem.empty());
}
