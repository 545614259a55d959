// SPDX-License-Identifier: AGPL-3.0-or-later
#include "guard/shop.hpp"

#include <fstream>

#include "guard/ground.hpp"

namespace synapse::test {

namespace fs = std::filesystem;

namespace {

void put(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

}  // namespace

Shop::Shop(wire::HookMode mode) {
  fs::create_directories(runtime());
  put(root() / ".git" / "HEAD", "ref: refs/heads/main\n");
  put(root() / "src" / "a" / "parse.c", "int x;\n");
  fs::create_directory_symlink(root() / "src", root() / "link-to-src");
  const fs::path own = root() / ".git" / "worktrees" / "wt1";
  put(own / "HEAD", "ref: refs/heads/wt1\n");
  put(own / "commondir", "../..\n");
  put(worktree() / ".git", "gitdir: " + own.string() + "\n");
  set_mode(mode);
}

void Shop::set_mode(wire::HookMode mode) const {
  put(root() / guard::synapse_folder / guard::mode_file, std::string(wire::word(mode)) + "\n");
}

std::string Shop::here(std::string text) const {
  const std::string recorded = "/w/shop";
  const std::string place = root().string();
  for (std::size_t at = 0; (at = text.find(recorded, at)) != std::string::npos;) {
    text.replace(at, recorded.size(), place);
    at += place.size();
  }
  return text;
}

}  // namespace synapse::test
