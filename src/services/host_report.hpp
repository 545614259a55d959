// SPDX-License-Identifier: AGPL-3.0-or-later
// What host programs say of themselves when they are asked: their version, and which of our hooks
// their user has trusted. The programs are run, without a shell, and stopped at a deadline.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "guard/host.hpp"

namespace synapse::services {

// Of each host whose program is found and says it ("2.1.332"). All are asked at the same time.
[[nodiscard]] std::map<guard::Host, std::string> host_versions(const base::Environment& environment,
                                                               std::chrono::milliseconds patience);

struct HookTrust {
  std::size_t hooks = 0;    // Of ours that the host knows of.
  std::size_t trusted = 0;  // Of those, the ones that it runs.
};
// Codex runs no hook that its user has not trusted, and says so to nobody who doesn't ask. Errors:
// not_found, timed_out, io_error, malformed_json.
[[nodiscard]] Result<HookTrust> codex_trust(const base::Environment& environment,
                                            const std::filesystem::path& folder,
                                            std::chrono::milliseconds patience);

}  // namespace synapse::services
