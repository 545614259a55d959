// SPDX-License-Identifier: AGPL-3.0-or-later
#pragma once

#include "base/environment.hpp"

namespace synapse::git {

// Git is told nothing but where it runs.
inline const base::FixedEnvironment nothing_set({});

}  // namespace synapse::git
