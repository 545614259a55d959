// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/setup/host_choice.hpp"

#include "base/strings.hpp"
#include "git/place.hpp"

namespace synapse::cli {

void add_host_options(OptionSet& set, HostChoice& choice) {
  set.text(
      {"--for", "HOSTS",
       "claude, codex, gemini, qwen, opencode, cursor, copilot, kimi, goose, with commas; all; "
       "or detected [detected]"},
      choice.hosts);
  set.flag("--project", choice.is_project, "the settings of this repository in place of your own");
}

Result<std::vector<guard::Host>> chosen_hosts(const Context& context, const HostChoice& choice) {
  const std::string said = choice.hosts.value_or("detected");
  std::vector<guard::Host> hosts;
  for (const std::string_view part : base::split(said, ',')) {
    const std::string_view word = base::trim(part);
    if (word == "all" || word == "detected") {
      for (const guard::HostTraits& host : guard::all_hosts()) {
        const bool is_wanted =
            word == "all" || services::is_detected(host.host, context.environment);
        if (is_wanted) hosts.push_back(host.host);
      }
      continue;
    }
    const guard::HostTraits* host = guard::find_host(word);
    if (host == nullptr) {
      return fail(ErrorCode::bad_argument, "--for: no host '" + std::string(word) + "'");
    }
    hosts.push_back(host->host);
  }
  return hosts;
}

std::optional<services::HookFile> chosen_file(const Context& context, const HostChoice& choice,
                                              guard::Host host) {
  const auto scope = choice.is_project ? services::HookScope::project : services::HookScope::user;
  const auto place = git::find_place(context.folder, context.environment);
  return services::hook_file(host, scope, context.environment,
                             place ? place->top_level : context.folder);
}

}  // namespace synapse::cli
