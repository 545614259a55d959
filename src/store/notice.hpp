// SPDX-License-Identifier: AGPL-3.0-or-later
// How the threads of the store tell people what they may want to know: a sentence, from any thread.
#pragma once

#include <functional>
#include <string>

namespace synapse::store {

enum class Severity { info, warning, error };
using Say = std::function<void(Severity severity, const std::string& sentence)>;

}  // namespace synapse::store
