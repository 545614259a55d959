// SPDX-License-Identifier: AGPL-3.0-or-later
#include "support/etcd_rig.hpp"

#include <csignal>
#include <stdexcept>

#include "support/http_peer.hpp"
#include "support/loopback.hpp"

namespace synapse::test {

bool EtcdRig::is_installed() {
  static const bool installed = [] {
    const Finished finished = run(Command{{"etcd", "--version"}});
    return finished.status && finished.status->as_number() == 0;
  }();
  return installed;
}

EtcdRig::EtcdRig(std::size_t nodes) {
  for (std::size_t i = 0; i < nodes; ++i) {
    ports_.push_back(free_port());
    peer_ports_.push_back(free_port());
    endpoints_.push_back("127.0.0.1:" + std::to_string(ports_.back()));
    members_ += (i == 0 ? "" : ",") + std::string("n") + std::to_string(i) +
                "=http://127.0.0.1:" + std::to_string(peer_ports_.back());
  }
  nodes_.resize(nodes);
  for (std::size_t i = 0; i < nodes; ++i) start(i);
  for (std::size_t i = 0; i < nodes; ++i) {
    if (wait_until_healthy(i, patience)) continue;
    throw std::runtime_error("etcd does not come up: " + nodes_[i]->err());
  }
}

std::string EtcdRig::list() const {
  std::string list;
  for (const std::string& endpoint : endpoints_) list += (list.empty() ? "" : ",") + endpoint;
  return list;
}

void EtcdRig::start(std::size_t node) {
  const std::string name = "n" + std::to_string(node);
  const std::string client = "http://" + endpoints_[node];
  const std::string peer = "http://127.0.0.1:" + std::to_string(peer_ports_[node]);
  nodes_[node] = std::make_unique<ChildProcess>(Command{{"etcd",
                                                         "--name",
                                                         name,
                                                         "--data-dir",
                                                         (folder_ / name).string(),
                                                         "--listen-client-urls",
                                                         client,
                                                         "--advertise-client-urls",
                                                         client,
                                                         "--listen-peer-urls",
                                                         peer,
                                                         "--initial-advertise-peer-urls",
                                                         peer,
                                                         "--initial-cluster",
                                                         members_,
                                                         "--initial-cluster-state",
                                                         "new",
                                                         "--initial-cluster-token",
                                                         folder_.path().string(),
                                                         "--log-level",
                                                         "error"}});
}

void EtcdRig::kill(std::size_t node) {
  nodes_[node]->send_signal(SIGKILL);
  static_cast<void>(nodes_[node]->wait(patience));
}

void EtcdRig::freeze(std::size_t node) { nodes_[node]->send_signal(SIGSTOP); }
void EtcdRig::thaw(std::size_t node) { nodes_[node]->send_signal(SIGCONT); }

std::optional<std::string> EtcdRig::ask(std::size_t node, const std::string& path,
                                        const std::string& body) const {
  try {
    HttpPeer peer(ports_[node]);
    const HttpReply reply = peer.ask("POST", path, {}, body);
    if (reply.status == 200) return reply.body;
  } catch (const std::runtime_error&) {
    // It is not up, or has no majority.
  }
  return std::nullopt;
}

bool EtcdRig::wait_until_healthy(std::size_t node, const Deadline& deadline) const {
  return eventually(deadline, [&] {
    return ask(node, "/v3/kv/put", R"({"key":"aGVhbHRo","value":"eQ=="})").has_value();
  });
}

std::size_t EtcdRig::leader() const {
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const auto status = ask(node, "/v3/maintenance/status", "{}");
    if (!status) continue;
    const auto text = [&](const std::string& name) {
      const std::size_t at = status->find("\"" + name + "\":\"");
      if (at == std::string::npos) return std::string();
      const std::size_t begin = at + name.size() + 4;
      return status->substr(begin, status->find('"', begin) - begin);
    };
    if (!text("leader").empty() && text("leader") == text("member_id")) return node;
  }
  throw std::runtime_error("etcd has no leader");
}

}  // namespace synapse::test
