// SPDX-License-Identifier: AGPL-3.0-or-later
// Waits in the hub's queue until files are free. Beneath a session of an assistant they then become
// part of what the session holds by its own hooks, and end with it; elsewhere they are a claim of
// ten minutes.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <ostream>

#include "base/fnv1a.hpp"
#include "base/shell_quote.hpp"
#include "base/strings.hpp"
#include "base/time_text.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/git/git_claims.hpp"
#include "cli/output/lease_time.hpp"
#include "cli/output/render.hpp"
#include "core/file_name.hpp"
#include "core/scope.hpp"
#include "git/claim_scope.hpp"
#include "guard/ask.hpp"
#include "guard/session_file.hpp"
#include "wire/hook.hpp"

namespace synapse::cli::commands {

namespace {

constexpr double taken_seconds = 600;

struct TakeArguments {
  ConnectionOptions connection;
  std::vector<std::string> paths;
  double timeout = 600;
};

// One of an agent's for each set of files: asked for again, it keeps its place.
std::string take_id(const std::string& name, const git::ClaimScope& scope) {
  std::string all = scope.worktree;
  for (const std::string& path : scope.paths) all += '\n' + path;
  std::array<char, 8> hex{};
  std::snprintf(hex.data(), hex.size(), "%06x",
                static_cast<unsigned>(base::fnv1a(all) & 0xffffffU));
  return "take/" + name + "/" + hex.data();
}

int refused(Context& context, const Reply& reply) {
  const std::string code = text_of(*reply.frame, "code");
  context.err << context.command << ": " << refusal_with_end(context, reply) << '\n';
  return code == wire_name(ErrorCode::deadlock) ? exit_code::lost : exit_code::failed;
}

// Hooks hold files by their names.
bool is_plain(const git::ClaimScope& scope) {
  return !scope.worktree.empty() && !scope.paths.empty() &&
         std::all_of(scope.paths.begin(), scope.paths.end(), [](const std::string& path) {
           return !path.empty() && !core::is_pattern(path);
         });
}

// Makes the files part of what the session holds, by the request that its hook makes before an
// edit. False: there is no session, or they are none that a hook can hold; the claim stands.
bool join_session(const Context& context, const AgentOptions& settings,
                  const git::ClaimScope& scope) {
  constexpr std::chrono::milliseconds patience(5000);
  const auto session = guard::find_session(context.environment);
  if (!session || session->name != settings.name || session->host.empty() || !is_plain(scope)) {
    return false;
  }
  const auto hub = guard::find_hub_at(settings.uri, context.environment);
  if (!hub) return false;
  guard::HubPlace place = *hub;
  if (!settings.token.empty()) place.token = settings.token;
  wire::HookRequest request;
  request.host = session->host;
  request.event = wire::HookEvent::before_tool;
  request.session = session->session;
  request.name = AgentName(session->name);
  request.is_named = true;
  request.host_pid = session->process.pid;
  request.host_start = session->process.start;
  request.pid_ns = base::pid_namespace();
  request.worktree = scope.worktree;
  for (const std::string& path : scope.paths) request.paths.push_back(core::unquoted(path));
  const auto text = guard::post_hook(place, wire::encode_hook_request(request), patience);
  if (!text) return false;
  const auto answer = wire::decode_hook_answer(*text);
  return answer && answer->decision == wire::HookAnswer::Decision::granted;
}

int taken(Context& context, Agent& agent, const AgentOptions& settings, const std::string& task_id,
          const git::ClaimScope& scope) {
  const std::string files = shown_paths(scope.paths);
  const bool is_one = scope.paths.size() < 2;
  context.out << (files.empty() ? "the whole worktree" : files)
              << (is_one ? " is yours" : " are yours");
  if (join_session(context, settings, scope)) {
    // The session has them by now. What can't be given back here ends by itself.
    static_cast<void>(agent.release(task_id));
    context.out << ", with what this session edits\n";
    return exit_code::ok;
  }
  const double now = context.clock.now().wall;
  context.out << " until " << base::time_of_day(now + taken_seconds, now) << ": `synapse release "
              << base::shell_quoted(shown(task_id)) << "` gives " << (is_one ? "it" : "them")
              << " back\n";
  return exit_code::ok;
}

int run(Context& context, const TakeArguments& options) {
  const Result<git::ClaimScope> scope =
      git::resolve_claim_scope({options.paths, context.folder, std::nullopt}, context.environment);
  if (!scope) return explain_usage(context, scope.error());
  const Result<services::Caller> owner = claimant_of(context, options.connection);
  if (!owner) return explain_usage(context, owner.error());
  const Result<AgentOptions> settings = agent_options_for(context, options.connection, *owner);
  if (!settings) return explain_usage(context, settings.error());
  Agent agent(*settings);
  if (const Result<> connected = agent.connect(); !connected) {
    return without_hub(context, *settings, connected.error());
  }
  ClaimRequest request;
  request.task_id = take_id(owner->name, *scope);
  request.note = "take";
  request.worktree = scope->worktree;
  request.paths = scope->paths;
  request.ttl = taken_seconds;
  if (options.timeout > 0) {
    request.wait =
        std::chrono::duration_cast<std::chrono::milliseconds>(base::from_seconds(options.timeout));
  }
  const Result<Reply> reply = agent.claim(request);
  if (!reply) {
    explain_silence(context, *settings, reply.error());
    return exit_code::unreachable;
  }
  if (!reply->granted) return refused(context, *reply);
  tell_not_there(context.err, scope->not_there);
  return taken(context, agent, *settings, request.task_id, *scope);
}

}  // namespace

Runner take(OptionSet& set) {
  auto options = std::make_shared<TakeArguments>();
  set.arguments("PATH", options->paths, "a file, folder or glob; several of one repository");
  set.number({"--timeout", "SECONDS", "how long to wait for its turn; 0: not at all"},
             options->timeout, {0, 30 * 86'400});
  add_claiming_options(set, options->connection);
  set.example("synapse take src/a.c --timeout 120");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
