// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/diagnosis.hpp"

#include <algorithm>
#include <cmath>

#include "base/strings.hpp"
#include "net/http_rules.hpp"
#include "net/uri.hpp"

namespace synapse::services {

Finding check_identity(const Identity& who) {
  if (!who.plausible) {
    return {"identity", Health::failure,
            "the project would be '" + who.project + "' (from " + std::string(to_text(who.source)) +
                "), which is hardly meant",
            "export SYN_PROJECT=NAME, or give --project NAME"};
  }
  const std::string what = "project '" + who.project + "', identity '" + who.identity + "'";
  if (who.source == IdentitySource::cwd) {
    return {"identity", Health::warning,
            what + ", from the working directory: elsewhere it would be another",
            "export SYN_PROJECT=" + who.project};
  }
  return {"identity", Health::ok, what + ", from " + std::string(to_text(who.source))};
}

Finding check_send_identity(const std::string& name, const std::string& project) {
  const bool misses = name.size() > project.size() + 1 && name.starts_with(project + "-");
  if (!misses) return {"send-identity", Health::ok, "answers to '" + name + "' find their way"};
  const std::string suffix = name.substr(project.size() + 1);
  return {"send-identity", Health::warning,
          "answers to '" + name + "' miss the inbox of project '" + project + "'",
          "send as '" + project + "/" + suffix + "'"};
}

Finding check_exposure(const std::string& uri, Token token) {
  const Result<std::vector<net::Uri>> parsed = net::parse_uris(uri);
  if (!parsed) {
    return {"exposure", Health::warning, "that is no address of a hub",
            "give --uri or SYNAPSE_URI as ws://HOST:PORT"};
  }
  if (std::all_of(parsed->begin(), parsed->end(),
                  [](const net::Uri& one) { return net::is_loopback(one.host); })) {
    return {"exposure", Health::ok, uri + " stays on this machine"};
  }
  if (token == Token::given) return {"exposure", Health::ok, uri + " is used with a token"};
  return {"exposure", Health::warning, uri + " is beyond this machine, and there is no token",
          "run that hub with a token, and give it by --token-file or SYNAPSE_TOKEN"};
}

Finding check_hub(const std::string& uri, const Roster& online) {
  if (online) return {"hub", Health::ok, uri + " answers"};
  std::string remedy = "start it with `synapse hub`, or point --uri at one that runs";
  if (online.error().code == ErrorCode::auth_denied) {
    remedy = "give the hub's token by --token-file or SYNAPSE_TOKEN";
  } else if (online.error().code == ErrorCode::invalid_name) {
    remedy = "choose another project or identity: the hub binds no such name";
  } else if (online.error().code == ErrorCode::tls_failed) {
    remedy = "give the certificate to trust by --tls-ca";
  }
  // An address that can't be read may have a password in it.
  const bool is_readable = online.error().code != ErrorCode::bad_argument;
  return {"hub", Health::failure, (is_readable ? uri + ": " : "") + online.error().message, remedy};
}

Finding check_waiter(const Identity& who, const Roster& online) {
  if (!online) {
    return {"waiter", Health::warning, "whether '" + who.waiter + "' listens can't be learned",
            "see to the hub first"};
  }
  if (std::find(online->begin(), online->end(), who.waiter) != online->end()) {
    return {"waiter", Health::ok, "'" + who.waiter + "' listens"};
  }
  return {"waiter", Health::warning, "nobody listens as '" + who.waiter + "'",
          "run `syn arm` in the background, or `synapse init --start-user-services`"};
}

std::optional<Finding> check_mail(const std::string& name, const UnreadMail& unread) {
  if (unread.count == 0) return std::nullopt;
  return Finding{"mail", Health::warning,
                 std::to_string(unread.count) + " message(s) for '" + name +
                     "' wait unread, since " + unread.since,
                 "run `syn inbox`"};
}

Finding check_cluster(const ClusterHealth& health) {
  constexpr double clocks_apart_max = 2;
  const std::string hubs = std::to_string(health.versions.size()) + " hub(s)";
  if (!health.has_quorum) {
    return {"cluster", Health::failure,
            "the hub can't reach a majority of etcd: it takes no change",
            "start the etcd nodes that are down, or mend the network between them"};
  }
  if (!health.agrees) {
    return {"cluster", Health::failure, "the states of two hubs differ",
            "see `synapse cluster status`, and start the hub anew that is alone with its state"};
  }
  if (!health.silent.empty()) {
    return {"cluster", Health::warning, base::join(health.silent, ", ") + " is silent",
            "look at that hub's machine"};
  }
  const auto is_other = [&](const std::string& one) { return one != health.versions.front(); };
  if (std::any_of(health.versions.begin(), health.versions.end(), is_other)) {
    return {"cluster", Health::warning, hubs + ", of several versions",
            "bring all of them to one version"};
  }
  if (health.clocks_apart > clocks_apart_max) {
    return {"cluster", Health::warning,
            "clocks are " + std::to_string(static_cast<int>(health.clocks_apart)) + " s apart",
            "let the machines' clocks be set by NTP"};
  }
  if (!health.draining.empty()) {
    return {"cluster", Health::warning,
            base::join(health.draining, ", ") + " takes no sockets: it is being drained",
            "stop it, or let it take some again: synapse cluster drain --undo HUB"};
  }
  return {"cluster", Health::ok, hubs + " share the bus"};
}

std::optional<Finding> check_etcd(const std::vector<EtcdHealth>& nodes) {
  // What etcd's own guide asks for; and its nodes' heartbeats, which a sync of that length delays.
  constexpr double sync_good = 0.010;
  constexpr double sync_bad = 0.100;
  constexpr double quota_much = 0.75;
  constexpr double quota_full = 0.95;
  constexpr const char* make_room =
      "synapse cluster compact, then etcdctl defrag on one node after the other; if it is full "
      "already, etcdctl alarm disarm; or a larger --quota-backend-bytes";
  if (nodes.empty()) return std::nullopt;
  const auto at = [](const EtcdHealth& node) { return "etcd at " + node.at; };
  const auto percent = [](double part) { return std::to_string(static_cast<int>(100 * part)); };
  const EtcdHealth& fullest = *std::max_element(
      nodes.begin(), nodes.end(),
      [](const EtcdHealth& a, const EtcdHealth& b) { return a.quota_used < b.quota_used; });
  const EtcdHealth& slowest =
      *std::max_element(nodes.begin(), nodes.end(), [](const EtcdHealth& a, const EtcdHealth& b) {
        return a.sync_p99.value_or(0) < b.sync_p99.value_or(0);
      });
  const std::string used = " has used " + percent(fullest.quota_used) + " % of its quota";
  if (fullest.quota_used >= quota_full) {
    return Finding{"etcd", Health::failure, at(fullest) + used + ": soon it takes no more changes",
                   make_room};
  }
  const double sync = slowest.sync_p99.value_or(0);
  const std::string takes =
      " takes " + std::to_string(std::lround(1000 * sync)) + " ms for a sync (p99)";
  const char* disk =
      "give it a disk that syncs in less than 10 ms, and that nothing else writes to";
  if (sync > sync_bad) return Finding{"etcd", Health::failure, at(slowest) + takes, disk};
  for (const EtcdHealth& node : nodes) {
    if (node.problem.empty()) continue;
    return Finding{"etcd", Health::warning, at(node) + " does not say how it is: " + node.problem,
                   "see whether it runs; the loss of one more may be the loss of the majority"};
  }
  if (fullest.quota_used >= quota_much) {
    return Finding{"etcd", Health::warning, at(fullest) + used, make_room};
  }
  if (sync > sync_good) return Finding{"etcd", Health::warning, at(slowest) + takes, disk};
  return Finding{"etcd", Health::ok,
                 std::to_string(nodes.size()) + " node(s)" +
                     (slowest.sync_p99 ? "," + takes : std::string()) + ", quota used " +
                     percent(fullest.quota_used) + " %"};
}

Verdict judge(const std::vector<Finding>& findings) {
  Verdict verdict;
  for (const Finding& finding : findings) {
    if (finding.health == Health::failure) ++verdict.failures;
    if (finding.health == Health::warning) ++verdict.warnings;
  }
  return verdict;
}

}  // namespace synapse::services
