// SPDX-License-Identifier: AGPL-3.0-or-later
// One socket as the hub sees it. Belongs to the hub's strand.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "net/connection.hpp"
#include "wire/inbound.hpp"

namespace synapse::hub {

struct Session {
  SessionId id;
  std::shared_ptr<net::Connection> connection;
  std::string host;
  AgentName name;  // Blank until the first good frame.
  bool is_authenticated = false;
  bool is_open = true;    // False once it is closed or being closed: it gets nothing more.
  bool is_dirty = false;  // Has frames that wait for the flush of this batch.
  Mono bind_deadline{0};  // It must have a name by then.
  std::optional<wire::Interest> interest;
};
using SharedSession = std::shared_ptr<Session>;

}  // namespace synapse::hub
