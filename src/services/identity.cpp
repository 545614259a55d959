// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/identity.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <string_view>
#include <system_error>

#include "base/control.hpp"
#include "base/fnv1a.hpp"
#include "base/strings.hpp"
#include "git/hooks.hpp"
#include "git/place.hpp"
#include "guard/session_file.hpp"

namespace synapse::services {

namespace {

namespace fs = std::filesystem;

// Without white space around it; nothing if that leaves nothing.
std::optional<std::string> stated(const std::optional<std::string>& text) {
  std::string trimmed = base::trimmed(text.value_or(""));
  if (trimmed.empty()) return std::nullopt;
  return trimmed;
}

std::string shown(const std::string& text) {
  return base::escape_control(text, base::LineBreaks::escape);
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

std::string project_of(const std::string& identity) {
  return identity.substr(0, identity.find('/'));
}

// What the environment says. The shell hook's own project gives way to an identity that somebody
// has set since: at the next prompt the hook will follow it.
struct Stated {
  std::optional<std::string> project;
  std::optional<std::string> identity;
};

Stated stated_by(const base::Environment& environment) {
  Stated said{stated(environment.get("SYN_PROJECT")), stated(environment.get("SYN_IDENTITY"))};
  const bool is_hooks = said.project == stated(environment.get("__SYNAPSE_AUTO_PROJECT"));
  const bool is_set_since = said.identity != stated(environment.get("__SYNAPSE_AUTO_IDENTITY"));
  if (said.identity && is_hooks && is_set_since) said.project.reset();
  return said;
}

Result<> check(const Stated& said) {
  if (!said.project || !said.identity || project_of(*said.identity) == *said.project) return {};
  return fail(ErrorCode::bad_argument, "SYN_PROJECT is '" + shown(*said.project) +
                                           "' but SYN_IDENTITY is '" + shown(*said.identity) +
                                           "'; unset one of them");
}

std::optional<std::string> name_of_worktree(const base::Environment& environment,
                                            const fs::path& folder) {
  const std::optional<git::Place> place = git::find_place(folder, environment);
  if (!place) return std::nullopt;
  return stated(git::worktree_name(git::Git(folder, environment), place->git_dir));
}

// The name of the host's session that this runs in, unless somebody has said another name since it
// began.
std::optional<std::string> name_of_session(const base::Environment& environment,
                                           const Stated& said) {
  const std::optional<guard::SessionFile> session = guard::find_session(environment);
  if (!session || session->identity != said.identity.value_or("")) return std::nullopt;
  return session->name;
}

std::string first_line_of(const char* file) {
  std::string line;
  std::getline(std::ifstream(file), line);
  return line;
}

}  // namespace

std::string_view to_text(IdentitySource source) {
  switch (source) {
    case IdentitySource::flag:
      return "flag";
    case IdentitySource::session:
      return "session";
    case IdentitySource::env:
      return "env";
    case IdentitySource::worktree:
      return "worktree";
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

Result<Identity> resolve_identity(const base::Environment& environment, const fs::path& folder,
                                  const IdentityOptions& options) {
  const std::optional<std::string> given = stated(options.project);
  const std::optional<std::string> id = stated(options.id);
  const Stated said = stated_by(environment);
  if (const Result<> good = check(said); !good && !given) return good.error();
  const std::optional<std::string> session = name_of_session(environment, said);
  std::optional<std::string> ambient = session ? session : said.identity;
  if (!ambient && !given) ambient = name_of_worktree(environment, folder);
  Identity who;
  if (given) {
    who.project = *given;
    who.source = IdentitySource::flag;
  } else if (said.project) {
    who.project = *said.project;
    who.source = IdentitySource::env;
  } else if (ambient) {
    who.project = project_of(*ambient);
    who.source = said.identity ? IdentitySource::env : IdentitySource::worktree;
    if (session) who.source = IdentitySource::session;
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

Result<Caller> find_caller(const base::Environment& environment, const fs::path& folder,
                           const std::optional<std::string>& given) {
  if (given) return Caller{*given, Caller::Source::option};
  const Stated said = stated_by(environment);
  if (const Result<> good = check(said); !good) return good.error();
  if (auto name = name_of_session(environment, said)) {
    return Caller{*std::move(name), Caller::Source::session};
  }
  if (said.identity) return Caller{*said.identity, Caller::Source::environment};
  if (auto name = name_of_worktree(environment, folder)) {
    return Caller{*std::move(name), Caller::Source::worktree};
  }
  return Caller{std::string(nobody), Caller::Source::none};
}

std::string terminal_name(const Identity& who, const base::Environment& environment,
                          const std::string& session) {
  std::string login = stated(environment.get("USER"))
                          .value_or(stated(environment.get("LOGNAME")).value_or("terminal"));
  // Commas, globs and slashes have meanings in names.
  const auto is_plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.';
  };
  std::replace_if(
      login.begin(), login.end(), [&](char c) { return !is_plain(static_cast<unsigned char>(c)); },
      '_');
  const std::uint64_t digest = base::fnv1a(session);
  std::array<char, 16> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x",
                static_cast<unsigned>((digest >> 32U) ^ (digest & 0xffffffffU)));
  return who.project + "/" + login + "-" + digits.data();
}

std::string this_session() {
  std::error_code unknown;
  return first_line_of("/proc/sys/kernel/random/boot_id") + " " +
         fs::read_symlink("/proc/self/ns/pid", unknown).string() + " " + std::to_string(getsid(0));
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
