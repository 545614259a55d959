// SPDX-License-Identifier: AGPL-3.0-or-later
// What the hubs of a bus do for each other beside the log: they tell each other in etcd where they
// are, hand a snapshot to one that comes when the log no longer reaches back far enough for it
// (GET /cluster/snapshot), and have etcd forget what none of them needs.
//
// A snapshot is asked for with a secret that the hubs keep in etcd, and never over a network
// without TLS. That it is the bus's is checked afterwards, like every hub's state: see Agreement.
// On the hub's strand.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cluster/etcd_log.hpp"
#include "hub/cluster_snapshot.hpp"
#include "net/http_line.hpp"
#include "net/http_message.hpp"

namespace synapse::hub {

[[nodiscard]] bool is_for_cluster(const net::HttpRequest& request);

class ClusterPeers {
 public:
  // `etcd` outlives it. `ca`: roots that other hubs' certificates are checked against.
  ClusterPeers(const boost::asio::any_io_executor& executor, cluster::EtcdLog& etcd,
               const std::string& bus, const std::string& ca);

  using Done = std::function<void(Result<>)>;
  // Before anything else of the bus is touched: its secret, and that its log is needed whole.
  void begin(Done done);
  // Where this hub is, under its name.
  void announce(const std::string& hub, const std::string& url);
  // The snapshot of the first other hub that has one. Errors: not_found, with why of each.
  using Fetched = std::function<void(Result<ClusterSnapshot>)>;
  void fetch(Fetched fetched);

  // What others get from now on.
  void offer(ClusterSnapshot snapshot) { offered_ = std::move(snapshot); }
  [[nodiscard]] net::HttpResponse answer(const net::HttpRequest& request) const;

  // This bus needs nothing up to this; what no bus needs is forgotten.
  void forget(cluster::Revision covered);
  // The same where somebody waits for it: up to where etcd has forgotten. Not while is_asking().
  using Forgotten = std::function<void(Result<cluster::Revision>)>;
  void forget_now(cluster::Revision covered, const Forgotten& done);
  [[nodiscard]] bool is_asking() const { return etcd_.is_asking(); }

 private:
  void ask_next(Fetched fetched);
  void forget(cluster::Revision covered, cluster::EtcdLog::Freed freed, const Forgotten& done);

  cluster::EtcdLog& etcd_;
  const std::string folder_;
  const std::string covered_name_;
  net::HttpLine line_;
  std::string secret_;
  std::optional<ClusterSnapshot> offered_;
  std::deque<std::string> to_ask_;
  std::string failures_;
  cluster::Revision forgotten_ = 0;
};

}  // namespace synapse::hub
