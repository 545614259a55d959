// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/args/man_page.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "synapse/version.hpp"

namespace synapse::cli {

namespace {

// Options of this heading are the same for most commands, and told once.
constexpr std::string_view shared_heading = "Connection";

std::string escaped(std::string_view text) {
  std::string roff;
  for (const char c : text) {
    if (c == '\\') {
      roff += "\\e";
    } else if (c == '-') {
      roff += "\\-";  // A plain one is a hyphen, which can't be copied into a shell.
    } else if ((c == '.' || c == '\'') && (roff.empty() || roff.back() == '\n')) {
      roff += std::string("\\&") + c;  // Or the line would be a request.
    } else {
      roff += c;
    }
  }
  return roff;
}

std::string quoted(std::string_view text) {
  std::string roff = "\"";
  for (const char c : escaped(text)) {
    if (c == '"') roff += "\\(dq";
    if (c != '"') roff += c;
  }
  return roff + '"';
}

void add_options(ManPage& page, const std::vector<OptionInfo>& options, bool is_shared) {
  for (const OptionInfo& option : options) {
    if ((option.heading == shared_heading) != is_shared) continue;
    const bool has_value = !option.heading.empty() && !option.value_name.empty();
    page.term(option.flag, has_value ? option.value_name : "", option.help);
  }
}

void add_command(ManPage& page, const std::string& name, const Command& command,
                 std::vector<OptionInfo>& shared) {
  if (!command.subcommands.empty()) {
    for (const Command& sub : command.subcommands) {
      add_command(page, name + " " + std::string(sub.name), sub, shared);
    }
    return;
  }
  OptionSet set(name, command.summary);
  const Runner unused = command.declare(set);
  const std::vector<OptionInfo> options = set.options();
  page.subsection(set.usage().substr(std::string_view("Usage: ").size()));
  page.paragraph(command.summary);
  add_options(page, options, false);
  const bool is_connected = std::any_of(options.begin(), options.end(), [](const OptionInfo& o) {
    return o.heading == shared_heading;
  });
  if (is_connected) {
    page.paragraph("Takes the connection options below.");
    if (shared.empty()) shared = options;
  }
  for (const std::string& line : set.examples()) page.example(line);
}

}  // namespace

ManPage::ManPage(std::string_view program, std::string_view summary) {
  text_ = ".\\\" SPDX-License-Identifier: AGPL-3.0-or-later\n.TH " + std::string(program) +
          " 1 \"\" \"synapse " + std::string(version()) + "\" \"User Commands\"\n";
  section("NAME").paragraph(std::string(program) + " - " + std::string(summary));
}

ManPage& ManPage::section(std::string_view title) {
  text_ += ".SH " + quoted(title) + '\n';
  return *this;
}

ManPage& ManPage::subsection(std::string_view title) {
  text_ += ".SS " + quoted(base::trim(title)) + '\n';
  return *this;
}

ManPage& ManPage::paragraph(std::string_view text) {
  text_ += ".PP\n" + escaped(text) + '\n';
  return *this;
}

ManPage& ManPage::term(std::string_view name, std::string_view value, std::string_view meaning) {
  text_ += ".TP\n\\fB" + escaped(name) + "\\fR";
  if (!value.empty()) text_ += " \\fI" + escaped(value) + "\\fR";
  text_ += '\n' + escaped(meaning) + '\n';
  return *this;
}

ManPage& ManPage::example(std::string_view line) {
  text_ += ".PP\n.EX\n" + escaped(line) + "\n.EE\n";
  return *this;
}

void add_environment(ManPage& page) {
  page.section("ENVIRONMENT")
      .term("SYNAPSE_URI", "", "The hub, where --uri is not given.")
      .term("SYNAPSE_TOKEN", "",
            "The hub's token, where neither --token nor --token-file is given.")
      .term("SYN_PROJECT", "", "The project of this terminal or agent.")
      .term("SYN_IDENTITY", "", "The name of this terminal or agent on the bus: PROJECT/NAME.")
      .term("SYN_HOME", "", "Where syn keeps its files and finds the relay log [~/synapse].")
      .term("NO_COLOR", "", "If set and not empty, no colours are used.");
}

std::string synapse_page(std::span<const Command> commands) {
  ManPage page("synapse", "coordination of coding agents that work side by side");
  page.section("SYNOPSIS").paragraph("synapse COMMAND [OPTIONS]");
  page.section("DESCRIPTION")
      .paragraph(
          "Lets coding agents that work side by side talk, share a plan, and take turns at files. "
          "One hub serves all agents of a machine; each command below talks to it, or is it.");
  page.section("COMMANDS");
  std::vector<OptionInfo> shared;
  for (const Command& command : commands) {
    add_command(page, "synapse " + std::string(command.name), command, shared);
  }
  page.section("CONNECTION OPTIONS");
  add_options(page, shared, true);
  add_environment(page);
  page.section("EXIT STATUS")
      .term("0", "", "It was done.")
      .term("1", "", "It failed: the hub can't be reached, or refused.")
      .term("2", "",
            "The command line is wrong; for conflicts, there are some; for wait, its time "
            "is up.")
      .paragraph("What runs a program, such as lock, exits as the program does.");
  page.section("SEE ALSO").paragraph("syn(1)");
  return page.text();
}

}  // namespace synapse::cli
