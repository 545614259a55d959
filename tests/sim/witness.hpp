// SPDX-License-Identifier: AGPL-3.0-or-later
// A witness of everything that a hub tells anybody. It knows what the log would still hold after a
// crash and after a power cut, and objects when somebody is told of a change that could be lost, or
// of a lease on what another was told is theirs.
//
// It shares nothing with the hub but the words on the wire and in the log (docs/protocol.md,
// docs/operations.md).
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "sim/universe.hpp"
#include "store/event_store.hpp"

namespace synapse::sim {

class Witness {
 public:
  using Json = nlohmann::json;

  explicit Witness(Universe& universe) : universe_(universe) {}

  // What is in the log now: `synced` outlives a power cut, `written` a crash; each from where the
  // last call ended.
  void log_grew(std::span<const store::Entry> written, std::span<const store::Entry> synced);
  // The machine lost power: what was only written is gone.
  void power_cut() { written_ = synced_; }

  // The agent asks something about the task: until it is answered nobody can say whether it holds
  // what it held.
  void asks(const std::string& agent, const std::string& task_id);
  void is_answered(const std::string& agent) { asking_.erase(agent); }

  // A frame that reached somebody, in order. What is wrong with it, if anything is.
  [[nodiscard]] std::optional<std::string> told(const Json& frame, double now);
  // An answer that is given again after a crash: it was true once.
  [[nodiscard]] std::optional<std::string> told_again(const Json& frame, double now);

  // What an idempotent request was answered according to the log; null: it knows of none.
  [[nodiscard]] const Json* answer(const std::string& key) const;

  // How much of what matters it has seen, for a test of the test.
  [[nodiscard]] std::size_t grants() const { return grants_; }
  [[nodiscard]] std::size_t facts_checked() const { return facts_checked_; }

 private:
  struct Held {
    std::string owner;
    std::string worktree;
    bool has_files = true;
    Universe::Cover cover;
    double expires_at = 0;
  };

  // What one reads in a log.
  struct Knowledge {
    std::set<std::string> facts;
    std::map<std::string, Json> leases;  // By task id: the last record, with its renewals.
  };

  void learn(const store::Entry& entry, Knowledge& known);
  void learn_lease(const Json& lease, Knowledge& known);
  [[nodiscard]] std::optional<std::string> missing(const std::string& fact, const Knowledge& known);
  [[nodiscard]] std::optional<std::string> check_facts(const Json& frame, double now);
  [[nodiscard]] std::optional<std::string> check_mail(const Json& id, const Json& recipient);
  [[nodiscard]] std::optional<std::string> check_snapshot(const Json& snapshot);
  [[nodiscard]] std::optional<std::string> granted(const Json& frame, double now);

  Universe& universe_;
  Knowledge synced_;
  Knowledge written_;
  std::map<std::string, Json> answers_;
  std::map<std::uint64_t, double> ends_;       // By epoch: until when the log has the lease last.
  std::map<std::string, Held> held_;           // By task id: whom everybody was told it belongs to.
  std::map<std::string, std::string> asking_;  // Who asks about which task.
  std::set<std::uint64_t> epochs_told_;
  std::size_t grants_ = 0;
  std::size_t facts_checked_ = 0;
};

}  // namespace synapse::sim
