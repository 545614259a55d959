// SPDX-License-Identifier: AGPL-3.0-or-later
// What the hub counts, and how it writes it down.
#include "hub/metrics.hpp"

#include <sstream>

#include "hub/engine_rig.hpp"
#include "support/catch.hpp"

namespace synapse::test {

namespace {

std::string full_text(const hub::Metrics& metrics) {
  return hub::prometheus_text(metrics, {}, hub::Detail::full);
}

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("the classic text is the original's samples and no more", "[hub][metrics]") {
  hub::Metrics metrics;
  metrics.messages = 9;
  hub::Gauges gauges;
  gauges.connected_clients = 3;
  gauges.online_agents = 2;
  gauges.active_claims = 4;
  gauges.resource_offers = 5;
  gauges.chat_history_messages = 6;
  gauges.blackboard_tasks = 7;
  const std::string text = hub::prometheus_text(metrics, gauges, hub::Detail::classic);
  std::istringstream lines(text);
  std::vector<std::string> samples;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("#")) samples.push_back(line);
  }
  CHECK(samples ==
        std::vector<std::string>{"synapse_up 1", "synapse_connected_clients 3",
                                 "synapse_online_agents 2", "synapse_active_claims 4",
                                 "synapse_resource_offers 5", "synapse_chat_history_messages 6",
                                 "synapse_blackboard_tasks 7", "synapse_messages_total 9"});
  CHECK(has_line(text, "# TYPE synapse_messages_total counter"));
  CHECK(has_line(text, "# TYPE synapse_active_claims gauge"));
}

TEST_CASE("every sample of the full text is announced with a help and a type", "[hub][metrics]") {
  hub::Metrics metrics;
  metrics.refusals["task_held"] = 2;
  std::istringstream lines(full_text(metrics));
  std::string family;
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      std::getline(lines, line);
      CHECK(line.starts_with("# TYPE " + family + " "));
    } else {
      CHECK(line.starts_with(family));
    }
  }
  CHECK(has_line(full_text(metrics), "synapse_refusals_total{code=\"task_held\"} 2"));
}

TEST_CASE("a histogram counts a value in its bucket and in all above", "[hub][metrics]") {
  hub::Metrics metrics;
  for (const double seconds : {0.0, 0.0001, 0.00011, 0.7, 5.0}) {
    metrics.answer_seconds.observe(seconds);
  }
  const std::string text = full_text(metrics);
  CHECK(has_line(text, "synapse_answer_seconds_bucket{le=\"0.0001\"} 2"));
  CHECK(has_line(text, "synapse_answer_seconds_bucket{le=\"0.00025\"} 3"));
  CHECK(has_line(text, "synapse_answer_seconds_bucket{le=\"0.5\"} 3"));
  CHECK(has_line(text, "synapse_answer_seconds_bucket{le=\"1\"} 4"));
  CHECK(has_line(text, "synapse_answer_seconds_bucket{le=\"+Inf\"} 5"));
  CHECK(has_line(text, "synapse_answer_seconds_count 5"));
  CHECK(has_line(text, "synapse_answer_seconds_sum 5.70021"));
}

TEST_CASE("the engine counts what it grants, refuses, ends, hears and says", "[hub][metrics]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  hub::Metrics& metrics = rig.engine().metrics();
  const hub::Metrics before = metrics;

  const Json claim{{"type", "claim"}, {"task_id", "T"}, {"ttl_seconds", 30}};
  rig.say(a, claim);
  rig.say(b, claim);
  rig.say_text(b, "{");
  rig.advance(30);
  CHECK(metrics.grants == before.grants + 1);
  CHECK(metrics.refusals["task_held"] == 1);
  CHECK(metrics.refusals["malformed_json"] == 1);
  CHECK(metrics.expiries == 1);
  CHECK(metrics.messages == before.messages + 2);
  CHECK(metrics.frames_in == before.frames_in + 3);
  CHECK(metrics.bytes_in == before.bytes_in + 2 * claim.dump().size() + 1);
  // The grant and the end of the lease to both, and a refusal and an error to B.
  CHECK(metrics.frames_out == before.frames_out + 6);
  CHECK(metrics.bytes_out > before.bytes_out);
}

TEST_CASE("the time to an answer is counted when the answer leaves, not before", "[hub][metrics]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  const std::string count = "synapse_answer_seconds_count ";
  CHECK(has_line(full_text(rig.engine().metrics()), count + "1"));
  rig.say(a, {{"payload", "hello"}});
  CHECK(has_line(full_text(rig.engine().metrics()), count + "1"));
  rig.advance(2);
  rig.commit();
  const std::string text = full_text(rig.engine().metrics());
  CHECK(has_line(text, count + "2"));
  CHECK(has_line(text, "synapse_answer_seconds_sum 2"));
}

TEST_CASE("the gauges follow the state", "[hub][metrics]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  const Peer nameless = rig.connect();
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}});
  rig.say(b, {{"type", "claim"}, {"task_id", "T"}, {"wait", true}});
  rig.say(a, {{"type", "resource"}, {"kind", "gpu"}, {"name", "g"}});
  rig.say(a, {{"type", "ledger_task"}, {"task_id", "P"}, {"title", "p"}});
  rig.say(a, {{"payload", "hello"}});
  const hub::Gauges gauges = rig.engine().gauges();
  CHECK(gauges.connected_clients == 3);
  CHECK(gauges.online_agents == 2);
  CHECK(gauges.active_claims == 1);
  CHECK(gauges.queued_claims == 1);
  CHECK(gauges.resource_offers == 1);
  CHECK(gauges.blackboard_tasks == 1);
  CHECK(gauges.chat_history_messages == 1);
  CHECK_FALSE(gauges.read_only);
}

TEST_CASE("a hub of a cluster tells of the log's reach and of each hub, one that is alone nothing",
          "[hub][metrics][cluster]") {
  hub::Metrics metrics;
  CHECK(prometheus_text(metrics, {}, hub::Detail::full).find("cluster") == std::string::npos);
  hub::ClusterStatus& cluster = metrics.cluster.emplace();
  cluster.has_quorum = true;
  cluster.revision = 12;
  cluster.agreement = "differs";
  cluster.hubs.resize(2);
  cluster.hubs[0].name = "hub-1";
  cluster.hubs[0].heard_seconds = 0.5;
  cluster.hubs[1].name = "hub-2";
  cluster.hubs[1].clock_ahead = -2;
  cluster.hubs[1].is_self = true;
  cluster.hubs[1].drains = true;
  cluster.nodes.resize(2);
  cluster.nodes[0].at = "a:2379";
  cluster.nodes[0].sync_p99 = 0.25;
  cluster.nodes[1].at = "b:2379";
  cluster.nodes[1].metrics.file_bytes = 1;
  cluster.nodes[1].metrics.quota_bytes = 4;
  const std::string text = prometheus_text(metrics, {}, hub::Detail::full);
  CHECK(has_line(text, "synapse_cluster_quorum 1"));
  CHECK(has_line(text, "synapse_cluster_hubs 2"));
  CHECK(has_line(text, "synapse_cluster_draining 1"));
  CHECK(has_line(text, "synapse_cluster_etcd_sync_seconds{node=\"a:2379\"} 0.25"));
  CHECK(has_line(text, "synapse_cluster_etcd_quota_used{node=\"b:2379\"} 0.25"));
  CHECK(has_line(text, "synapse_cluster_revision 12"));
  CHECK(has_line(text, "synapse_cluster_agrees 0"));
  CHECK(has_line(text, "synapse_cluster_heard_seconds{hub=\"hub-1\"} 0.5"));
  CHECK(has_line(text, "synapse_cluster_clock_ahead_seconds{hub=\"hub-2\"} -2"));
}

}  // namespace synapse::test
