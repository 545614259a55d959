// SPDX-License-Identifier: AGPL-3.0-or-later
// How far a reader got in a hub's history of chat, in a file of its own.
//
// A number alone would not do: a hub without a log begins again at 1 when it is restarted. So the
// place is a message, its number and its time, and if the hub's message of that number is another
// one, all of its history is news. So it is at another hub. A file that is missing or can't be
// understood counts as the beginning.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "synapse/agent.hpp"

namespace synapse::cli {

struct HistoryPlace {
  std::uint64_t msg_id = 0;  // 0: the beginning.
  double timestamp = 0;

  friend bool operator==(const HistoryPlace&, const HistoryPlace&) = default;
};

[[nodiscard]] Result<HistoryPlace> load_place(const std::filesystem::path& file);
// Replaces the file in one step; makes its folder if it is missing.
[[nodiscard]] Result<> save_place(const std::filesystem::path& file, const HistoryPlace& place);

struct History {
  std::vector<Json> chats;  // The oldest first.
  HistoryPlace end;
  bool has_gap = false;  // Some of what came after the place is kept no more.
};

// The chat behind the place. Errors: those of a request.
[[nodiscard]] Result<History> read_history(Agent& agent, const HistoryPlace& from);

}  // namespace synapse::cli
