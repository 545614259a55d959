// SPDX-License-Identifier: AGPL-3.0-or-later
// What a hub shows of itself beside its frames: HTTP answers, the relay log, the event log.
// Used by WirePlayer; each function returns the keys that a recorded step of its kind may have.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "support/http_get.hpp"

namespace synapse::test {

// `status`, `content_type`, `www_authenticate` (whether it asks for credentials), `keys` of a JSON
// body or else `samples`: the names in a Prometheus body.
[[nodiscard]] nlohmann::json http_evidence(std::uint16_t port, const std::string& target,
                                           const HttpHeaders& headers);

// `lines` and `mode` (as "0o600"). The hub writes the log beside its answers, not before them: this
// waits until there are `lines_min` lines, and returns all that are there then.
[[nodiscard]] nlohmann::json relay_log_evidence(const std::filesystem::path& file,
                                                std::size_t lines_min);

// `rows`: kind and payload of every event in order, read while the hub has the log open. A hub
// answers after its commit, so there is nothing to wait for.
[[nodiscard]] nlohmann::json event_log_evidence(const std::filesystem::path& file);

}  // namespace synapse::test
