// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/identity.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

#include "base/strings.hpp"

namespace synapse::services {

namespace {

namespace fs = std::filesystem;

// Without white space around it; nothing if that leaves nothing.
std::optional<std::string> stated(const std::optional<std::string>& text) {
  std::string trimmed = base::trimmed(text.value_or(""));
  if (trimmed.empty()) return std::nullopt;
  return trimmed;
}

// As git has it: a folder with a HEAD, or the file of a linked work tree or a submodule.
bool is_git_entry(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  return fs::is_regular_file(status) ||
         (fs::is_directory(status) && fs::exists(path / "HEAD", error));
}

bool is_plausible(const std::string& project, const base::Environment& environment) {
  constexpr std::array<std::string_view, 12> accidents{
      "tmp", "root", "home", "usr", "var", "bin", "etc", "opt", "mnt", "media", "dev", "srv"};
  if (project.empty()) return false;
  if (std::find(accidents.begin(), accidents.end(), project) != accidents.end()) return false;
  const fs::path home = environment.get("HOME").value_or("");
  // "/home/ada/" has no file name; /home/ada has.
  const fs::path name = home.has_filename() ? home.filename() : home.parent_path().filename();
  return project != name.string();
}

}  // namespace

std::string_view to_text(IdentitySource source) {
  switch (source) {
    case IdentitySource::flag:
      return "flag";
    case IdentitySource::env:
      return "env";
    case IdentitySource::cwd:
      return "cwd";
  }
  return "";
}

std::optional<fs::path> git_top_level(const fs::path& folder) {
  for (fs::path at = folder;; at = at.parent_path()) {
    if (is_git_entry(at / ".git")) return at;
    if (at == at.parent_path()) return std::nullopt;
  }
}

Identity resolve_identity(const base::Environment& environment, const fs::path& folder,
                          const IdentityOptions& options) {
  const std::optional<std::string> given = stated(options.project);
  const std::optional<std::string> id = stated(options.id);
  const std::optional<std::string> ambient = stated(environment.get("SYN_IDENTITY"));
  Identity who;
  if (given) {
    who.project = *given;
    who.source = IdentitySource::flag;
  } else if (const auto project = stated(environment.get("SYN_PROJECT"))) {
    who.project = *project;
    who.source = IdentitySource::env;
  } else if (ambient) {
    who.project = ambient->substr(0, ambient->find('/'));
    who.source = IdentitySource::env;
  } else {
    who.project = base::trimmed(git_top_level(folder).value_or(folder).filename().string());
    who.source = IdentitySource::cwd;
  }
  if (id) {
    who.identity = who.project + "/" + base::trimmed(options.type) + "-" + *id;
  } else {
    who.identity = ambient && !given ? *ambient : who.project;
  }
  who.waiter = who.identity + "-rx";
  who.plausible = is_plausible(who.project, environment);
  return who;
}

std::string file_name_of(const std::string& identity) {
  std::string name = identity;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

std::vector<std::string> listener_words(const Identity& identity, ListenFor what) {
  // In one word each: a name may start with a dash.
  return {"arm", "--name=" + identity.waiter, "--for=" + identity.identity,
          what == ListenFor::directed ? "--directed-only" : "--broadcasts"};
}

}  // namespace synapse::services
