// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/cluster_status.hpp"

#include <array>
#include <cstdio>

#include "wire/json_writer.hpp"

namespace synapse::hub {

namespace {

// Readers of JSON have no whole numbers of 64 bits.
std::string digest_text(std::uint64_t digest) {
  std::array<char, 20> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(digest));
  return text.data();
}

void write_hub(wire::JsonWriter& json, const ClusterStatus::Hub& hub) {
  json.begin_object()
      .field("name", hub.name)
      .field("url", hub.url)
      .field("version", hub.version)
      .field("rules", std::uint64_t{hub.rules})
      .key("self")
      .boolean(hub.is_self)
      .key("silent")
      .boolean(hub.is_silent)
      .key("draining")
      .boolean(hub.drains)
      .field("heard_seconds", hub.heard_seconds)
      .field("clock_ahead", hub.clock_ahead)
      .field("snapshot", hub.snapshot)
      .field("digest", hub.snapshot == 0 ? std::string() : digest_text(hub.digest))
      .end_object();
}

void write_node(wire::JsonWriter& json, const cluster::EtcdNode& node) {
  json.begin_object()
      .field("at", node.at)
      .field("error", node.problem)
      .key("leader")
      .boolean(node.metrics.has_leader)
      .field("file", node.metrics.file_bytes)
      .field("used", node.metrics.used_bytes)
      .field("quota", node.metrics.quota_bytes)
      .field("sync_p99", node.sync_p99)
      .end_object();
}

}  // namespace

std::string to_json(const ClusterStatus& status) {
  wire::JsonWriter json;
  json.begin_object()
      .field("bus", status.bus)
      .key("quorum")
      .boolean(status.has_quorum)
      .field("rules", std::uint64_t{status.rules})
      .field("revision", status.revision)
      .field("agreement", status.agreement)
      .field("agents", status.agents)
      .field("ignored_batches", status.ignored_batches)
      .key("hubs")
      .begin_array();
  for (const ClusterStatus::Hub& hub : status.hubs) write_hub(json, hub);
  json.end_array().key("nodes").begin_array();
  for (const cluster::EtcdNode& node : status.nodes) write_node(json, node);
  return json.end_array().end_object().take();
}

}  // namespace synapse::hub
