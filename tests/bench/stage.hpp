// SPDX-License-Identifier: AGPL-3.0-or-later
// What every scenario does before it measures: the hub's command line, and agents that are online.
//
// An agent counts as online when the hub has answered a request of its own. The presence of others
// may still be on its way then, which is why scenarios with many agents warm up before they count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "hub_process.hpp"
#include "scenarios.hpp"
#include "socket_pool.hpp"

namespace synapse::bench {

enum class Log : std::uint8_t { none, file };

// `sockets`: how many will be open at once; above the hub's old default of 64 it is told so.
HubCommand hub_command(const Run& run, Log log, std::size_t sockets);
std::filesystem::path log_file(const Run& run);

// Whether agents get broadcasts or have asked to be spared.
enum class Hearing : std::uint8_t { everything, nothing };

// Opens a socket for each name, in order, and returns when all are online. The index of the first.
std::size_t bring_online(SocketPool& pool, const std::vector<std::string>& names, Hearing hearing);

std::vector<std::string> agent_names(std::size_t first, std::size_t count);

}  // namespace synapse::bench
