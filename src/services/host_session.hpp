// SPDX-License-Identifier: AGPL-3.0-or-later
// Whether a command was started by an agent that is at work, by what its host program puts into the
// environment of the commands that it runs, or by the session that its guard has opened.
#pragma once

#include "base/environment.hpp"

namespace synapse::services {

[[nodiscard]] bool is_beneath_host_session(const base::Environment& environment);

}  // namespace synapse::services
