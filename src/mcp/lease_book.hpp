// SPDX-License-Identifier: AGPL-3.0-or-later
// The leases that a client holds, each with what renews it. Knows no clock: times come in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "client/lease_renewer.hpp"
#include "mcp/hub_frames.hpp"

namespace synapse::mcp {

class LeaseBook {
 public:
  struct Lease {
    CallId granted_by = 0;  // The call that brought it; 0: none that its client may not know of.
    ClaimScope scope;       // To claim it again with.
    client::LeaseRenewer renewer;
    bool is_told = false;  // That it has run out.
  };

  explicit LeaseBook(Mono lease_ttl) : lease_ttl_(lease_ttl) {}

  // The lease was granted, by an answer to what was sent then.
  void keep(const std::string& task_id, CallId granted_by, ClaimScope scope, Mono sent_at);
  // The answer to a renewal of one that is here, or to a claim in its place, that was sent then.
  client::Renewal take(const std::string& task_id, const Result<Reply>& answer, Mono sent_at,
                       Mono now);
  // Leases that could not be renewed in time, each once: somebody else may have them by now.
  [[nodiscard]] std::vector<std::string> run_out(Mono now);
  // Whether it was there.
  bool drop(const std::string& task_id);
  // Something happened to one, or may have happened to all: due at once.
  void doubt(const std::string& task_id, Mono now);
  void doubt_all(Mono now);

  [[nodiscard]] const Lease* find(const std::string& task_id) const;
  // The task whose lease that call brought.
  [[nodiscard]] std::optional<std::string> granted_by(CallId id) const;
  [[nodiscard]] std::optional<Mono> next_due() const;
  // The task whose lease has been due the longest.
  [[nodiscard]] std::optional<std::string> due(Mono now) const;

 private:
  using Leases = std::map<std::string, Lease>;
  [[nodiscard]] Leases::const_iterator earliest() const;

  const Mono lease_ttl_;
  Leases leases_;
};

}  // namespace synapse::mcp
