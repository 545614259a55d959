// SPDX-License-Identifier: AGPL-3.0-or-later
#include "syn/app.hpp"

#include <algorithm>
#include <array>
#include <ostream>
#include <utility>
#include <vector>

#include "base/control.hpp"
#include "base/strings.hpp"
#include "cli/app.hpp"
#include "cli/args/completion.hpp"
#include "cli/args/help_text.hpp"
#include "cli/args/man_page.hpp"
#include "cli/args/nearest.hpp"
#include "cli/args/reference_page.hpp"
#include "cli/client/live_values.hpp"
#include "cli/command_list.hpp"
#include "cli/exit_code.hpp"
#include "services/identity.hpp"
#include "synapse/version.hpp"

namespace synapse::syn {

namespace {

using cli::Context;
using services::Identity;
using Words = std::span<const std::string>;
namespace exit_code = cli::exit_code;

struct Verb {
  std::string_view name;
  std::string_view command;  // Of synapse, that it is short for; blank: none.
  std::string_view arguments;
  std::string_view summary;
  int (*run)(Context&, const Identity&, Words);
};

std::string safe(std::string_view text) {
  return base::escape_control(text, base::LineBreaks::escape);
}

bool wants_help(std::string_view word) {
  return word == "--help" || word == "-h" || word == "help";
}

int reject(Context& context, const std::string& why) {
  context.err << "syn: " << why << "\nTry 'syn --help'.\n";
  return exit_code::usage;
}

// One definition of every option: what is added here is only who it is for.
int run_synapse(Context& context, std::vector<std::string> words, Words further) {
  words.insert(words.end(), further.begin(), further.end());
  return cli::run(context, words);
}

int name(Context& context, const Identity& identity, Words further) {
  if (!further.empty()) {
    return reject(context, "name takes no arguments; options such as --project go before it");
  }
  context.out << "project:  " << safe(identity.project) << "\nidentity: " << safe(identity.identity)
              << "\nwaiter:   " << safe(identity.waiter)
              << "\nsource:   " << services::to_text(identity.source) << "\nplausible: "
              << (identity.plausible ? "yes" : "NO — looks accidental, set $SYN_PROJECT") << '\n';
  return exit_code::ok;
}

int arm(Context& context, const Identity& identity, Words further) {
  using services::ListenFor;
  std::vector<std::string> rest(further.begin(), further.end());
  const auto broadcasts = std::find(rest.begin(), rest.end(), "--broadcasts");
  const ListenFor what = broadcasts == rest.end() ? ListenFor::directed : ListenFor::broadcasts;
  if (broadcasts != rest.end()) rest.erase(broadcasts);
  return run_synapse(context, services::listener_words(identity, what), rest);
}

// For a harness that wakes its agent when a background command ends. Not `synapse wait`, which
// gives up when the connection is lost: this one reconnects. What it prints is read by the agent.
int wait(Context& context, const Identity& identity, Words further) {
  std::vector<std::string> rest{"--max-wakes=1", "--mark-seen"};
  rest.insert(rest.end(), further.begin(), further.end());
  return arm(context, identity, rest);
}

// The targets and the message come first, so that either may look like anything: the options of
// send behind them are not known here.
int say(Context& context, const Identity& identity, Words further) {
  std::string sender = identity.identity;
  if (!further.empty() && further.front() == "--as-project") {
    sender = identity.project;
    further = further.subspan(1);
  }
  if (further.size() < 2 || further.front().starts_with('-')) {
    return reject(context,
                  "say wants TARGETS and MESSAGE, then options of `synapse send`, as in "
                  "syn say shop/bob 'the parser is yours' --priority");
  }
  std::vector<std::string> words{"send", "--name=" + sender, "--target=" + further[0]};
  words.insert(words.end(), further.begin() + 2, further.end());
  return run_synapse(context, std::move(words), std::array<std::string, 2>{"--", further[1]});
}

int inbox(Context& context, const Identity& identity, Words further) {
  std::string home = base::trimmed(context.environment.get("SYN_HOME").value_or(""));
  if (home.empty()) {
    home = context.environment.get("HOME").value_or("");
    if (home.empty()) return reject(context, "no $SYN_HOME and no $HOME: where is the feed?");
    home += "/synapse";
  }
  const std::string own = home + "/" + services::file_name_of(identity.identity);
  return run_synapse(context,
                     {"inbox", "--name=" + identity.identity, "--project=" + identity.project,
                      "--place=" + own + ".hub-cursor", "--feed=" + home + "/feed.ndjson",
                      "--feed-cursor=" + own + ".cursor"},
                     further);
}

int sent(Context& context, const Identity& identity, Words further) {
  return run_synapse(context, {"sent", "--name=" + identity.identity}, further);
}

int take(Context& context, const Identity& identity, Words further) {
  return run_synapse(context, {"take", "--name=" + identity.identity}, further);
}

int board(Context& context, const Identity& identity, Words further) {
  return run_synapse(context, {"board", "--name=" + identity.project}, further);
}

int who(Context& context, const Identity& identity, Words further) {
  return run_synapse(context, {"who", "--name=" + identity.identity}, further);
}

constexpr std::array<Verb, 9> verbs{{
    {"name", "", "", "Show who you are, and where that comes from.", name},
    {"wait", "arm", "[--broadcasts]",
     "Sleep until a message for you arrives, as your waiter; prints it and ends.", wait},
    {"arm", "arm", "[--broadcasts]",
     "Listen until stopped, as your waiter; prints what is for you.", arm},
    {"say", "send", "[--as-project] TARGETS MESSAGE",
     "Send a message to an agent, a project, several by commas, a glob, or all.", say},
    {"inbox", "inbox", "", "Read what is waiting for you, and what your project was told.", inbox},
    {"sent", "sent", "", "Show what became of your messages.", sent},
    {"take", "take", "PATH... [--timeout SECONDS]",
     "Wait until files are free, and claim them for you.", take},
    {"board", "board", "", "Show the plan.", board},
    {"who", "who", "[--me]", "List who is online, or whether you are.", who},
}};

const Verb* find(std::string_view name) {
  const auto found = std::find_if(verbs.begin(), verbs.end(),
                                  [name](const Verb& verb) { return verb.name == name; });
  return found == verbs.end() ? nullptr : &*found;
}

struct OwnOption {
  std::string_view flag;
  std::string_view value;
  std::string_view help;
};

constexpr std::array<OwnOption, 3> own_options{{
    {"--project", "PROJECT",
     "the project [$SYN_PROJECT, your name up to /, or the work tree's name]"},
    {"--id", "ID", "one agent among several of a project: PROJECT/TYPE-ID"},
    {"--type", "TYPE", "of that agent [claude]"},
}};

std::string help() {
  std::string text =
      "Usage: syn [--project PROJECT] [--id ID] [--type TYPE] VERB ...\n\n" +
      cli::wrapped(
          "The short commands of an agent, under its own name. What stands behind a verb's "
          "own words goes to the synapse command that it is short for.",
          0) +
      "\nVerbs:\n";
  for (const Verb& verb : verbs) {
    const std::string left =
        std::string(verb.name) + (verb.arguments.empty() ? "" : " ") + std::string(verb.arguments);
    text += cli::two_columns(left, verb.summary);
  }
  text += "\nOptions, before the verb:\n";
  for (const OwnOption& option : own_options) {
    text +=
        cli::two_columns(std::string(option.flag) + " " + std::string(option.value), option.help);
  }
  return text;
}

// What could stand where the last of these words is; see cli/completion.hpp.
std::string complete(std::string_view verb, Words words, const cli::LiveValues& live) {
  if (verb.empty() && words.size() > 1) {
    verb = words.front();
    words = words.subspan(1);
  }
  if (!verb.empty()) {
    const Verb* found = find(verb);
    if (found == nullptr || found->command.empty()) return {};
    if (found->name == "say" && words.size() == 1 && !words.front().starts_with('-')) {
      return cli::candidates(live(cli::ValueKind::agent), words.front());
    }
    std::vector<std::string> all{std::string(found->command)};
    all.insert(all.end(), words.begin(), words.end());
    return cli::complete(cli::all_commands(), all, live);
  }
  const std::string unfinished = words.empty() ? "" : words.front();
  std::string lines;
  for (const Verb& each : verbs) lines += cli::candidate(each.name, each.summary, unfinished);
  if (!unfinished.starts_with('-')) return lines;
  for (const OwnOption& option : own_options) {
    lines += cli::candidate(option.flag, option.help, unfinished);
  }
  return lines;
}

// syn(1).
std::string manual() {
  cli::ManPage page("syn", "the short commands of a coding agent, under its own name");
  page.section("SYNOPSIS").paragraph("syn [--project PROJECT] [--id ID] [--type TYPE] VERB ...");
  page.section("DESCRIPTION")
      .paragraph(
          "Says on the bus of synapse(1) what an agent says most, under the name that its place "
          "and its environment give it. What stands behind a verb's own words goes to the synapse "
          "command that it is short for. The links syn-name, syn-wait, syn-say, syn-inbox and "
          "syn-board have their verb built in.");
  page.section("VERBS");
  for (const Verb& verb : verbs) {
    std::string meaning(verb.summary);
    if (!verb.command.empty()) {
      meaning += " Takes the options of synapse " + std::string(verb.command) + ".";
    }
    page.term(verb.name, verb.arguments, meaning);
  }
  page.section("OPTIONS");
  for (const OwnOption& option : own_options) page.term(option.flag, option.value, option.help);
  cli::add_environment(page);
  page.section("EXIT STATUS").paragraph("That of the synapse command; 2 for a wrong command line.");
  page.section("SEE ALSO").paragraph("synapse(1)");
  return page.text();
}

// The part of docs/commands.md that tells of syn.
std::string reference() {
  std::string text =
      "\n## The short commands of an agent\n\n"
      "`syn [--project PROJECT] [--id ID] [--type TYPE] VERB …`; [terminals.md](terminals.md) "
      "says\n"
      "under which name.\n\n| verb | short for | |\n|---|---|---|\n";
  for (const Verb& verb : verbs) {
    const std::string words =
        std::string(verb.name) + (verb.arguments.empty() ? "" : " ") + std::string(verb.arguments);
    const std::string command =
        verb.command.empty() ? "" : "`synapse " + std::string(verb.command) + "`";
    text += "| `syn " + cli::table_cell(words) + "` | " + command + " | " +
            cli::table_cell(verb.summary) + " |\n";
  }
  return text;
}

int unknown_verb(Context& context, const std::string& word) {
  std::vector<std::string> names;
  for (const Verb& verb : verbs) names.emplace_back(verb.name);
  const std::optional<std::string> meant = cli::nearest(word, names);
  return reject(context,
                "no verb '" + safe(word) + "'" + (meant ? "; did you mean '" + *meant + "'?" : ""));
}

// How many of the words are options of syn itself, at the front.
std::size_t own_words(Words words) {
  constexpr std::array<std::string_view, 3> flags{"--project", "--id", "--type"};
  std::size_t count = 0;
  while (count < words.size()) {
    const std::string_view flag = std::string_view(words[count]).substr(0, words[count].find('='));
    if (std::find(flags.begin(), flags.end(), flag) == flags.end()) break;
    const bool has_value = flag.size() < words[count].size();
    count += has_value ? 1 : 2;
  }
  return std::min(count, words.size());
}

Result<services::IdentityOptions> read_options(Words words) {
  services::IdentityOptions options;
  if (words.empty()) return options;  // The usual case is not worth a parser.
  cli::OptionSet set("syn", "");
  set.text({"--project", "PROJECT", ""}, options.project);
  set.text({"--id", "ID", ""}, options.id);
  set.text({"--type", "TYPE", ""}, options.type);
  if (const auto parsed = set.parse(words); !parsed) return parsed.error();
  return options;
}

}  // namespace

std::optional<std::string_view> verb_of(std::string_view program) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> links{
      {{"syn", ""},
       {"syn-name", "name"},
       {"syn-wait", "wait"},
       {"syn-say", "say"},
       {"syn-inbox", "inbox"},
       {"syn-board", "board"}}};
  program.remove_prefix(program.find_last_of('/') + 1);  // npos + 1 is 0.
  for (const auto& [link, verb] : links) {
    if (program == link) return verb;
  }
  return std::nullopt;
}

int run(Context& context, std::string_view verb, Words words) {
  if (!words.empty() && words.front() == cli::complete_word) {
    words = words.subspan(1);
    if (words.empty()) return exit_code::ok;
    const Words finished = words.first(words.size() - 1);
    context.out << complete(verb, words.subspan(own_words(finished)), cli::live_values(context));
    return exit_code::ok;
  }
  if (!words.empty() && words.front() == cli::man_word) {
    context.out << manual();
    return exit_code::ok;
  }
  if (!words.empty() && words.front() == cli::reference_word) {
    context.out << reference();
    return exit_code::ok;
  }
  const std::size_t own = own_words(words);
  const Result<services::IdentityOptions> options = read_options(words.first(own));
  if (!options) return reject(context, safe(options.error().message));
  words = words.subspan(own);
  if (verb.empty()) {
    if (words.empty() || wants_help(words.front())) {
      context.out << help();
      return words.empty() ? exit_code::usage : exit_code::ok;
    }
    if (words.front() == "--version" || words.front() == "-V" || words.front() == "version") {
      context.out << "synapse " << version() << '\n';
      return exit_code::ok;
    }
    verb = words.front();
    words = words.subspan(1);
  }
  const Verb* found = find(verb);
  if (found == nullptr) return unknown_verb(context, std::string(verb));
  const bool is_asked =
      !words.empty() && words.front().starts_with('-') && wants_help(words.front());
  if (is_asked && (verb == "name" || verb == "say")) {
    context.out << help();
    return exit_code::ok;
  }
  const Result<Identity> found_identity =
      services::resolve_identity(context.environment, context.folder, *options);
  if (!found_identity) return reject(context, found_identity.error().message);
  const Identity& identity = *found_identity;
  if (!identity.plausible && verb != "name") {
    context.err << "syn: warning: '" << safe(identity.project) << "' (from "
                << services::to_text(identity.source)
                << ") is hardly the project that you mean; set $SYN_PROJECT or give --project\n";
  }
  const int code = found->run(context, identity, words);
  if (context.out.flush() || code != exit_code::ok) return code;
  context.err << "syn: could not write the output\n";
  return exit_code::failed;
}

}  // namespace synapse::syn
