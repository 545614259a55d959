// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/live_values.hpp"

#include <algorithm>

#include "base/control.hpp"
#include "cli/client/connection.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli {

namespace {

constexpr double patience_at_tab = 0.3;  // Seconds.
constexpr std::size_t offered_max = 200;

std::vector<std::string> ids_in(const Json& list) {
  std::vector<std::string> ids;
  if (!list.is_array()) return ids;
  for (const Json& item : list) ids.push_back(text_of(item, "task_id"));
  return ids;
}

Result<Reply> ask_for(Agent& agent, ValueKind kind) {
  switch (kind) {
    case ValueKind::claim:
      return agent.state();
    case ValueKind::task:
      return agent.board();
    case ValueKind::agent:
      return agent.who();
  }
  return fail(ErrorCode::bad_argument, "no such kind");
}

std::vector<std::string> values_in(const Json& frame, ValueKind kind) {
  switch (kind) {
    case ValueKind::claim:
      return ids_in(member(member(frame, "snapshot"), "active_claims"));
    case ValueKind::task:
      return ids_in(member(member(frame, "board"), "tasks"));
    case ValueKind::agent:
      return texts_of(frame, "online_agents");
  }
  return {};
}

}  // namespace

LiveValues live_values(const Context& context) {
  return [&context](ValueKind kind) {
    ConnectionOptions connection;
    connection.ready_timeout = patience_at_tab;
    const Result<AgentOptions> settings = observer_options(context, connection);
    if (!settings) return std::vector<std::string>();
    Agent agent(*settings);
    if (!agent.connect()) return std::vector<std::string>();
    const Result<Reply> reply = ask_for(agent, kind);
    if (!reply || !reply->granted) return std::vector<std::string>();
    std::vector<std::string> values = values_in(*reply->frame, kind);
    // A shell splits at blanks, and would obey the rest.
    std::erase_if(values, [](const std::string& value) {
      return value.empty() || base::has_control(value) || value.find(' ') != std::string::npos;
    });
    if (values.size() > offered_max) values.resize(offered_max);
    return values;
  };
}

}  // namespace synapse::cli
