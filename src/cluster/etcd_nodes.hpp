// SPDX-License-Identifier: AGPL-3.0-or-later
// The nodes of etcd one by one, as each says of its own disk. A bus is as quick as the second
// slowest disk of three, and ends to take changes when the first is full; nothing else tells whose
// that is.
//
// Asynchronous, on the executor of whoever holds it; nothing is called after it is gone.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cluster/etcd_metrics.hpp"
#include "cluster/etcd_options.hpp"

namespace synapse::cluster {

struct EtcdNode {
  std::string at;       // HOST:PORT.
  std::string problem;  // Why it did not tell; blank: it did.
  etcd::NodeMetrics metrics;
  // Seconds, of the looks that are remembered; before there are enough, since the node's start.
  std::optional<double> sync_p99;
};

class EtcdNodes {
 public:
  EtcdNodes(const boost::asio::any_io_executor& executor, EtcdOptions options);

  // Asks each of them, one after the other, and says when all have answered or had their time. One
  // look at a time.
  void look(std::function<void()> done);
  [[nodiscard]] bool is_looking() const { return done_ != nullptr; }
  // As they were at the last look; none before it.
  [[nodiscard]] const std::vector<EtcdNode>& nodes() const { return nodes_; }

 private:
  void ask_next();
  void answered(const Result<net::HttpResponse>& response);

  // Of each node; with a look a minute it is some of the last ten.
  static constexpr std::size_t looks_max = 10;

  const EtcdOptions options_;
  net::HttpLine line_;
  std::vector<EtcdNode> nodes_;
  std::vector<EtcdNode> next_;
  std::vector<std::deque<std::vector<etcd::SyncCount>>> looks_;
  std::function<void()> done_;
};

}  // namespace synapse::cluster
