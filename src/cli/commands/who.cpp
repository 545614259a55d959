// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/query.hpp"
#include "cli/commands/commands.hpp"

namespace synapse::cli::commands {

namespace {

struct WhoArguments {
  QueryOptions query;
  std::optional<std::string> project;
  bool me = false;
};

// Of the roster, the identity and its waiter. It asks under another name: a question must not bring
// about the presence that it asks for.
int run_me(Context& context, const WhoArguments& options) {
  QueryOptions asking = options.query;
  const std::string& name = options.query.connection.name;
  asking.connection.name = name + "-who";
  const auto narrow = [&name](Json& frame) {
    keep_if(frame["online_agents"],
            [&name](const Json& agent) { return agent == name || agent == name + "-rx"; });
  };
  const auto render = [&name](const Json& frame, Style) { return render_presence_of(frame, name); };
  return query(context, asking, {&Agent::who, narrow, render});
}

int run(Context& context, const WhoArguments& options) {
  if (options.me) return run_me(context, options);
  Question question{&Agent::who, nullptr, [&options](const Json& frame, Style style) {
                      return render_roster(frame, options.project, style);
                    }};
  if (options.project) {
    question.narrow = [&project = *options.project](Json& frame) {
      keep_if(frame["online_agents"], [&project](const Json& agent) {
        return agent.is_string() && is_in(agent.get_ref<const std::string&>(), project);
      });
    };
  }
  return query(context, options.query, question);
}

}  // namespace

Runner who(OptionSet& set) {
  auto options = std::make_shared<WhoArguments>();
  set.text({"--project", "PROJECT", "only this project's agents: PROJECT and PROJECT/..."},
           options->project);
  set.flag("--me", options->me, "whether NAME and its waiter, NAME-rx, are online");
  set.exclusive("--me", "--project");
  add_query_options(set, options->query);
  set.example("synapse who --project shop");
  set.example("synapse who --me --name shop/claude-1");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
