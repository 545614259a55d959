// SPDX-License-Identifier: AGPL-3.0-or-later
// Where each host program keeps the file that its hooks are in.
#include <algorithm>
#include <array>
#include <system_error>

#include "base/find_program.hpp"
#include "services/host_hooks.hpp"

namespace synapse::services {

namespace {

namespace fs = std::filesystem;
using guard::Host;

std::string variable(const base::Environment& environment, const char* name) {
  return environment.get(name).value_or("");
}

// A host's own folder: where its variable says, else in the home.
fs::path host_folder(Host host, const base::Environment& environment) {
  const std::string home = variable(environment, "HOME");
  const auto in_home = [&home](const char* name) {
    return home.empty() ? fs::path() : fs::path(home) / name;
  };
  const auto said = [&](const char* name, const fs::path& otherwise) {
    const std::string folder = variable(environment, name);
    return folder.empty() ? otherwise : fs::path(folder);
  };
  switch (host) {
    case Host::claude:
      return said("CLAUDE_CONFIG_DIR", in_home(".claude"));
    case Host::codex:
      return said("CODEX_HOME", in_home(".codex"));
    case Host::gemini:
      return in_home(".gemini");
    case Host::qwen:
      return in_home(".qwen");
    case Host::cursor:
      return in_home(".cursor");
    case Host::copilot:
      return said("COPILOT_HOME", in_home(".copilot"));
    case Host::kimi:
      return in_home(".kimi");
    case Host::opencode:
    case Host::goose: {
      const fs::path config = said("XDG_CONFIG_HOME", in_home(".config"));
      return config.empty() ? config : config / std::string(guard::traits_of(host).word);
    }
  }
  return {};
}

struct FilePlace {
  Host host;
  HookFileKind kind;
  const char* in_folder;   // Of the host; Goose's is in the home.
  const char* in_project;  // Blank: none.
};
constexpr std::array<FilePlace, 9> file_places{{
    {Host::claude, HookFileKind::groups, "settings.json", ".claude/settings.json"},
    {Host::codex, HookFileKind::groups, "hooks.json", ".codex/hooks.json"},
    {Host::gemini, HookFileKind::groups, "settings.json", ".gemini/settings.json"},
    {Host::qwen, HookFileKind::groups, "settings.json", ".qwen/settings.json"},
    {Host::cursor, HookFileKind::handlers, "hooks.json", ".cursor/hooks.json"},
    {Host::copilot, HookFileKind::own, "hooks/synapse.json", ""},
    {Host::opencode, HookFileKind::own, "plugin/synapse.js", ".opencode/plugin/synapse.js"},
    {Host::kimi, HookFileKind::toml, "config.toml", ""},
    // A plugin of ours, in the folder that hosts of the Open Plugins specification share.
    {Host::goose, HookFileKind::groups, ".agents/plugins/synapse/hooks/hooks.json",
     ".agents/plugins/synapse/hooks/hooks.json"},
}};

}  // namespace

std::optional<HookFile> hook_file(Host host, HookScope scope, const base::Environment& environment,
                                  const fs::path& folder) {
  const auto place = std::find_if(file_places.begin(), file_places.end(),
                                  [host](const FilePlace& one) { return one.host == host; });
  if (place == file_places.end()) return std::nullopt;
  if (scope == HookScope::project) {
    if (std::string_view(place->in_project).empty()) return std::nullopt;
    return HookFile{host, place->kind, folder / place->in_project};
  }
  const fs::path own = host == Host::goose ? fs::path(variable(environment, "HOME"))
                                           : host_folder(host, environment);
  if (own.empty()) return std::nullopt;
  return HookFile{host, place->kind, own / place->in_folder};
}

bool is_detected(Host host, const base::Environment& environment) {
  std::error_code unknown;
  const fs::path folder = host_folder(host, environment);
  if (!folder.empty() && fs::is_directory(folder, unknown)) return true;
  const std::string program(guard::traits_of(host).word);
  return !base::find_program(program, {}, environment).empty();
}

}  // namespace synapse::services
