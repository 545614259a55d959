// SPDX-License-Identifier: AGPL-3.0-or-later
#include "support/git_sandbox.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace synapse::test {

namespace fs = std::filesystem;

GitSandbox::GitSandbox() : environment_(clean_environment()) {
  std::vector<std::string> unwanted;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view name(*entry, std::string_view(*entry).find('='));
    if (!environment_.contains(std::string(name))) unwanted.emplace_back(name);
  }
  for (const std::string& name : unwanted) {
    if (name.starts_with("GIT_")) unsetenv(name.c_str());
  }
  const Environment own{{"HOME", dir_.path().string()},
                        {"GIT_CONFIG_NOSYSTEM", "1"},
                        {"GIT_CONFIG_GLOBAL", (dir_ / "gitconfig").string()},
                        {"GIT_AUTHOR_NAME", "Ada"},
                        {"GIT_AUTHOR_EMAIL", "ada@example.org"},
                        {"GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z"},
                        {"GIT_COMMITTER_NAME", "Ada"},
                        {"GIT_COMMITTER_EMAIL", "ada@example.org"},
                        {"GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z"},
                        {"GIT_EDITOR", "true"},
                        {"GIT_TERMINAL_PROMPT", "0"}};
  for (const auto& [name, value] : own) {
    environment_[name] = value;
    setenv(name.c_str(), value.c_str(), 1);
  }
}

fs::path GitSandbox::init(std::string_view name) {
  const fs::path folder = dir_ / name;
  git(dir_.path(), {"init", "-q", "-b", "main", folder.string()});
  return folder;
}

Finished GitSandbox::try_git(const fs::path& folder, std::vector<std::string> words) const {
  words.insert(words.begin(), "git");
  return run({std::move(words), environment_, folder.string()});
}

std::string GitSandbox::git(const fs::path& folder, std::vector<std::string> words) const {
  const std::string verb = words.at(0);
  Finished done = try_git(folder, std::move(words));
  if (!done.status || done.status->as_number() != 0) {
    throw std::runtime_error("git " + verb + ": " + done.out + done.err);
  }
  return std::move(done.out);
}

void GitSandbox::commit(const fs::path& folder, const std::vector<std::string>& files,
                        const std::string& text) const {
  for (const std::string& file : files) write(folder / file, text);
  git(folder, {"add", "-A"});
  git(folder, {"commit", "-q", "-m", text});
}

void GitSandbox::write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::app) << text << '\n';
}

}  // namespace synapse::test
