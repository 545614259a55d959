// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/setup/completion_files.hpp"

#include <filesystem>

#include "base/file.hpp"

namespace synapse::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view our_mark = "# Completions of synapse for ";

fs::path folder_in(const base::Environment& environment, const std::string& variable,
                   const fs::path& otherwise) {
  const fs::path set = environment.get(variable).value_or("");
  return set.is_absolute() ? set : otherwise;
}

// bash and fish look for a file a program; zsh reads one for all its names.
Result<std::vector<fs::path>> completion_files(const base::Environment& environment, Shell shell) {
  const fs::path home = environment.get("HOME").value_or("");
  if (!home.is_absolute()) {
    return fail(ErrorCode::bad_argument, "no $HOME: it says whose completions they are");
  }
  const fs::path data = folder_in(environment, "XDG_DATA_HOME", home / ".local/share");
  switch (shell) {
    case Shell::bash: {
      const fs::path folder = data / "bash-completion/completions";
      return std::vector<fs::path>{folder / "synapse", folder / "syn"};
    }
    case Shell::zsh:
      return std::vector<fs::path>{data / "zsh/site-functions/_synapse"};
    case Shell::fish: {
      const fs::path folder =
          folder_in(environment, "XDG_CONFIG_HOME", home / ".config") / "fish/completions";
      return std::vector<fs::path>{folder / "synapse.fish", folder / "syn.fish"};
    }
  }
  return std::vector<fs::path>();
}

enum class Owner { nobody, us, others };
Owner owner_of(const fs::path& file) {
  constexpr std::size_t start_bytes = 4096;
  std::error_code error;
  if (fs::symlink_status(file, error).type() == fs::file_type::not_found) return Owner::nobody;
  const Result<std::string> start = base::read_start(file, start_bytes);
  return start && start->find(our_mark) != std::string::npos ? Owner::us : Owner::others;
}

}  // namespace

Result<std::vector<std::string>> install_completions(const base::Environment& environment,
                                                     Shell shell) {
  const auto files = completion_files(environment, shell);
  if (!files) return files.error();
  std::vector<std::string> lines;
  for (const fs::path& file : *files) {
    if (owner_of(file) == Owner::others) {
      lines.push_back("left " + file.string() + ", which is not ours");
      continue;
    }
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (!error) error = base::replace_file(file, completion_script(shell), {.permissions = 0644});
    if (error) return base::file_error(file, "can't be written", error.value());
    lines.push_back("wrote " + file.string());
  }
  if (shell == Shell::zsh) {
    lines.push_back("next: in ~/.zshrc, before compinit: fpath=(" +
                    files->front().parent_path().string() + " $fpath)");
  } else {
    lines.emplace_back("shells that are started from now on have them");
  }
  return lines;
}

Result<std::vector<std::string>> remove_completions(const base::Environment& environment,
                                                    Shell shell) {
  const auto files = completion_files(environment, shell);
  if (!files) return files.error();
  std::vector<std::string> lines;
  for (const fs::path& file : *files) {
    const Owner owner = owner_of(file);
    if (owner == Owner::nobody) continue;
    if (owner == Owner::others) {
      lines.push_back("left " + file.string() + ", which is not ours");
      continue;
    }
    std::error_code error;
    fs::remove(file, error);
    if (error) return base::file_error(file, "can't be removed", error.value());
    lines.push_back("removed " + file.string());
  }
  if (lines.empty()) lines.emplace_back("nothing to do: they are not installed");
  return lines;
}

}  // namespace synapse::cli
