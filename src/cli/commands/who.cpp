// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/query.hpp"
#include "cli/commands/commands.hpp"
#include "cli/output/screen.hpp"

namespace synapse::cli::commands {

namespace {

struct WhoArguments {
  QueryOptions query;
  std::optional<std::string> project;
  bool me = false;
  bool wide = false;
};

// Of the roster, the identity and its waiter. It observes: a question must not bring about the
// presence that it asks for.
int run_me(Context& context, const WhoArguments& options) {
  const Result<AgentOptions> settings = observer_options(context, options.query.connection);
  if (!settings) return explain_usage(context, settings.error());
  const std::string& name = settings->name;
  const auto narrow = [&name](Json& frame) {
    keep_if(frame["online_agents"],
            [&name](const Json& agent) { return agent == name || agent == name + "-rx"; });
  };
  const auto render = [&name](const Json& frame, Style) { return render_presence_of(frame, name); };
  return query_as(context, *settings, options.query, {&Agent::who, narrow, render});
}

int run(Context& context, const WhoArguments& options) {
  if (options.me) return run_me(context, options);
  const Result<AgentOptions> settings = agent_options(context, options.query.connection);
  if (!settings) return explain_usage(context, settings.error());
  Question question{&Agent::who, nullptr, [&context, &options](const Json& frame, Style style) {
                      if (context.out_is_terminal) return screen_roster(context, frame);
                      return options.wide ? render_wide_roster(frame, style)
                                          : render_roster(frame, options.project, style);
                    }};
  if (options.project) {
    question.narrow = [&project = *options.project](Json& frame) {
      keep_if(frame["online_agents"], [&project](const Json& agent) {
        return agent.is_string() && is_in(agent.get_ref<const std::string&>(), project);
      });
      if (!member(frame, "sockets").is_object()) return;
      Json& sockets = frame["sockets"];
      for (auto at = sockets.begin(); at != sockets.end();) {
        at = is_in(at.key(), project) ? std::next(at) : sockets.erase(at);
      }
    };
  }
  return query_as(context, *settings, options.query, question);
}

}  // namespace

Runner who(OptionSet& set) {
  auto options = std::make_shared<WhoArguments>();
  set.text({"--project", "PROJECT", "only this project's agents: PROJECT and PROJECT/..."},
           options->project);
  set.flag("--me", options->me, "whether NAME and its waiter, NAME-rx, are online");
  set.flag("--wide", options->wide,
           "also what connections each name has, with waiters (NAME-rx) beside their names, as a "
           "terminal's table does");
  set.exclusive("--me", "--project");
  set.exclusive("--me", "--wide");
  add_query_options(set, options->query);
  set.example("synapse who --project shop");
  set.example("synapse who --me --name shop/claude-1");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
