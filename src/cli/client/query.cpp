// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/query.hpp"

#include <ostream>

#include "cli/exit_code.hpp"

namespace synapse::cli {

void add_query_options(OptionSet& set, QueryOptions& options) {
  set.flag("--json", options.json, "print the hub's answer as one JSON document");
  add_connection_options(set, options.connection);
}

int query(Context& context, const QueryOptions& options, const Question& question) {
  const Result<AgentOptions> settings = observer_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  return query_as(context, *settings, options, question);
}

int query_as(Context& context, const AgentOptions& settings, const QueryOptions& options,
             const Question& question) {
  Agent agent(settings);
  if (const std::optional<int> code = connect(context, agent, settings)) return *code;
  const Result<Reply> reply = (agent.*question.ask)();
  if (!reply) return explain_silence(context, settings, reply.error());
  if (!reply->granted) {
    context.err << context.command << ": " << refusal(*reply) << '\n';
    return exit_code::failed;
  }
  Json frame = *reply->frame;
  if (question.narrow) question.narrow(frame);
  context.out << (options.json ? render_json(frame) : question.render(frame, Style(context)));
  return exit_code::ok;
}

void keep_if(Json& list, const std::function<bool(const Json&)>& predicate) {
  if (!list.is_array()) return;
  Json kept = Json::array();
  for (Json& item : list) {
    if (predicate(item)) kept.push_back(std::move(item));
  }
  list = std::move(kept);
}

}  // namespace synapse::cli
