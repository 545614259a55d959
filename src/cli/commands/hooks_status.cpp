// SPDX-License-Identifier: AGPL-3.0-or-later
// synapse hooks status | test: what is installed, what the hub has counted, and what each host is
// told in which case.
#include <array>
#include <chrono>
#include <cmath>
#include <iomanip>

#include "base/control.hpp"
#include "base/file.hpp"
#include "base/strings.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/setup/host_choice.hpp"
#include "guard/ask.hpp"
#include "guard/ground.hpp"
#include "guard/guard.hpp"
#include "services/hook_install.hpp"
#include "services/host_report.hpp"
#include "wire/json_document.hpp"

namespace synapse::cli::commands {

namespace {

namespace fs = std::filesystem;
using wire::Json;

constexpr std::chrono::milliseconds hub_patience{1000};
constexpr std::chrono::milliseconds host_patience{8000};  // Some take seconds to start.

// What the hub has counted; null: it can't be asked.
Json hook_counts(const Context& context) {
  const auto hub = guard::find_hub(context.environment);
  if (!hub) return {};
  const auto text = guard::get_hook_counts(*hub, hub_patience);
  if (!text) return {};
  auto parsed = wire::parse_json(*text, "the counts");
  return parsed ? *std::move(parsed) : Json();
}

std::string_view not_covered(guard::Host host) {
  switch (host) {
    case guard::Host::claude:
      return "what shell commands write";
    case guard::Host::codex:
      return "what shell commands write, but for patches; no end after SIGTERM";
    case guard::Host::gemini:
      return "what shell commands write; subagents are one with their parent";
    case guard::Host::qwen:
      return "what shell commands write; no end when headless";
    case guard::Host::opencode:
      return "what shell commands write; the end of a session is its idling";
    case guard::Host::cursor:
    case guard::Host::copilot:
    case guard::Host::goose:
    case guard::Host::kimi:
      return "made from its documentation, not tried; its agent hears no texts";
  }
  return "";
}

void print_calls(Context& context, const Json& counts, std::string_view word) {
  const Json& hosts = wire::member(counts, "hosts");
  const Json& host = wire::member(hosts, std::string(word).c_str());
  if (!host.is_object()) {
    context.out << "  no call yet since the hub started\n";
    return;
  }
  const double ago = context.clock.now().wall - wire::number_member(host, "last_call");
  const std::uint64_t calls = wire::count_member(host, "calls");
  context.out << "  " << calls << (calls == 1 ? " call" : " calls") << ", the last "
              << std::llround(std::max(0.0, ago)) << " s ago; at the hub p50 " << std::fixed
              << std::setprecision(2) << wire::number_member(host, "p50_ms") << " ms, p99 "
              << wire::number_member(host, "p99_ms") << " ms\n";
}

void print_trust(Context& context) {
  const auto trust = services::codex_trust(context.environment, context.folder, host_patience);
  if (!trust) {
    context.out << "  runs only if you have trusted it, and Codex can't be asked ("
                << base::escape_control(trust.error().message, base::LineBreaks::escape)
                << "): enter /hooks in `codex`\n";
  } else if (trust->hooks == 0) {
    context.out << "  Codex does not know of it in this folder\n";
  } else if (trust->trusted == trust->hooks) {
    context.out << "  trusted by you\n";
  } else {
    context.out << "  " << trust->hooks - trust->trusted << " of its " << trust->hooks
                << " hooks are NOT trusted by you, so Codex skips them: enter /hooks in `codex`\n";
  }
}

int run_status(Context& context, const HostChoice& choice) {
  const auto hosts = chosen_hosts(context, choice);
  if (!hosts) return explain_usage(context, hosts.error());
  const auto ground = guard::find_ground(context.folder);
  context.out << "repository: "
              << (ground ? "mode " + std::string(wire::word(ground->mode))
                         : std::string("not enabled here; `synapse hooks mode warn` does"))
              << '\n';
  const Json counts = hook_counts(context);
  const auto versions = services::host_versions(context.environment, host_patience);
  context.out << "hub: " << (counts.is_null() ? "can't be asked; see `synapse doctor`" : "answers")
              << '\n';
  for (const guard::Host id : *hosts) {
    const guard::HostTraits& host = guard::traits_of(id);
    const auto file = chosen_file(context, choice, id);
    const auto version = versions.find(id);
    context.out << host.title
                << (version == versions.end()
                        ? ""
                        : " " + base::escape_control(version->second, base::LineBreaks::escape))
                << ": ";
    if (!file || !services::is_installed(*file)) {
      context.out << "not installed\n";
      continue;
    }
    context.out << "installed in "
                << base::escape_control(file->path.string(), base::LineBreaks::escape) << '\n';
    if (id == guard::Host::codex) print_trust(context);
    if (!counts.is_null()) print_calls(context, counts, host.word);
    context.out << "  not covered: " << not_covered(id) << '\n';
  }
  return exit_code::ok;
}

struct ShownCase {
  std::string_view title;
  wire::HookAnswer::Decision decision;
};
constexpr std::array<ShownCase, 3> shown_cases{{
    {"free, own", wire::HookAnswer::Decision::granted},
    {"another's", wire::HookAnswer::Decision::held},
    {"cannot tell", wire::HookAnswer::Decision::refused},
}};

// A call of a tool that writes, as the host spells it.
Json sample_payload(guard::Host host, const fs::path& folder) {
  const std::string path = (folder / "src/a.c").string();
  const std::string where = folder.string();
  const auto as_claude = [&](const char* event, const char* tool, const Json& input) {
    return Json{{"session_id", "test"},
                {"cwd", where},
                {"hook_event_name", event},
                {"tool_name", tool},
                {"tool_input", input}};
  };
  switch (host) {
    case guard::Host::claude:
    case guard::Host::qwen:
      return as_claude("PreToolUse", "Edit", {{"file_path", path}});
    case guard::Host::codex:
      return as_claude("PreToolUse", "apply_patch",
                       {{"command", "*** Begin Patch\n*** Update File: " + path +
                                        "\n@@\n-int a;\n+long a;\n*** End Patch"}});
    case guard::Host::gemini:
      return as_claude("BeforeTool", "replace", {{"file_path", path}});
    case guard::Host::kimi:
      return as_claude("PreToolUse", "StrReplaceFile", {{"path", path}});
    case guard::Host::cursor:
      return {{"conversation_id", "test"},           {"hook_event_name", "preToolUse"},
              {"workspace_roots", {where}},          {"tool_name", "Write"},
              {"tool_input", {{"file_path", path}}}, {"cwd", ""}};
    case guard::Host::copilot:
      return {{"sessionId", "test"},
              {"cwd", where},
              {"toolName", "edit"},
              {"toolArgs", wire::json_text({{"path", path}})}};
    case guard::Host::goose:
      return {{"event", "PreToolUse"},
              {"session_id", "test"},
              {"working_dir", where},
              {"tool_name", "developer__edit"},
              {"tool_input", {{"path", path}}}};
    case guard::Host::opencode:
      return {{"event", "tool.execute.before"},
              {"directory", where},
              {"input", {{"tool", "edit"}, {"sessionID", "test"}}},
              {"output", {{"args", {{"filePath", path}}}}}};
  }
  return {};
}

void print_answer(Context& context, const guard::HostTraits& host, const guard::Output& output) {
  if (output.exit_code != 0) context.out << "exit " << output.exit_code << ' ';
  std::string text = output.out.empty() ? output.err : output.out;
  if (text.empty()) text = "nothing, so " + std::string(host.title) + " goes on";
  context.out << base::escape_control(base::trimmed(text), base::LineBreaks::escape) << '\n';
}

int run_test(Context& context, const HostChoice& choice) {
  const auto hosts = chosen_hosts(context, choice);
  if (!hosts) return explain_usage(context, hosts.error());
  const auto ground = guard::find_ground(context.folder);
  if (!ground) {
    context.err << context.command
                << ": this repository is not enabled: `synapse hooks mode warn` or "
                   "`synapse hooks mode enforce` does that\n";
    return exit_code::failed;
  }
  const double now = context.clock.now().wall;
  const base::FixedEnvironment nothing({});
  const guard::Reader reader{now, guard::local_time_of_day};
  context.out << "What the hooks say in this repository, mode " << wire::word(ground->mode)
              << ":\n";
  for (const guard::Host id : *hosts) {
    const guard::HostTraits& host = guard::traits_of(id);
    context.out << host.title << '\n';
    for (const ShownCase& one : shown_cases) {
      wire::HookAnswer answer;
      answer.decision = one.decision;
      answer.name = AgentName("you");
      answer.message = "hub unreachable";
      answer.holder =
          wire::HookHolder{AgentName("bob"), TaskId("FIX"), "src/a.c", now - 720, now + 600};
      const guard::World world{nothing,
                               ground->worktree,
                               {},
                               "",
                               reader,
                               [&answer](std::string_view) -> Result<std::string> {
                                 return wire::encode_hook_answer(answer);
                               }};
      context.out << "  " << std::left << std::setw(12) << one.title;
      print_answer(
          context, host,
          guard::answer_hook(host, wire::json_text(sample_payload(id, ground->worktree)), world));
    }
  }
  const bool answers = !hook_counts(context).is_null();
  context.out << "The hub " << (answers ? "answers.\n" : "can't be asked: see `synapse doctor`.\n");
  return answers ? exit_code::ok : exit_code::failed;
}

}  // namespace

Runner hooks_status(OptionSet& set) {
  auto choice = std::make_shared<HostChoice>();
  add_host_options(set, *choice);
  set.example("synapse hooks status");
  return runner(choice, run_status);
}

Runner hooks_test(OptionSet& set) {
  auto choice = std::make_shared<HostChoice>();
  add_host_options(set, *choice);
  set.example("synapse hooks test --for claude");
  return runner(choice, run_test);
}

}  // namespace synapse::cli::commands
