// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cluster/etcd_nodes.hpp"

#include <utility>

#include "base/assert.hpp"

namespace synapse::cluster {

namespace {

constexpr std::chrono::milliseconds node_patience{3'000};

}  // namespace

EtcdNodes::EtcdNodes(const boost::asio::any_io_executor& executor, EtcdOptions options)
    : options_(std::move(options)),
      line_(executor, line_options(options_)),
      looks_(options_.endpoints.size()) {}

void EtcdNodes::look(std::function<void()> done) {
  SYNAPSE_ASSERT(!is_looking());
  done_ = std::move(done);
  next_.clear();
  ask_next();
}

void EtcdNodes::ask_next() {
  if (next_.size() == options_.endpoints.size()) {
    nodes_ = std::exchange(next_, {});
    return std::exchange(done_, nullptr)();
  }
  net::HttpCall call;
  call.uri = options_.endpoints[next_.size()];
  call.uri.target = "/metrics";
  call.timeout = node_patience;
  call.request.method = "GET";
  line_.ask(std::move(call),
            [this](const Result<net::HttpResponse>& response) { answered(response); });
}

void EtcdNodes::answered(const Result<net::HttpResponse>& response) {
  const std::size_t place = next_.size();
  EtcdNode& node = next_.emplace_back();
  node.at = options_.endpoints[place].authority();
  if (!response) {
    node.problem = response.error().message;
  } else if (response->status != 200) {
    node.problem = "HTTP status " + std::to_string(response->status);
  } else if (auto metrics = etcd::read_metrics(response->body); !metrics) {
    node.problem = metrics.error().message;
  } else {
    node.metrics = *std::move(metrics);
    auto& looks = looks_[place];
    // It has started anew, and counts from the beginning.
    const bool is_new = !looks.empty() && !looks.back().empty() &&
                        looks.back().back().count > node.metrics.syncs.back().count;
    if (is_new) looks.clear();
    if (!looks.empty()) node.sync_p99 = etcd::sync_p99(looks.front(), node.metrics.syncs);
    if (!node.sync_p99) node.sync_p99 = etcd::sync_p99({}, node.metrics.syncs);
    looks.push_back(node.metrics.syncs);
    if (looks.size() > looks_max) looks.pop_front();
  }
  ask_next();
}

}  // namespace synapse::cluster
