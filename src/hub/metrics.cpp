// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/metrics.hpp"

#include <algorithm>
#include <cstdio>

namespace synapse::hub {

namespace {

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.9g", value);
  return text.data();
}

void header(std::string& out, const char* name, const char* help, const char* type) {
  out += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
}

template <class Value>
void sample(std::string& out, const char* name, const char* help, const char* type, Value value) {
  header(out, name, help, type);
  out += std::string(name) + " " + std::to_string(value) + "\n";
}

void write_classic(std::string& out, const Metrics& metrics, const Gauges& gauges) {
  sample(out, "synapse_up", "Whether the hub serves.", "gauge", 1);
  sample(out, "synapse_connected_clients", "Open sockets.", "gauge", gauges.connected_clients);
  sample(out, "synapse_online_agents", "Agents online.", "gauge", gauges.online_agents);
  sample(out, "synapse_active_claims", "Live leases.", "gauge", gauges.active_claims);
  sample(out, "synapse_resource_offers", "Live resource offers.", "gauge", gauges.resource_offers);
  sample(out, "synapse_chat_history_messages", "Chat messages kept.", "gauge",
         gauges.chat_history_messages);
  sample(out, "synapse_blackboard_tasks", "Tasks on the plan.", "gauge", gauges.blackboard_tasks);
  sample(out, "synapse_messages_total", "Frames handled.", "counter", metrics.messages);
}

void write_etcd(std::string& out, const std::vector<cluster::EtcdNode>& nodes) {
  header(out, "synapse_cluster_etcd_sync_seconds",
         "What 99 of 100 syncs of an etcd node's disk take at most.", "gauge");
  for (const cluster::EtcdNode& node : nodes) {
    if (!node.sync_p99) continue;
    out += "synapse_cluster_etcd_sync_seconds{node=\"" + node.at + "\"} " + number(*node.sync_p99) +
           "\n";
  }
  header(out, "synapse_cluster_etcd_quota_used", "Part of an etcd node's quota, of 1.", "gauge");
  for (const cluster::EtcdNode& node : nodes) {
    if (node.metrics.quota_bytes == 0) continue;
    out += "synapse_cluster_etcd_quota_used{node=\"" + node.at + "\"} " +
           number(static_cast<double>(node.metrics.file_bytes) /
                  static_cast<double>(node.metrics.quota_bytes)) +
           "\n";
  }
}

void write_cluster(std::string& out, const Metrics& metrics, const ClusterStatus& cluster) {
  sample(out, "synapse_cluster_quorum", "Whether the cluster's log is within reach.", "gauge",
         cluster.has_quorum ? 1 : 0);
  const auto self = std::find_if(cluster.hubs.begin(), cluster.hubs.end(),
                                 [](const ClusterStatus::Hub& hub) { return hub.is_self; });
  sample(out, "synapse_cluster_draining", "Whether the hub takes no sockets.", "gauge",
         self != cluster.hubs.end() && self->drains ? 1 : 0);
  sample(out, "synapse_cluster_hubs", "Hubs of the bus.", "gauge", cluster.hubs.size());
  sample(out, "synapse_cluster_revision", "Up to where the log is applied.", "gauge",
         cluster.revision);
  sample(out, "synapse_cluster_agrees", "Whether no other hub has another state.", "gauge",
         cluster.agreement == "agrees" || cluster.agreement == "unknown" ? 1 : 0);
  sample(out, "synapse_cluster_ignored_batches_total",
         "Batches that the log had twice or too late.", "counter", cluster.ignored_batches);
  header(out, "synapse_cluster_heard_seconds", "Since a hub was last heard.", "gauge");
  for (const ClusterStatus::Hub& hub : cluster.hubs) {
    out += "synapse_cluster_heard_seconds{hub=\"" + hub.name + "\"} " + number(hub.heard_seconds) +
           "\n";
  }
  header(out, "synapse_cluster_clock_ahead_seconds",
         "Of a hub's wall clock, before the log's time.", "gauge");
  for (const ClusterStatus::Hub& hub : cluster.hubs) {
    out += "synapse_cluster_clock_ahead_seconds{hub=\"" + hub.name + "\"} " +
           number(hub.clock_ahead) + "\n";
  }
  if (!cluster.nodes.empty()) write_etcd(out, cluster.nodes);
  metrics.propose_seconds.write(out, "synapse_cluster_propose_seconds",
                                "From a batch's leaving to its coming out of the log.");
}

}  // namespace

void Histogram::observe(double seconds) {
  const auto bound = std::lower_bound(bounds.begin(), bounds.end(), seconds);
  for (auto i = static_cast<std::size_t>(bound - bounds.begin()); i < cumulative_.size(); ++i) {
    ++cumulative_[i];
  }
  sum_ += seconds;
}

void Histogram::set(const Counts& cumulative, double sum) {
  cumulative_ = cumulative;
  sum_ = sum;
}

void Histogram::write(std::string& out, const char* name, const char* help) const {
  header(out, name, help, "histogram");
  for (std::size_t i = 0; i < cumulative_.size(); ++i) {
    const std::string bound = i < bounds.size() ? number(bounds[i]) : "+Inf";
    out += std::string(name) + "_bucket{le=\"" + bound + "\"} " + std::to_string(cumulative_[i]) +
           "\n";
  }
  out += std::string(name) + "_sum " + number(sum_) + "\n";
  out += std::string(name) + "_count " + std::to_string(cumulative_.back()) + "\n";
}

std::string prometheus_text(const Metrics& metrics, const Gauges& gauges, Detail detail) {
  std::string out;
  write_classic(out, metrics, gauges);
  if (detail == Detail::classic) return out;
  sample(out, "synapse_read_only", "Whether changes are refused because the log failed.", "gauge",
         gauges.read_only ? 1 : 0);
  sample(out, "synapse_queued_claims", "Claims that wait for their turn.", "gauge",
         gauges.queued_claims);
  sample(out, "synapse_grants_total", "Claims granted.", "counter", metrics.grants);
  header(out, "synapse_refusals_total", "Requests refused, by code.", "counter");
  for (const auto& [code, count] : metrics.refusals) {
    out += "synapse_refusals_total{code=\"" + code + "\"} " + std::to_string(count) + "\n";
  }
  sample(out, "synapse_lease_expiries_total", "Leases that ran out.", "counter", metrics.expiries);
  sample(out, "synapse_frames_in_total", "Frames received.", "counter", metrics.frames_in);
  sample(out, "synapse_frames_out_total", "Frames sent.", "counter", metrics.frames_out);
  sample(out, "synapse_flushes_total", "Writes to sockets, each of all frames that waited.",
         "counter", metrics.flushes);
  sample(out, "synapse_bytes_in_total", "Payload bytes received.", "counter", metrics.bytes_in);
  sample(out, "synapse_bytes_out_total", "Payload bytes sent.", "counter", metrics.bytes_out);
  sample(out, "synapse_slow_readers_total", "Sockets closed for reading too slowly.", "counter",
         metrics.slow_readers);
  sample(out, "synapse_relay_dropped_total", "Lines that the relay file lacks.", "counter",
         metrics.relay_dropped);
  sample(out, "synapse_commits_total", "Transactions of the event log.", "counter",
         metrics.commits);
  sample(out, "synapse_events_total", "Events written to the log.", "counter", metrics.events);
  metrics.commit_seconds.write(out, "synapse_commit_seconds", "Time of a commit of the event log.");
  metrics.answer_seconds.write(out, "synapse_answer_seconds",
                               "From a frame's arrival to its answer's leaving.");
  if (metrics.cluster) write_cluster(out, metrics, *metrics.cluster);
  return out;
}

}  // namespace synapse::hub
