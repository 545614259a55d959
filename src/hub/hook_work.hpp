// SPDX-License-Identifier: AGPL-3.0-or-later
// A call of a guard that is under way. Private to the desk.
#pragma once

#include "hub/hook_desk.hpp"

namespace synapse::hub {

struct HookDesk::Work {
  const wire::HookRequest& request;
  SessionId id;
  Session& session;
  Turn& turn;
  Moment now;
};

}  // namespace synapse::hub
