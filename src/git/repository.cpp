// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/repository.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/control.hpp"
#include "base/strings.hpp"
#include "git/small_file.hpp"

namespace synapse::git {

namespace {

using Words = std::vector<std::string>;

constexpr std::string_view branch_prefix = "refs/heads/";

// In this order: four lines, the last of them missing while there is no commit.
const Words questions{"rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir",
                      "--git-common-dir"};

// What the names of changed files need whatever the user has set for looking at differences.
const Words names_only{"-z", "--name-only", "--no-renames", "--no-relative",
                       "--ignore-submodules=none"};

Words joined(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : base::split(text, '\n')) lines.emplace_back(line);
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

Result<Words> ask(const Git& git, const Words& arguments, std::size_t count) {
  const Result<std::string> out = git.run(arguments);
  if (!out) return out.error();
  Words lines = lines_of(*out);
  if (lines.size() != count) {
    return fail(ErrorCode::bad_argument,
                "the repository's path has a line break in it; move it to another");
  }
  return lines;
}

std::string short_branch(std::string name) {
  if (name.starts_with(branch_prefix)) name.erase(0, branch_prefix.size());
  return name;
}

// Nothing where HEAD is none of the two things that it has been since git's first years: in the
// newer format of refs it only looks like one.
std::optional<std::string> branch_by_files(const std::filesystem::path& git_dir) {
  constexpr std::string_view is_ref = "ref: ";
  constexpr std::string_view elsewhere = "refs/heads/.invalid";
  std::error_code error;
  const std::filesystem::path head = git_dir / "HEAD";
  if (std::filesystem::is_symlink(head, error)) return std::nullopt;
  std::string text = base::trimmed(read_start(head).value_or(""));
  if (text.empty() || text.find('\n') != std::string::npos) return std::nullopt;
  if (!text.starts_with(is_ref)) {
    const bool is_id = text.find_first_not_of("0123456789abcdef") == std::string::npos;
    return is_id ? std::optional<std::string>(detached_head) : std::nullopt;
  }
  text.erase(0, is_ref.size());
  if (text == elsewhere || !text.starts_with(branch_prefix)) return std::nullopt;
  return short_branch(std::move(text));
}

// Whether the configuration could say that the files are elsewhere than beside the git dir. On
// doubt: extensions.worktreeConfig reads like it, and an include may hold anything.
bool may_move_worktree(const std::filesystem::path& config) {
  const std::string text = base::to_lower(read_start(config).value_or("worktree"));
  return text.find("worktree") != std::string::npos || text.find("include") != std::string::npos;
}

Error not_plain(const std::string& ref) {
  return fail(ErrorCode::bad_argument,
              "'" + base::escape_control(ref, base::LineBreaks::escape) + "' is no branch's name");
}

}  // namespace

Result<Repository> find_repository(const Git& git) {
  std::string branch;
  Result<Words> lines = ask(git, joined(questions, {"--symbolic-full-name", "HEAD"}), 4);
  if (lines) {
    branch = short_branch(lines->back());
  } else {
    // No commit yet, or no repository; then the second question fails like the first.
    lines = ask(git, questions, 3);
    if (!lines) return lines.error();
    const Result<std::string> unborn = git.run({"symbolic-ref", "HEAD"});
    if (!unborn) return unborn.error();
    branch = short_branch(lines_of(*unborn).empty() ? "" : lines_of(*unborn).front());
  }
  return Repository{std::move((*lines)[0]), resolved((*lines)[1]).string(),
                    resolved((*lines)[2]).string(), std::move(branch)};
}

Result<Repository> find_repository(const Git& git, const std::optional<Place>& place) {
  if (!place || place->git_dir.empty() || place->found_by != Place::FoundBy::folder) {
    return find_repository(git);
  }
  const std::filesystem::path common_dir = common_dir_of(place->git_dir);
  const std::optional<std::string> branch = branch_by_files(place->git_dir);
  if (!branch || may_move_worktree(common_dir / "config")) return find_repository(git);
  return Repository{place->top_level.string(), place->git_dir.string(), common_dir.string(),
                    *branch};
}

std::optional<std::string> branch_of_worktree(const std::filesystem::path& top_level) {
  const std::optional<Place> place = find_place(top_level, base::FixedEnvironment({}));
  if (!place || place->git_dir.empty() || place->top_level != top_level) return std::nullopt;
  return branch_by_files(place->git_dir);
}

Result<Commit> read_head(const Git& git) {
  const Result<std::string> out = git.run(joined(
      {"diff-tree", "-r", "--root", "--diff-merges=first-parent", "--pretty=format:%P", "--always"},
      joined(names_only, {"HEAD"})));
  if (!out) return out.error();
  // The parents, a line end, the files; only the parents if there are none.
  const std::string_view text = *out;
  const std::size_t end = text.find('\n');
  const std::string_view parents = text.substr(0, end);
  Commit commit;
  commit.is_merge = parents.find(' ') != std::string_view::npos;
  if (end != std::string_view::npos) commit.files = split_at_nul(text.substr(end + 1));
  return commit;
}

Result<std::vector<std::string>> files_of_merge(const Git& git) {
  const Result<std::string> out =
      git.run(joined({"diff-tree", "-r"}, joined(names_only, {"ORIG_HEAD", "HEAD"})));
  if (!out) return out.error();
  return split_at_nul(*out);
}

Result<std::vector<std::string>> files_of_branch(const Git& git, const std::string& base,
                                                 const std::string& branch) {
  for (const std::string& ref : {base, branch}) {
    if (!is_plain_ref(ref)) return not_plain(ref);
  }
  const Result<std::string> out =
      git.run(joined({"diff", "--no-ext-diff"},
                     joined(names_only, {"--end-of-options", base + "..." + branch, "--"})));
  if (!out) return out.error();
  return split_at_nul(*out);
}

Result<std::vector<std::string>> local_branches(const Git& git,
                                                const std::vector<std::string>& names,
                                                Which which) {
  Words arguments{"for-each-ref", "--format=%(refname)"};
  if (which == Which::merged_into_head) arguments.emplace_back("--merged=HEAD");
  std::vector<std::string> found;
  bool any = false;
  for (const std::string& name : names) {
    if (!is_plain_ref(name)) continue;
    arguments.push_back(std::string(branch_prefix) + name);
    any = true;
  }
  if (!any) return found;
  const Result<std::string> out = git.run(arguments);
  if (!out) return out.error();
  for (std::string& line : lines_of(*out)) {
    // A name also stands for the folder of refs below it.
    std::string name = short_branch(std::move(line));
    if (std::find(names.begin(), names.end(), name) != names.end())
      found.push_back(std::move(name));
  }
  return found;
}

}  // namespace synapse::git
