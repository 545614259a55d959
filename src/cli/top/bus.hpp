// SPDX-License-Identifier: AGPL-3.0-or-later
// The bus as a terminal view shows it: a `page_snapshot` (docs/protocol.md, Activity) as plain
// records, and what follows from them: who waits for whom, and what needs a look. Pure and total: a
// field that is missing or of another kind reads as blank.
//
// A view takes a new snapshot when something has happened rather than applying changes one by one:
// it draws once a second at most, and a snapshot can't drift from the truth.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/json_document.hpp"

namespace synapse::cli {

struct BusAgent {
  std::string name;
  std::vector<std::string> sockets;  // Their kinds.
  std::uint64_t unread = 0;
  double last_seen = 0;
  bool is_online = false;
  bool reads_nothing = false;  // Its messages are dropped, for nobody reads them.
};

// What a claim covers; a claim that waits covers nothing yet.
struct BusScope {
  std::string worktree;
  std::vector<std::string> paths;  // None: the whole work tree.
  bool has_files = true;
};

struct BusClaim {
  std::string task_id;
  std::string owner;
  BusScope scope;
  std::string status;
  std::string note;
  std::string checkpoint;
  double claimed_at = 0;
  double expires_at = 0;
  std::uint64_t epoch = 0;
};

struct BusWait {
  std::string agent;
  std::string task_id;
  BusScope scope;
  std::uint64_t ticket = 0;
  std::optional<double> since;
  std::string holder;       // Of the first claim in its way; blank: it waits behind others.
  std::string holder_task;  // The task of that claim.
  double holder_until = 0;
  std::size_t place = 0;  // 1: next. 0: it is in no queue, and only says that it waits.
  std::string behind;     // The agent before it.
};

struct BusTask {
  std::string task_id;
  std::string title;
  std::string status;
  std::string suggested_owner;
  std::vector<std::string> depends_on;
};

struct BusMessage {
  std::uint64_t id = 0;
  double at = 0;
  std::string from;
  std::string to;
  std::string text;
  std::vector<std::pair<std::string, std::string>> states;  // Recipient and state.
};

struct BusRefusal {
  double at = 0;
  std::string agent;
  std::string holder;
  std::string word;
  BusScope scope;
};

struct Bus {
  std::string hub;
  std::string read_only_reason;
  std::vector<BusAgent> agents;
  std::vector<BusClaim> claims;
  std::vector<BusWait> waits;  // The longest first; those of a queue by their place in it.
  std::vector<BusTask> tasks;
  std::vector<BusMessage> talk;  // The newest last.
  std::vector<BusRefusal> refusals;
  bool is_cut = false;  // The hub had more than it can send.

  [[nodiscard]] const BusAgent* agent(std::string_view name) const;
  // Whether something waits for its messages.
  [[nodiscard]] bool listens(const BusAgent& agent) const;
  // NAME-rx and NAME-presence are NAME's own helpers, and no agents.
  [[nodiscard]] bool is_helper(const BusAgent& agent) const;
};

// Of waits beyond this number nobody works out what is in their way.
inline constexpr std::size_t waits_judged_max = 500;

[[nodiscard]] Bus bus_of(const wire::Json& page_snapshot);

struct Concern {
  enum class Level { stuck, watch } level = Level::watch;
  std::string word;  // stuck, waits, lease ends, refused, deaf, away, silent
  std::string agent;
  std::string text;  // A sentence.
  double weight = 0;
};
// What needs a look and why, the worst first.
[[nodiscard]] std::vector<Concern> concerns_of(const Bus& bus, double now);

// `src/a.c, src/b.c and 3 more`, `the whole work tree`, or the task where it covers no files.
[[nodiscard]] std::string scope_text(const BusScope& scope, std::string_view task_id);

}  // namespace synapse::cli
