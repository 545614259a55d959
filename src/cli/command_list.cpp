// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/command_list.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "cli/args/nearest.hpp"
#include "cli/commands/commands.hpp"

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

constexpr Command cluster_commands[] = {
    {"status", "Say which hubs share the bus, and whether changes are taken.",
     commands::cluster_status},
    {"drain", "Send a hub's agents to the other hubs, before it is stopped.",
     commands::cluster_drain},
    {"compact", "Have etcd forget at once what no hub needs any more.", commands::cluster_compact},
    {"import", "Make the log of a hub that was alone what a new bus begins with.",
     commands::cluster_import},
    {"units", "Write the systemd units and the compose file of a cluster on a few machines.",
     commands::cluster_units},
};

constexpr Command start_commands[] = {
    {"demo", "See two agents share work on a hub of their own.", commands::demo},
    {"quickstart-coding", "See two coding agents edit one small program, without collisions.",
     commands::quickstart_coding},
    {"new", "Make something to start from.", nullptr, new_commands, exit_code::usage},
    {"init", "Set up hub, presence and listener as services of yours.", commands::init},
    {"doctor", "Find out why an agent is not heard, or hears nothing.", commands::doctor},
    {"completion", "Print completions for your shell.", commands::completion},
};

constexpr Command coordinate_commands[] = {
    {"hooks", "The hooks by which assistants claim the files that they edit.", nullptr,
     hooks_commands, exit_code::usage},
    {"lock", "Run a command while holding a lease, so that agents take turns.", commands::lock},
    {"take", "Wait until files are free, and claim them for this agent.", commands::take},
    {"release", "Give a claim back.", commands::release},
    {"who-holds", "Say who has claimed a file.", commands::who_holds},
};

constexpr Command talk_commands[] = {
    {"send", "Send one message and print the replies.", commands::send},
    {"inbox", "Read the messages that are waiting for you.", commands::inbox},
    {"sent", "Show what became of your messages, or take one back.", commands::sent},
    {"wait", "Sleep until a message arrives, print it, and exit.", commands::wait},
    {"arm", "Wait for ever: print each message that arrives and wait again.", commands::arm},
    {"listen", "Show messages and comings and goings as they happen.", commands::listen},
    {"dead-letters", "List messages that could not be delivered; retry or forget them.",
     commands::dead_letters},
};

constexpr Command plan_commands[] = {
    {"task", "Change the plan.", nullptr, task_commands},
    {"board", "Show the plan: tasks, what is ready, recent progress.", commands::board},
};

constexpr Command git_commands[] = {
    {"git-init", "Set a repository up for claims: hooks, and a guide.", commands::git_init},
    {"git-claim", "Claim a task and its files for the branch that is checked out.",
     commands::git_claim},
    {"git-release", "Release what a commit or a merge has finished; run by the hooks.",
     commands::git_release},
    {"git-hook", "The git hooks that release claims.", nullptr, git_hook_commands,
     exit_code::usage},
    {"conflicts", "Predict which claims will conflict when their branches are merged.",
     commands::conflicts},
};

constexpr Command agent_commands[] = {
    {"worker-session", "Run an agent's program under an identity, with a listener beside it.",
     commands::worker_session},
    {"worker", "Answer chat by rule or by a language model.", commands::worker},
    {"team", "Run a hub and workers on local models at once.", commands::team},
    {"supervisor", "Open tasks again that nobody works on.", commands::supervisor},
    {"shell-hook", "Print shell code that puts every terminal on the bus.", commands::shell_hook},
    {"install-shell-hook", "Put that code into your shell's start-up file.",
     commands::install_shell_hook},
};

constexpr Command face_commands[] = {
    {"mcp", "Serve the Model Context Protocol, so that an assistant has Synapse as its tools.",
     commands::mcp},
    {"a2a-serve", "Let agents of the Agent2Agent protocol give tasks to agents on the bus.",
     commands::a2a_serve},
    {"a2a-card", "Print the Agent Card that an A2A bridge of this hub would show.",
     commands::a2a_card},
};

constexpr Command look_commands[] = {
    {"who", "List who is online.", commands::who},
    {"state", "List live claims and their checkpoints.", commands::state},
    {"manifest", "List what agents say they can do.", commands::manifest},
    {"health", "Say by the exit code alone whether the hub answers.", commands::health},
    {"top", "Watch the bus in a terminal: who has which file, who waits, and why.", commands::top},
    {"open", "Show the hub's page: who has which file, who waits, what happened.",
     commands::open_page},
};

constexpr Command past_commands[] = {
    {"log", "Tell what happened, from a hub's log: a line an event.", commands::show_log},
    {"at", "Show who held what, and the plan, at a moment of the past.", commands::at},
    {"postmortem", "Tell the story of one task or one file.", commands::postmortem},
    {"stats", "Count claims and how long they were held, by agent and by path.", commands::stats},
};

constexpr Command hub_commands[] = {
    {"hub", "Run the hub that all agents of a machine or a team connect to.", commands::hub},
    {"relay", "Print a hub's relay log, or what is new in it.", commands::relay},
    {"ingest", "Stream the events of a hub's log as lines of JSON.", commands::ingest},
    {"compact", "Drop from a hub's log what nobody needs any more.", commands::compact},
    {"cluster", "Look after hubs that share one bus.", nullptr, cluster_commands, exit_code::usage},
};

constexpr CommandGroup groups[] = {
    {"Start", start_commands},
    {"Coordinate", coordinate_commands},
    {"Talk", talk_commands},
    {"Plan", plan_commands},
    {"Git", git_commands},
    {"Agents", agent_commands},
    {"Faces for other programs", face_commands},
    {"Look", look_commands},
    {"Look back", past_commands},
    {"Run a hub", hub_commands},
};

// Words that people try before they have read the list, and the command that does it.
constexpr auto other_words = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"claim", "git-claim"}, {"claims", "state"}, {"status", "state"},   {"list", "state"},
    {"tasks", "board"},     {"todo", "board"},   {"start", "hub"},      {"serve", "hub"},
    {"server", "hub"},      {"run", "hub"},      {"message", "send"},   {"say", "send"},
    {"chat", "send"},       {"read", "inbox"},   {"mail", "inbox"},     {"messages", "inbox"},
    {"agents", "who"},      {"online", "who"},   {"install", "hooks"},  {"setup", "init"},
    {"unlock", "release"},  {"page", "open"},    {"dashboard", "open"}, {"check", "doctor"},
});

}  // namespace

std::span<const CommandGroup> command_groups() { return groups; }

std::span<const Command> all_commands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> flat;
    for (const CommandGroup& group : groups) {
      flat.insert(flat.end(), group.commands.begin(), group.commands.end());
    }
    return flat;
  }();
  return all;
}

const Command* find_command(std::span<const Command> commands, std::string_view name) {
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [name](const Command& command) { return command.name == name; });
  return found == commands.end() ? nullptr : &*found;
}

std::optional<std::string> nearest_command(std::string_view word,
                                           std::span<const Command> commands) {
  std::vector<std::string> names;
  std::vector<std::string> others;
  for (const Command& command : commands) names.emplace_back(command.name);
  for (const auto& [other, name] : other_words) {
    if (find_command(commands, name) == nullptr) continue;
    if (other == word) return std::string(name);
    others.emplace_back(other);
  }
  if (std::optional<std::string> meant = nearest(word, names)) return meant;
  const std::optional<std::string> other = nearest(word, others);
  return other ? nearest_command(*other, commands) : std::nullopt;
}

}  // namespace synapse::cli
