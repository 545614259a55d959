// SPDX-License-Identifier: AGPL-3.0-or-later
// What doctor looks for: the ways in which an agent that seems to work is alone. Each check is a
// function of what was found out, so that it can be told what it would take a broken machine to
// see.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "services/identity.hpp"

namespace synapse::services {

enum class Health { ok, warning, failure };

struct Finding {
  std::string check;
  Health health = Health::ok;
  std::string what;
  std::string remedy = {};  // What to do; blank where nothing is wrong.
};

// Fails where it is hardly meant, warns where it hangs on the working directory.
[[nodiscard]] Finding check_identity(const Identity& who);
// Answers to a PROJECT-SUFFIX reach nobody who reads the project's inbox; PROJECT/SUFFIX does.
[[nodiscard]] Finding check_send_identity(const std::string& name, const std::string& project);
enum class Token { none, given };
[[nodiscard]] Finding check_exposure(const std::string& uri, Token token);
// Who is online, or why that could not be learned.
using Roster = Result<std::vector<std::string>>;
[[nodiscard]] Finding check_hub(const std::string& uri, const Roster& online);
[[nodiscard]] Finding check_waiter(const Identity& who, const Roster& online);

// Messages that wait unread; nothing where there are none, so that what is well reads as ever.
struct UnreadMail {
  std::uint64_t count = 0;
  std::string since;  // When the oldest was sent, for people.
};
[[nodiscard]] std::optional<Finding> check_mail(const std::string& name, const UnreadMail& unread);

// Of the hubs that share a bus, as one of them sees them.
struct ClusterHealth {
  bool has_quorum = true;
  bool agrees = true;                 // No two of them have made something else of the same log.
  std::vector<std::string> silent;    // Names of those that were not heard lately.
  std::vector<std::string> versions;  // A hub each.
  std::vector<std::string> draining;  // Names of those that take no sockets.
  double clocks_apart = 0;            // Seconds.
};
[[nodiscard]] Finding check_cluster(const ClusterHealth& health);

// Of a node of the etcd that they share.
struct EtcdHealth {
  std::string at;
  std::string problem;             // Why it does not say how it is; blank: it does.
  double quota_used = 0;           // Of 1.
  std::optional<double> sync_p99;  // Seconds; nothing: too few syncs yet.
};
// Nothing where no node is known, for a hub of an older version.
[[nodiscard]] std::optional<Finding> check_etcd(const std::vector<EtcdHealth>& nodes);

struct Verdict {
  int failures = 0;
  int warnings = 0;
};
[[nodiscard]] Verdict judge(const std::vector<Finding>& findings);

}  // namespace synapse::services
