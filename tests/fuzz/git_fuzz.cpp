// SPDX-License-Identifier: AGPL-3.0-or-later
// The output of git and the files of a repository, either of which a stranger may have written:
// NUL-separated names, refs, hooks, the file .git of a linked worktree, a worktree's configuration.
// Nothing but answers comes of it, and a hook's own line is read back as the words that it was made
// of. No git is run: nothing here has a PATH.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/assert.hpp"
#include "base/strings.hpp"
#include "git/hooks.hpp"
#include "git/place.hpp"
#include "store/cursor_file.hpp"

using namespace synapse;
namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() {
    // In memory where it can be: a disk takes a hundred times as long to replace a file.
    const fs::path memory = "/dev/shm";
    const fs::path place = fs::is_directory(memory) ? memory : fs::temp_directory_path();
    std::string name = (place / "fuzz-git-XXXXXX").string();
    SYNAPSE_ASSERT(mkdtemp(name.data()) != nullptr);
    path = name;
    fs::create_directories(path / "tree/src");
    fs::create_directories(path / "git");
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path path;
};

void put(const fs::path& file, std::string_view text) {
  std::ofstream(file, std::ios::trunc | std::ios::binary) << text;
}

void check_output(std::string_view text) {
  std::string joined;
  for (const std::string& name : git::split_at_nul(text)) {
    SYNAPSE_ASSERT(name.find('\0') == std::string::npos);
    joined += name + '\0';
  }
  SYNAPSE_ASSERT(joined == text || joined == std::string(text) + '\0');
  if (git::is_plain_ref(text)) {
    SYNAPSE_ASSERT(!text.empty() && text.front() != '-');
    SYNAPSE_ASSERT(text.find("..") == text.npos && text.find_first_of(":~^ \n") == text.npos);
  }
}

void check_files(const Folder& folder, std::string_view text) {
  const base::FixedEnvironment nothing({});
  put(folder.path / "tree/.git", text);
  const auto place = git::find_place(folder.path / "tree/src", nothing);
  if (place) static_cast<void>(git::common_dir_of(place->git_dir));
  put(folder.path / "git/config.worktree", text);
  put(folder.path / "git/config", text);
  put(folder.path / "git/commondir", text);
  static_cast<void>(git::common_dir_of(folder.path / "git"));
  const git::Git git(folder.path, nothing);
  static_cast<void>(git::worktree_name(git, folder.path / "git"));
  put(folder.path / "git/cursor", text);
  const Result<std::int64_t> cursor = store::load_cursor(folder.path / "git/cursor");
  SYNAPSE_ASSERT(!cursor || *cursor >= 0);
}

void check_hook(const Folder& folder, std::string_view text) {
  put(folder.path / "git/post-commit", text);
  static_cast<void>(git::read_hook(folder.path / "git", git::Trigger::commit));
  put(folder.path / "git/post-commit", "#!/bin/sh\n# synapse-git-hook\n" + std::string(text));
  static_cast<void>(git::read_hook(folder.path / "git", git::Trigger::commit));
  // A hook has no control characters: what installs it refuses them.
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' '; };
  if (text.empty() || std::any_of(text.begin(), text.end(), is_control)) return;
  put(folder.path / "git/post-commit",
      git::hook_script(git::Trigger::commit, std::string(text), {"--uri", std::string(text)}));
  const git::Hook hook = git::read_hook(folder.path / "git", git::Trigger::commit);
  SYNAPSE_ASSERT(hook.state == git::Hook::State::ours && hook.program == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  static const Folder folder;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_output(text);
  check_files(folder, text);
  check_hook(folder, text);
  return 0;
}
