// SPDX-License-Identifier: AGPL-3.0-or-later
// Only the options of the command that is run are ever built: `synapse board` in a shell prompt
// must not pay for two dozen others.
#include "cli/app.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <ostream>
#include <vector>

#include "base/control.hpp"
#include "cli/args/completion.hpp"
#include "cli/args/help_text.hpp"
#include "cli/args/man_page.hpp"
#include "cli/args/reference_page.hpp"
#include "cli/client/live_values.hpp"
#include "cli/command_list.hpp"
#include "cli/exit_code.hpp"
#include "cli/setup/user_services.hpp"
#include "synapse/version.hpp"

namespace synapse::cli {

namespace {

bool wants_help(std::string_view word) { return word == "--help" || word == "-h"; }

// What a person who has just installed it needs, in the order of need.
struct FirstCommand {
  std::string_view line;
  std::string_view does;
};
constexpr std::array<FirstCommand, 5> first_commands{{
    {"synapse demo", "See two agents share work; needs nothing else."},
    {"synapse hub", "Run the hub that your agents connect to."},
    {"synapse hooks install", "Let Claude Code, Codex and others claim files."},
    {"synapse state", "See who has claimed what."},
    {"synapse doctor", "Find out what is amiss."},
}};

std::string list_of(std::span<const Command> commands) {
  constexpr std::size_t column = 22;  // No name is longer.
  std::string rows;
  for (const Command& command : commands)
    rows += two_columns(command.name, command.summary, column);
  return rows;
}

std::string program_help() {
  std::string text = "Usage: synapse COMMAND [OPTIONS]\n\n" +
                     wrapped(
                         "Coding agents that work side by side claim files, talk and share a plan "
                         "through one hub, so that none of them overwrites another's work.",
                         0) +
                     "\nFirst steps:\n";
  for (const FirstCommand& first : first_commands) text += two_columns(first.line, first.does);
  for (const CommandGroup& group : command_groups()) {
    text += "\n" + std::string(group.title) + ":\n" + list_of(group.commands);
  }
  return text +
         "\n`synapse help COMMAND` has its options and examples, `syn help` the short commands\n"
         "of an agent. `synapse version` prints the version.\n";
}

std::string group_help(const std::string& name, const Command& group) {
  return "Usage: synapse " + name + " COMMAND [OPTIONS]\n\n" + std::string(group.summary) +
         "\n\nCommands:\n" + list_of(group.subcommands);
}

int reject(Context& context, const std::string& program, std::string_view word,
           std::span<const Command> commands) {
  context.err << program << ": no command '" << base::escape_control(word, base::LineBreaks::escape)
              << "'";
  if (const std::optional<std::string> meant = nearest_command(word, commands)) {
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
  context.command = program;
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
  const Command* command = find_command(group.subcommands, words.front());
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
    context.out << complete(all_commands(), words.subspan(1), live_values(context));
    return exit_code::ok;
  }
  if (first == man_word) {
    context.out << synapse_page(all_commands());
    return exit_code::ok;
  }
  if (first == reference_word) {
    context.out << synapse_reference(command_groups());
    return exit_code::ok;
  }
  if (first == unit_word) return print_unit(context, words.subspan(1));
  const Command* command = find_command(all_commands(), first);
  if (command == nullptr) return reject(context, "synapse", first, all_commands());
  if (!command->subcommands.empty()) return run_group(context, *command, words.subspan(1));
  return run_command(context, "synapse " + first, *command, words.subspan(1));
}

}  // namespace

int run(Context& context, std::span<const std::string> words) {
  const int code = dispatch(context, words);
  if (context.out.flush()) return code;
  context.err << "synapse: could not write the output\n";
  return code == exit_code::ok ? exit_code::failed : code;
}

}  // namespace synapse::cli
