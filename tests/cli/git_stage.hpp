// SPDX-License-Identifier: AGPL-3.0-or-later
// A repository, a hub and the command line, for tests of the git commands.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "cli/bus.hpp"
#include "cli/cli_run.hpp"
#include "support/git_sandbox.hpp"
#include "support/hub_process.hpp"

namespace synapse::test {

// A repository on `main` with one commit, a hub, and the command line in the repository's folder.
// The sandbox comes first: it sets the environment before there are threads.
struct GitStage {
  GitStage()
      : repo(box.init("r")),
        observer(bus.join("observer")),
        run({{"SYNAPSE_URI", bus.hub.uri()}, {"HOME", box.path().string()}}) {
    box.commit(repo, {"src/a", "docs/d"}, "one");
    in(repo);
    run.context().started_as = program_under_test();
  }

  CliRun& in(const std::filesystem::path& folder) {
    run.context().folder = folder;
    return run;
  }

  // The claims that the hub has, by task; null: no such claim.
  Json claim(const std::string& id) {
    const Json claims = observer->state().value().frame->at("snapshot").at("active_claims");
    for (const Json& claim : claims) {
      if (claim.at("task_id") == id) return claim;
    }
    return nullptr;
  }

  GitSandbox box;
  std::filesystem::path repo;
  Bus bus;
  std::unique_ptr<Agent> observer;
  CliRun run;
};

}  // namespace synapse::test
