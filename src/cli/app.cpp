// SPDX-License-Identifier: AGPL-3.0-or-later
// Only the options of the command that is run are ever built: `synapse board` in a shell prompt
// must not pay for two dozen others.
#include "cli/app.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <ostream>
#include <vector>

#include "base/control.hpp"
#include "cli/args/completion.hpp"
#include "cli/args/help_text.hpp"
#include "cli/args/man_page.hpp"
#include "cli/args/nearest.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "synapse/version.hpp"

namespace synapse::cli {

namespace {

constexpr Command task_commands[] = {
    {"declare", "Add a task to the plan, or replace its title and dependencies.",
     commands::task_declare},
    {"update", "Set a task's status or suggest an owner.", commands::task_update},
    {"progress", "Post a note on a task.", commands::task_progress},
    {"forget", "Take a task off the plan.", commands::task_forget},
};

constexpr Command new_commands[] = {
    {"coding-fleet",
     "Make a small program for two agents to work on, and a script that shows them.",
     commands::new_coding_fleet},
};

constexpr Command git_hook_commands[] = {
    {"install", "Write the hooks that release claims on commit and on merge.",
     commands::git_hook_install},
    {"test", "Check that the hooks are there and can run.", commands::git_hook_test},
    {"uninstall", "Take the hooks away, and nobody else's lines in them.",
     commands::git_hook_uninstall},
};

constexpr Command hooks_commands[] = {
    {"install", "Let assistants claim the files that they edit by their own hooks.",
     commands::hooks_install},
    {"uninstall", "Take our hooks out of the assistants' settings again.",
     commands::hooks_uninstall},
    {"status", "Say for each assistant what is installed, and how its hooks do.",
     commands::hooks_status},
    {"test", "Show what each assistant would be told, and try the hub.", commands::hooks_test},
    {"mode", "Say whether edits of what another holds are refused here.", commands::hooks_mode},
};

constexpr Command program_commands[] = {
    {"hub", "Run the hub that all agents of a machine or a team connect to.", commands::hub},
    {"send", "Send one message and print the replies.", commands::send},
    {"wait", "Sleep until a message arrives, print it, and exit.", commands::wait},
    {"arm", "Wait for ever: print each message that arrives and wait again.", commands::arm},
    {"listen", "Show messages and comings and goings as they happen.", commands::listen},
    {"inbox", "Read the messages that are waiting for you.", commands::inbox},
    {"sent", "Show what became of your messages, or take one back.", commands::sent},
    {"dead-letters", "List messages that could not be delivered; retry or forget them.",
     commands::dead_letters},
    {"who", "List who is online.", commands::who},
    {"open", "Show the hub's page: who has which file, who waits, what happened.",
     commands::open_page},
    {"top", "Watch the bus in a terminal: who has which file, who waits, and why.", commands::top},
    {"health", "Say by the exit code alone whether the hub answers.", commands::health},
    {"state", "List live claims and their checkpoints.", commands::state},
    {"who-holds", "Say who has claimed a file.", commands::who_holds},
    {"board", "Show the plan: tasks, what is ready, recent progress.", commands::board},
    {"manifest", "List what agents say they can do.", commands::manifest},
    {"task", "Change the plan.", nullptr, task_commands},
    {"lock", "Run a command while holding a lease, so that agents take turns.", commands::lock},
    {"take", "Wait until files are free, and claim them for this agent.", commands::take},
    {"release", "Give a claim back.", commands::release},
    {"hooks", "The hooks by which assistants claim the files that they edit.", nullptr,
     hooks_commands, exit_code::usage},
    {"git-init", "Set a repository up for claims: hooks, and a guide.", commands::git_init},
    {"git-claim", "Claim a task and its files for the branch that is checked out.",
     commands::git_claim},
    {"git-hook", "The git hooks that release claims.", nullptr, git_hook_commands,
     exit_code::usage},
    {"git-release", "Release what a commit or a merge has finished; run by the hooks.",
     commands::git_release},
    {"conflicts", "Predict which claims will conflict when their branches are merged.",
     commands::conflicts},
    {"relay", "Print a hub's relay log, or what is new in it.", commands::relay},
    {"ingest", "Stream the events of a hub's log as lines of JSON.", commands::ingest},
    {"compact", "Drop from a hub's log what nobody needs any more.", commands::compact},
    {"log", "Tell what happened, from a hub's log: a line an event.", commands::show_log},
    {"at", "Show who held what, and the plan, at a moment of the past.", commands::at},
    {"postmortem", "Tell the story of one task or one file.", commands::postmortem},
    {"stats", "Count claims and how long they were held, by agent and by path.", commands::stats},
    {"worker", "Answer chat by rule or by a language model.", commands::worker},
    {"team", "Run a hub and workers on local models at once.", commands::team},
    {"supervisor", "Open tasks again that nobody is at work on.", commands::supervisor},
    {"demo", "See two agents share work on a hub of their own.", commands::demo},
    {"new", "Make something to start from.", nullptr, new_commands, exit_code::usage},
    {"quickstart-coding", "See two coding agents edit one small program, without collisions.",
     commands::quickstart_coding},
    {"mcp", "Serve the Model Context Protocol, so that an assistant can use the bus as its tools.",
     commands::mcp},
    {"a2a-card", "Print the Agent Card that an A2A bridge of this hub would show.",
     commands::a2a_card},
    {"a2a-serve", "Let agents of the Agent2Agent protocol give tasks to agents on the bus.",
     commands::a2a_serve},
    {"completion", "Print completions for your shell.", commands::completion},
    {"init", "Set up hub, presence and listener as services of yours.", commands::init},
    {"doctor", "Find out why an agent is not heard, or hears nothing.", commands::doctor},
    {"worker-session", "Run an agent's program under an identity, with a listener beside it.",
     commands::worker_session},
    {"shell-hook", "Print shell code that puts every terminal on the bus.", commands::shell_hook},
    {"install-shell-hook", "Put that code into your shell's start-up file.",
     commands::install_shell_hook},
};

bool wants_help(std::string_view word) { return word == "--help" || word == "-h"; }

std::string list_of(std::span<const Command> commands) {
  std::string rows;
  for (const Command& command : commands) rows += two_columns(command.name, command.summary);
  return rows;
}

std::string program_help() {
  return "Usage: synapse COMMAND [OPTIONS]\n\n" +
         wrapped(
             "Lets coding agents that work side by side talk, share a plan, and take turns at "
             "files.",
             0) +
         "\nCommands:\n" + list_of(program_commands) +
         "\n`synapse COMMAND --help` tells more; `synapse demo` shows it at work.\n"
         "`synapse --version` prints the version.\n";
}

std::string group_help(const std::string& name, const Command& group) {
  return "Usage: synapse " + name + " COMMAND [OPTIONS]\n\n" + std::string(group.summary) +
         "\n\nCommands:\n" + list_of(group.subcommands);
}

const Command* find(std::span<const Command> commands, std::string_view name) {
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [name](const Command& command) { return command.name == name; });
  return found == commands.end() ? nullptr : &*found;
}

int reject(Context& context, const std::string& program, std::string_view word,
           std::span<const Command> commands) {
  std::vector<std::string> names;
  for (const Command& command : commands) names.emplace_back(command.name);
  context.err << program << ": no command '" << base::escape_control(word, base::LineBreaks::escape)
              << "'";
  if (const std::optional<std::string> meant = nearest(word, names)) {
    context.err << "; did you mean '" << *meant << "'?";
  }
  context.err << "\nTry '" << program << " --help'.\n";
  return exit_code::usage;
}

int run_command(Context& context, const std::string& program, const Command& command,
                std::span<const std::string> words) {
  OptionSet set(program, command.summary);
  const Runner run = command.declare(set);
  const Result<OptionSet::Outcome> outcome = set.parse(words);
  if (!outcome) {
    context.err << program << ": " << outcome.error().message << "\nTry '" << program
                << " --help'.\n";
    return exit_code::usage;
  }
  if (*outcome == OptionSet::Outcome::help_wanted) {
    context.out << set.help();
    return exit_code::ok;
  }
  return run(context);
}

// The words of a group with its verb in front: the original takes a group's options on either side
// of it, as in `git-hook --name A install`. As they are where no verb is behind the options.
std::vector<std::string> verb_first(const Command& group, std::span<const std::string> words) {
  std::vector<std::string> ordered(words.begin(), words.end());
  std::vector<OptionInfo> options;
  for (const Command& command : group.subcommands) {
    OptionSet set{std::string(command.name), command.summary};
    const Runner unused = command.declare(set);
    const std::vector<OptionInfo> its = set.options();
    options.insert(options.end(), its.begin(), its.end());
  }
  auto word = ordered.begin();
  while (word != ordered.end() && word->starts_with('-')) {
    const bool takes_next =
        std::any_of(options.begin(), options.end(), [&word](const OptionInfo& option) {
          return option.flag == *word && !option.value_name.empty();
        });
    std::advance(word, takes_next && std::next(word) != ordered.end() ? 2 : 1);
  }
  if (word != ordered.end()) std::rotate(ordered.begin(), word, std::next(word));
  return ordered;
}

int run_group(Context& context, const Command& group, std::span<const std::string> given) {
  const std::string name(group.name);
  if (given.empty()) {
    context.out << group_help(name, group);
    return group.bare_exit_code;
  }
  std::vector<std::string> ordered;
  std::span<const std::string> words = given;
  if (given.front().starts_with('-') && !wants_help(given.front())) {
    ordered = verb_first(group, given);
    words = ordered;
  }
  if (wants_help(words.front())) {
    context.out << group_help(name, group);
    return exit_code::ok;
  }
  const std::string program = "synapse " + name;
  const Command* command = find(group.subcommands, words.front());
  if (command == nullptr) return reject(context, program, words.front(), group.subcommands);
  return run_command(context, program + " " + words.front(), *command, words.subspan(1));
}

int dispatch(Context& context, std::span<const std::string> words) {
  if (words.empty()) {
    context.out << program_help();
    return exit_code::failed;
  }
  const std::string& first = words.front();
  if (wants_help(first) || (first == "help" && words.size() == 1)) {
    context.out << program_help();
    return exit_code::ok;
  }
  if (first == "help") {
    std::vector<std::string> asked(std::next(words.begin()), words.end());
    asked.emplace_back("--help");
    return dispatch(context, asked);
  }
  if (first == "--version" || first == "-V" || first == "version") {
    context.out << "synapse " << version() << '\n';
    return exit_code::ok;
  }
  if (first == complete_word) {
    context.out << complete(program_commands, words.subspan(1));
    return exit_code::ok;
  }
  if (first == man_word) {
    context.out << synapse_page(program_commands);
    return exit_code::ok;
  }
  const Command* command = find(program_commands, first);
  if (command == nullptr) return reject(context, "synapse", first, program_commands);
  if (!command->subcommands.empty()) return run_group(context, *command, words.subspan(1));
  return run_command(context, "synapse " + first, *command, words.subspan(1));
}

}  // namespace

std::span<const Command> all_commands() { return program_commands; }

int run(Context& context, std::span<const std::string> words) {
  const int code = dispatch(context, words);
  if (context.out.flush()) return code;
  context.err << "synapse: could not write the output\n";
  return code == exit_code::ok ? exit_code::failed : code;
}

}  // namespace synapse::cli
