// SPDX-License-Identifier: AGPL-3.0-or-later
// What people tell a bus by one of its hubs: which hub takes no sockets any more (POST
// /cluster/drain), and that etcd is to forget at once what all hubs have on disk (POST
// /cluster/compact). Both go through the bus's log, so that any hub may be asked.
//
// Belongs to the hub's strand; the run of the hub drives it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "cluster/etcd_nodes.hpp"
#include "hub/cluster_log.hpp"
#include "hub/cluster_peers.hpp"

namespace synapse::hub {

class ClusterControl {
 public:
  // All outlive it.
  struct Parts {
    ClusterLog& log;
    ClusterPeers& peers;
    cluster::EtcdNodes& nodes;
  };
  explicit ClusterControl(Parts parts) : parts_(parts) {}

  using Reply = std::function<void(net::HttpResponse)>;
  // By its headers, so that no page in a browser can send it unasked: Synapse-Hub, a name or an
  // address, and Synapse-Drain, on or off. Answered once it is on its way.
  [[nodiscard]] net::HttpResponse drain(const net::HttpRequest& request);
  // Answered when it is done, or can't be; one at a time.
  void compact(Moment now, Reply reply);

  // All hubs, this one too, were told to save their state as it is at that place.
  void told_to_save(cluster::Revision revision);
  // Whenever something came out of the log, and every now and then.
  void work(Moment now);

 private:
  // What a compaction waits for: how full etcd is, that the request comes out of the log, what all
  // hubs have on disk, that etcd has forgotten, and how full it is then.
  enum class Step { nothing, turn, first_look, log, hubs, etcd, next_turn, last_look };

  void look_first();
  void forget();
  void look_last();
  void tell();
  void answer(net::HttpResponse response);
  [[nodiscard]] std::vector<std::string> late_hubs() const;
  [[nodiscard]] cluster::Revision covered() const;

  Parts parts_;
  Step step_ = Step::nothing;
  Reply reply_;
  Mono deadline_{0};
  cluster::Revision saved_ = 0;      // All hubs are to have this on disk.
  cluster::Revision asked_ = 0;      // That etcd forgets up to this,
  cluster::Revision forgotten_ = 0;  // and it has up to this.
  std::vector<cluster::EtcdNode> before_;
};

}  // namespace synapse::hub
