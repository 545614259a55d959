// SPDX-License-Identifier: AGPL-3.0-or-later
#include "repository.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "support/hub_process.hpp"

namespace synapse::test {

FleetRepository::FleetRepository(std::filesystem::path folder, std::string uri)
    : folder_(std::move(folder)),
      main_(folder_ / "main"),
      uri_(std::move(uri)),
      environment_(clean_environment()) {
  environment_["HOME"] = folder_.string();
  environment_["GIT_CONFIG_NOSYSTEM"] = "1";
  environment_["GIT_CONFIG_GLOBAL"] = (folder_ / "gitconfig").string();
  std::ofstream(folder_ / "gitconfig")
      << "[user]\n\tname = Fleet\n\temail = fleet@example.invalid\n"
         "[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n[extensions]\n\tworktreeConfig = "
         "true\n";
  std::filesystem::create_directories(main_);
  run({"git", "init", "-q"}, main_);
  run({"git", "config", "extensions.worktreeConfig", "true"}, main_);
  for (int i = 0; i < 5; ++i) std::ofstream(main_ / ("file-" + std::to_string(i))) << "begun\n";
  run({"git", "add", "."}, main_);
  run({"git", "commit", "-q", "-m", "begun"}, main_);
  run({program_under_test(), "git-hook", "install", "--uri", uri_, "--name", "fleet/nobody"},
      main_);
}

std::string FleetRepository::add_worktree(const std::string& agent, const std::string& branch) {
  const std::filesystem::path worktree = folder_ / branch;
  run({"git", "worktree", "add", "-q", "-b", branch, worktree.string()}, main_);
  run({"git", "config", "--worktree", "synapse.name", agent}, worktree);
  return worktree.string();
}

std::vector<Edit> FleetRepository::edits() const {
  std::vector<Edit> edits;
  std::istringstream subjects(run({"git", "log", "--all", "--format=%s"}, main_));
  for (std::string subject; std::getline(subjects, subject);) {
    Edit edit;
    std::istringstream words(subject);
    if (words >> edit.task >> edit.agent >> edit.begin >> edit.end) edits.push_back(edit);
  }
  return edits;
}

std::string FleetRepository::run(std::vector<std::string> words,
                                 const std::filesystem::path& folder) const {
  Command command;
  command.words = std::move(words);
  command.environment = environment_;
  command.folder = folder.string();
  const Finished finished = test::run(command);
  if (!finished.status || finished.status->as_number() != 0) {
    throw std::runtime_error(command.words[0] + " " + command.words[1] + ": " + finished.err);
  }
  return finished.out;
}

}  // namespace synapse::test
