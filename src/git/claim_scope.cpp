// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/claim_scope.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/control.hpp"
#include "base/utf8.hpp"
#include "core/file_name.hpp"
#include "core/scope.hpp"
#include "git/path_word.hpp"
#include "git/place.hpp"

namespace synapse::git {

namespace {

namespace fs = std::filesystem;

bool leads_to_something(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// Where a path leads: links resolved up to its first pattern.
struct Target {
  std::string written;
  fs::path literal;  // Absolute.
  fs::path pattern;  // What follows; mostly nothing.

  [[nodiscard]] fs::path whole() const { return pattern.empty() ? literal : literal / pattern; }
  // As a claim has it: what is there is meant as it is called.
  [[nodiscard]] fs::path scope() const {
    const fs::path quoted = core::quoted_path(literal.string());
    return pattern.empty() ? quoted : quoted / pattern;
  }
  [[nodiscard]] std::string scope_below(const fs::path& root) const {
    const fs::path path = scope().lexically_relative(core::quoted_path(root.string()));
    return path == "." ? "" : path.generic_string();
  }
};

Target target_of(const std::string& path, const fs::path& folder) {
  Target target{path, {}, {}};
  fs::path at;
  for (const fs::path& segment : folder / path) {
    if (target.pattern.empty() &&
        (!core::is_pattern(segment.string()) || leads_to_something(at / segment))) {
      at /= segment;
    } else {
      target.pattern /= segment;
    }
  }
  target.literal = resolved(at);
  if (!target.literal.has_filename() && target.literal.has_relative_path()) {
    target.literal = target.literal.parent_path();  // It was written with a `/` at its end.
  }
  // Where `..` leads from a pattern depends on what that matches.
  const bool leads_up = std::any_of(target.pattern.begin(), target.pattern.end(),
                                    [](const fs::path& segment) { return segment == ".."; });
  if (leads_up) target.pattern.clear();
  return target;
}

class Resolver {
 public:
  Resolver(const fs::path& folder, const base::Environment& environment)
      : folder_(folder), environment_(environment) {}

  [[nodiscard]] std::optional<fs::path> repository_of(const Target& target) const {
    const fs::path& path = target.literal;
    const auto at = [this](const fs::path& where) -> std::optional<fs::path> {
      const std::optional<Place> place = find_place(where, environment_);
      return place ? std::optional(place->top_level) : std::nullopt;
    };
    const std::optional<fs::path> inner = at(path);
    if (!inner || *inner != path || !target.pattern.empty() || is_within(folder_, path)) {
      return inner;
    }
    const std::optional<fs::path> around = at(path.parent_path());
    return around && *around != path ? around : inner;
  }

  // Takes the paths of a claim one by one.
  Result<> take(const std::string& path) {
    const Target target = target_of(path, folder_);
    std::optional<fs::path> repository = repository_of(target);
    if (!first_) {
      first_ = path;
      repository_ = repository;
    } else if (repository != repository_) {
      return fail(ErrorCode::bad_argument, *first_ + " lies in " + name_of(repository_) + ", " +
                                               path + " in " + name_of(repository) +
                                               ": claim them as two tasks");
    }
    if (!repository) {
      add(target.pattern.empty() ? core::quoted_path(path) : path);
      add(target.scope().string());
    } else {
      add(target.scope_below(*repository));
    }
    if (target.pattern.empty() && !leads_to_something(target.literal) &&
        !leads_to_something(target.literal.parent_path())) {
      scope_.not_there.push_back(path);
    }
    return {};
  }

  [[nodiscard]] ClaimScope scope() const {
    ClaimScope scope = scope_;
    if (repository_) scope.worktree = repository_->string();
    return scope;
  }

 private:
  static std::string name_of(const std::optional<fs::path>& repository) {
    return repository ? repository->string() : "no repository";
  }

  void add(std::string path) {
    const auto same = [normal = core::normalise_path(path)](const std::string& other) {
      return core::normalise_path(other) == normal;
    };
    if (std::none_of(scope_.paths.begin(), scope_.paths.end(), same)) {
      scope_.paths.push_back(std::move(path));
    }
  }

  fs::path folder_;
  const base::Environment& environment_;
  std::optional<std::string> first_;
  std::optional<fs::path> repository_;
  ClaimScope scope_;
};

// Of a folder that is in no repository, or not there at all: people who name it mean its files.
Result<ClaimScope> in_plain_folder(const fs::path& root, const std::vector<std::string>& paths) {
  ClaimScope scope{root.string(), {}, {}};
  for (const std::string& path : paths) {
    std::string below = target_of(path, root).scope_below(root);
    if (below == ".." || below.starts_with("../")) {
      return fail(ErrorCode::bad_argument, path + " is outside of " + root.string());
    }
    scope.paths.push_back(std::move(below));
  }
  return scope;
}

// The folder that --worktree names; nothing: it is a label.
std::optional<fs::path> folder_of(const std::string& worktree, const fs::path& from) {
  const fs::path named(worktree);
  std::error_code error;
  const bool is_path = named.is_absolute() || *named.begin() == "." || *named.begin() == "..";
  if (!is_path && !fs::is_directory(from / named, error)) return std::nullopt;
  return target_of(worktree, from).whole();
}

Result<std::vector<std::string>> read_words(const ScopeQuestion& question, const fs::path& folder,
                                            const base::Environment& environment) {
  std::vector<std::string> paths;
  for (const std::string& word : question.paths) {
    Result<std::vector<std::string>> read = read_path_word(word, folder, environment);
    if (!read) return read.error();
    paths.insert(paths.end(), read->begin(), read->end());
  }
  return paths;
}

Result<> check_text(const std::string& worktree) {
  if (base::is_valid_utf8(worktree)) return {};
  return fail(ErrorCode::bad_argument, base::escape_control(worktree, base::LineBreaks::escape) +
                                           " is not UTF-8, and can't be the worktree of a claim");
}

}  // namespace

Result<ClaimScope> resolve_claim_scope(const ScopeQuestion& question,
                                       const base::Environment& environment) {
  fs::path folder = resolved(question.folder);
  if (question.worktree) {
    if (Result<> text = check_text(*question.worktree); !text) return text.error();
    const std::optional<fs::path> named =
        question.worktree->empty() ? std::nullopt : folder_of(*question.worktree, folder);
    if (!named) return ClaimScope{*question.worktree, question.paths, {}};
    folder = *named;
  }
  Result<std::vector<std::string>> paths = read_words(question, folder, environment);
  if (!paths) return paths.error();
  const std::optional<Place> here = find_place(folder, environment);
  if (question.worktree && !here) return in_plain_folder(folder, *paths);
  if (paths->empty()) {
    ClaimScope whole;
    if (here) whole.worktree = here->top_level.string();
    // A folder that is named is meant, and not what lies around it.
    if (question.worktree && here->top_level != folder) paths->emplace_back(".");
    if (paths->empty()) return whole;
  }
  Resolver resolver(folder, environment);
  for (const std::string& path : *paths) {
    if (Result<> taken = resolver.take(path); !taken) return taken.error();
  }
  ClaimScope scope = resolver.scope();
  if (Result<> text = check_text(scope.worktree); !text) return text.error();
  return scope;
}

}  // namespace synapse::git
