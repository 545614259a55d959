// SPDX-License-Identifier: AGPL-3.0-or-later
// EtcdRig: a cluster of real etcd nodes on free loopback ports while its owner lives, for tests of
// what stands on it. Where etcd is not installed a test says so and is skipped.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/temp_dir.hpp"

namespace synapse::test {

class EtcdRig {
 public:
  [[nodiscard]] static bool is_installed();

  // When it returns, the cluster takes changes. Throws std::runtime_error when it doesn't come up.
  explicit EtcdRig(std::size_t nodes);

  // HOST:PORT of each node.
  [[nodiscard]] const std::vector<std::string>& endpoints() const { return endpoints_; }
  // All of them, as --cluster has them before the bus's name.
  [[nodiscard]] std::string list() const;

  void kill(std::size_t node);
  void start(std::size_t node);
  void freeze(std::size_t node);
  void thaw(std::size_t node);
  // The node that leads now.
  [[nodiscard]] std::size_t leader() const;
  // Until changes are taken by that node; false at the deadline.
  [[nodiscard]] bool wait_until_healthy(std::size_t node, const Deadline& deadline) const;
  // An answer of the node's gateway; nothing: it gave none.
  [[nodiscard]] std::optional<std::string> ask(std::size_t node, const std::string& path,
                                               const std::string& body) const;

 private:
  TempDir folder_;
  std::vector<std::uint16_t> ports_;
  std::vector<std::string> endpoints_;
  std::string members_;
  std::vector<std::uint16_t> peer_ports_;
  std::vector<std::unique_ptr<ChildProcess>> nodes_;
};

}  // namespace synapse::test

// For the beginning of a test that needs etcd.
#define SYNAPSE_NEEDS_ETCD()                                      \
  if (!synapse::test::EtcdRig::is_installed()) {                  \
    WARN("skipped: etcd is not installed (Debian: etcd-server)"); \
    return;                                                       \
  }                                                               \
  static_assert(true)
