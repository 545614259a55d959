// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/args/reference_page.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace synapse::cli {

namespace {

// Options of this heading are the same for most commands, and told once.
constexpr std::string_view told_once = "Connection";

std::string option_rows(const std::vector<OptionInfo>& options, std::string_view only) {
  std::string rows;
  for (const OptionInfo& option : options) {
    const bool is_connection = option.heading == told_once;
    if (is_connection != (only == told_once)) continue;
    const bool takes_value = !option.heading.empty() && !option.value_name.empty();
    rows += "| `" + table_cell(option.flag + (takes_value ? " " + option.value_name : "")) +
            "` | " + table_cell(option.help) + " |\n";
  }
  return rows.empty() ? rows : "\n| | |\n|---|---|\n" + rows;
}

void add_section(std::string& page, const std::string& name, const Command& command,
                 std::vector<OptionInfo>& connection) {
  if (!command.subcommands.empty()) {
    for (const Command& sub : command.subcommands) {
      add_section(page, name + " " + std::string(sub.name), sub, connection);
    }
    return;
  }
  OptionSet set(name, command.summary);
  const Runner unused = command.declare(set);
  const std::vector<OptionInfo> options = set.options();
  page += "\n### " + name + "\n\n" + std::string(command.summary) + "\n\n    " +
          std::string(base::trim(set.usage()).substr(std::string_view("Usage: ").size())) + "\n";
  page += option_rows(options, "");
  const auto is_shared = [](const OptionInfo& option) { return option.heading == told_once; };
  if (std::any_of(options.begin(), options.end(), is_shared)) {
    page += "\nTakes the [connection options](#connection-options).\n";
    if (connection.empty()) connection = options;
  }
  if (!set.examples().empty()) page += '\n';
  for (const std::string& line : set.examples()) page += "    " + line + "\n";
}

}  // namespace

std::string table_cell(std::string_view text) {
  std::string cell;
  for (const char character : text) {
    if (character == '|') cell += '\\';
    cell += character;
  }
  return cell;
}

std::string synapse_reference(std::span<const CommandGroup> groups) {
  std::string page =
      "# Commands\n\n"
      "<!-- Made by `synapse __reference` and `syn __reference`; a test compares. -->\n\n"
      "Every command with its options, as `synapse help COMMAND` prints them. Where a command has\n"
      "`--json`, it prints one JSON document for programs: [json.md](json.md).\n\n"
      "Exit codes: 0, it was done; 1, the hub refused or can't be reached; 2, the command line is\n"
      "wrong. Some commands have more of them, which their help says. What runs a program, such "
      "as\n"
      "`lock`, exits as the program does.\n";
  std::vector<OptionInfo> connection;
  for (const CommandGroup& group : groups) {
    page += "\n## " + std::string(group.title) + "\n";
    for (const Command& command : group.commands) {
      add_section(page, "synapse " + std::string(command.name), command, connection);
    }
  }
  return page + "\n## Connection options\n" + option_rows(connection, told_once);
}

}  // namespace synapse::cli
