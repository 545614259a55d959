// SPDX-License-Identifier: AGPL-3.0-or-later
// The three changes to the plan. Each prints what the hub made of it.
#include <ostream>

#include "base/strings.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli::commands {

namespace {

// What all of them take.
struct PlanOptions {
  ConnectionOptions connection;
  bool json = false;
};

void add_json_option(OptionSet& set, PlanOptions& options) {
  set.flag("--json", options.json, "print the hub's answer as one JSON document");
}

// Connects, asks for the change, and prints the confirmation of it.
template <class Change, class Confirm>
int change_plan(Context& context, const PlanOptions& options, Change change, Confirm confirm) {
  const ConnectionOptions& connection = options.connection;
  const Result<services::Caller> caller = caller_after_claims(context, connection);
  if (!caller) return explain_usage(context, caller.error());
  const Result<AgentOptions> settings = agent_options_for(context, connection, *caller);
  if (!settings) return explain_usage(context, settings.error());
  Agent agent(*settings);
  if (const std::optional<int> code = connect(context, agent, *settings)) return *code;
  const Result<Reply> reply = change(agent);
  if (!reply) return explain_silence(context, *settings, reply.error());
  if (options.json) context.out << render_json(*reply->frame);
  if (!reply->granted) {
    context.err << context.command << ": refused: " << refusal(*reply) << '\n';
    return exit_code::failed;
  }
  if (!options.json) context.out << confirm(*reply->frame) << '\n';
  return exit_code::ok;
}

struct Declaration {
  PlanOptions plan;
  std::string id;
  std::string title;
  std::vector<std::string> depends_on;
};

int run_declare(Context& context, const Declaration& options) {
  return change_plan(
      context, options.plan,
      [&](Agent& agent) {
        return agent.declare_task(options.id, options.title, options.depends_on, Json::object());
      },
      [](const Json& frame) {
        const Json& task = member(frame, "task");
        const std::string needs = base::join(texts_of(task, "depends_on"), ", ");
        return "declared " + shown(task, "task_id") + " — " + shown(task, "title") +
               " (deps: " + (needs.empty() ? "none" : shown(needs)) + ")";
      });
}

struct Update {
  PlanOptions plan;
  std::string id;
  std::optional<std::string> status;
  std::optional<std::string> suggested_owner;
};

int run_update(Context& context, const Update& options) {
  if (!options.status && !options.suggested_owner) {
    return explain_usage(context,
                         fail(ErrorCode::bad_argument, "give --status or --suggested-owner"));
  }
  Json fields = Json::object();
  if (options.status) fields["status"] = *options.status;
  if (options.suggested_owner) fields["suggested_owner"] = *options.suggested_owner;
  return change_plan(
      context, options.plan, [&](Agent& agent) { return agent.update_plan(options.id, fields); },
      [](const Json& frame) {
        const Json& task = member(frame, "task");
        return "updated " + shown(task, "task_id") + " -> status=" + shown(task, "status");
      });
}

struct Forgetting {
  PlanOptions plan;
  std::string id;
};

int run_forget(Context& context, const Forgetting& options) {
  return change_plan(
      context, options.plan, [&](Agent& agent) { return agent.forget_task(options.id); },
      [](const Json& frame) { return "forgot " + shown(frame, "task_id"); });
}

struct Progress {
  PlanOptions plan;
  std::string id;
  std::string text;
  std::size_t kind = 0;
};
const std::vector<std::string> kind_names{"note", "blocked", "assessment"};

int run_progress(Context& context, const Progress& options) {
  return change_plan(
      context, options.plan,
      [&](Agent& agent) {
        return agent.progress(options.id, options.text, kind_names[options.kind]);
      },
      [](const Json& frame) {
        const Json& note = member(frame, "note");
        return "posted " + shown(note, "kind") + " on " + shown(note, "task_id") + ": " +
               shown(note, "text");
      });
}

}  // namespace

Runner task_declare(OptionSet& set) {
  auto options = std::make_shared<Declaration>();
  set.argument("ID", options->id, "the task; declaring it again replaces title and dependencies");
  set.text({"--title", "TEXT", "what is to be done (required)"}, options->title);
  set.list({"--depends-on", "ID", "a task that must be done first (repeatable)"},
           options->depends_on);
  add_json_option(set, options->plan);
  add_options_after_claims(set, options->plan.connection);
  set.example("synapse task declare TEST --title 'run the suite' --depends-on BUILD");
  return runner(options, run_declare);
}

Runner task_update(OptionSet& set) {
  auto options = std::make_shared<Update>();
  set.argument("ID", options->id, "the task");
  set.choice({"--status", "STATUS", "open, in_progress, blocked, done or cancelled"},
             options->status, {"open", "in_progress", "blocked", "done", "cancelled"});
  set.text({"--suggested-owner", "NAME", "who might do it"}, options->suggested_owner);
  add_json_option(set, options->plan);
  add_options_after_claims(set, options->plan.connection);
  set.example("synapse task update BUILD --status done");
  return runner(options, run_update);
}

Runner task_forget(OptionSet& set) {
  auto options = std::make_shared<Forgetting>();
  set.argument("ID", options->id, "the task; no unfinished one may depend on it");
  add_json_option(set, options->plan);
  add_connection_options(set, options->plan.connection);
  set.example("synapse task forget BUILD");
  return runner(options, run_forget);
}

Runner task_progress(OptionSet& set) {
  auto options = std::make_shared<Progress>();
  set.argument("ID", options->id, "the task");
  set.argument("TEXT", options->text, "the note");
  set.choice({"--kind", "KIND", "note, blocked or assessment"}, options->kind, kind_names);
  add_json_option(set, options->plan);
  add_options_after_claims(set, options->plan.connection);
  set.example("synapse task progress BUILD 'half way' --kind assessment");
  return runner(options, run_progress);
}

}  // namespace synapse::cli::commands
