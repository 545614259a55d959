// SPDX-License-Identifier: AGPL-3.0-or-later
// The git commands in real repositories, against a hub in this process.
#include <csignal>
#include <fstream>
#include <future>

#include "cli/git_stage.hpp"
#include "support/file_text.hpp"
#include "support/loopback.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using synapse::Json;
using synapse::test::GitStage;
using synapse::test::text_of;
namespace fs = std::filesystem;

TEST_CASE("a git claim carries its branch, its worktree and its repository", "[cli][git]") {
  GitStage s;
  s.box.git(s.repo, {"worktree", "add", "-q", "-b", "claim/T1", "../linked"});
  CHECK(s.in(s.box / "linked/src")({"git-claim", "T1", "--paths", "a", "--paths", "../docs/*.md",
                                    "--name", "A", "--base", "develop"}) == 0);
  CHECK_THAT(s.run.out(), StartsWith("claimed 'T1' on branch claim/T1 (base develop, auto-release "
                                     "on merge)\n"));
  const Json claim = s.claim("T1");
  CHECK(claim.at("owner") == "A");
  CHECK(claim.at("worktree") == (s.box / "linked").string());
  CHECK(claim.at("paths") == Json::array({"src/a", "docs/*.md"}));
  CHECK(claim.at("git") == Json{{"branch", "claim/T1"},
                                {"base", "develop"},
                                {"auto_release_on", "merge"},
                                {"repo", (s.repo / ".git").string()}});
  CHECK(s.in(s.repo)({"state", "--json"}) == 0);
  CHECK_THAT(s.run.out(), Contains("\"repo\": \"" + (s.repo / ".git").string() + "\""));
}

TEST_CASE("git-claim and lock mean the same files by the same words", "[cli][git]") {
  GitStage s;
  CHECK(s.in(s.repo / "src")({"git-claim", "T1", "--paths", "../docs", "--name", "A"}) == 0);
  CHECK(s.in(s.repo)({"lock", "L", "--paths", "docs/d", "--name", "B", "--wait-timeout", "0", "--",
                      "true"}) == 1);
  CHECK(s.in(s.repo)({"lock", "L", "--paths", "src", "--name", "B", "--wait-timeout", "0", "--",
                      "true"}) == 0);
  CHECK(s.run({"git-claim", "T2", "--paths", "docs/d", "--name", "B"}) == 1);
  CHECK_THAT(s.run.out(), StartsWith("claim denied for 'T2': ") && Contains("A"));
  CHECK(s.run({"git-claim", "T2", "--paths", "docs/d", "--name", "B", "--worktree", "other"}) == 0);
  CHECK(s.claim("T2").at("worktree") == "other");
}

TEST_CASE("claims are held under the terminal's identity unless a name is given", "[cli][git]") {
  GitStage s;
  synapse::test::CliRun run({{"SYNAPSE_URI", s.bus.hub.uri()},
                             {"HOME", s.box.path().string()},
                             {"SYN_IDENTITY", "shop/alice"}});
  run.context().folder = s.repo;
  run.context().started_as = synapse::test::program_under_test();
  REQUIRE(s.run({"git-hook", "install", "--name", "shop/other"}) == 0);
  CHECK(run({"git-claim", "T1", "--paths", "src", "--auto-release-on", "commit"}) == 0);
  CHECK_THAT(run.out(), !Contains("note: "));
  CHECK(s.claim("T1").at("owner") == "shop/alice");
  CHECK(run({"git-claim", "T2", "--paths", "docs", "--name", "shop/bob"}) == 0);
  CHECK(s.claim("T2").at("owner") == "shop/bob");
  CHECK(run({"release", "T2"}) == 1);

  s.box.commit(s.repo, {"src/a"}, "two");
  CHECK(run({"git-release", "--trigger", "commit", "--name", "shop/other"}) == 0);
  CHECK_FALSE(s.claim("T1").is_null());
  CHECK(run({"git-release", "--trigger", "commit"}) == 0);
  CHECK(s.claim("T1").is_null());
  CHECK(run({"lock", "L", "--", "sh", "-c", "exit 3"}) == 3);
}

TEST_CASE("what can't be claimed is refused before the hub is asked", "[cli][git]") {
  GitStage s;
  CHECK(s.run({"git-claim", "T", "--paths", "../elsewhere"}) == 2);
  CHECK_THAT(s.run.err(), Contains("outside"));
  CHECK(s.run({"git-claim", "T", "--paths", "bytes\xff"}) == 2);
  CHECK_THAT(s.run.err(), Contains("UTF-8"));
  for (const std::string base : {"-x", "--output=f", "a..b", ""}) {
    CAPTURE(base);
    CHECK(s.run({"git-claim", "T", "--base=" + base}) == 2);
    CHECK(s.run({"git-init", "--base=" + base}) == 2);
  }
  CHECK(s.run({"git-claim", "T", "--auto-release-on", "push"}) == 2);
  CHECK(s.run({"git-claim"}) == 2);
  CHECK(s.in(s.box.path())({"git-claim", "T"}) == 1);
  CHECK_THAT(s.run.out(), StartsWith("git error: "));
  CHECK(s.claim("T").is_null());
}

TEST_CASE("a claim that no hook will end says so, and how to get one", "[cli][git]") {
  GitStage s;
  CHECK(s.run({"git-claim", "T1", "--paths", "x", "--name", "A"}) == 0);
  CHECK_THAT(s.run.out(), Contains("\nnote: ") && Contains("synapse git-hook install") &&
                              Contains("synapse release T1 --name A"));
  CHECK(s.run({"git-claim", "T1", "--paths", "x", "--name", "A", "--auto-release-on", "manual"}) ==
        0);
  CHECK_THAT(s.run.out(), !Contains("note: "));
  REQUIRE(s.run({"git-hook", "install", "--name", "A"}) == 0);
  CHECK(s.run({"git-claim", "T1", "--paths", "x", "--name", "A"}) == 0);
  CHECK_THAT(s.run.out(), !Contains("note: "));
  CHECK(s.run({"git-claim", "T2", "--paths", "y", "--name", "B"}) == 0);
  CHECK_THAT(s.run.out(), Contains("acts for A"));
}

TEST_CASE("hooks are installed, tested, and others' are left alone", "[cli][git]") {
  GitStage s;
  CHECK(s.run({"git-hook", "test"}) == 1);
  CHECK_THAT(s.run.out(), StartsWith("missing: post-commit not installed"));
  CHECK(s.in(s.repo / "src")({"git-hook", "install", "--name", "A"}) == 0);
  CHECK(s.run({"git-hook", "test"}) == 0);
  const std::string program = s.run.context().started_as;
  CHECK(s.run.out() == "ok: post-commit installed -> " + program +
                           "\nok: post-merge installed -> " + program + "\n");

  const fs::path hooks = s.repo / ".git/hooks";
  const std::string script = text_of(hooks / "post-commit");
  CHECK(script.find("\n# synapse-git-hook\n") != std::string::npos);
  CHECK(script.find(program + " git-release --trigger commit --uri " + s.bus.hub.uri() +
                    " || true\n") != std::string::npos);

  CHECK_THAT(script, !Contains("--ready-timeout"));
  CHECK(s.run({"git-hook", "install", "--name", "A", "--ready-timeout", "2.5"}) == 0);
  CHECK_THAT(text_of(hooks / "post-commit"), Contains(" --ready-timeout 2.500 "));

  fs::permissions(hooks / "post-merge", fs::perms::owner_read | fs::perms::owner_write);
  CHECK(s.run({"git-hook", "test"}) == 1);
  CHECK_THAT(s.run.out(), Contains("warning: post-merge") && Contains("executable"));
  CHECK(s.run({"git-hook", "install", "--name", "A", "--synapse-bin", "/gone/synapse"}) == 0);
  CHECK(s.run({"git-hook", "test"}) == 1);
  CHECK_THAT(s.run.out(), Contains("warning: post-commit") && Contains("/gone/synapse"));

  const std::string foreign = "#!/bin/sh\necho mine\n";
  std::ofstream(hooks / "post-commit", std::ios::trunc) << foreign;
  CHECK(s.run({"git-hook", "install", "--name", "A"}) == 0);
  CHECK_THAT(s.run.out(), StartsWith("skipped post-commit: a non-Synapse hook already exists\n"
                                     "installed post-merge "));
  CHECK(text_of(hooks / "post-commit") == foreign);
  CHECK(s.run({"git-hook", "test"}) == 1);
  CHECK(s.in(s.box.path())({"git-hook", "install"}) == 1);
  CHECK_THAT(s.run.err(), StartsWith("synapse git-hook install: "));
}

TEST_CASE("hooks are installed without a token that was given as a word, and that is said",
          "[cli][git]") {
  GitStage s;
  CHECK(s.run({"git-hook", "install", "--name", "A", "--token", "secret"}) == 0);
  CHECK_THAT(s.run.err(), Contains("--token-file") && !Contains("secret"));
  CHECK_THAT(text_of(s.repo / ".git/hooks/post-commit"), !Contains("secret"));
}

TEST_CASE("options of git-hook stand on either side of its verb, for test as for install",
          "[cli][git]") {
  GitStage s;
  const std::string program = s.run.context().started_as;
  CHECK(s.run({"git-hook", "--name", "A", "--uri", s.bus.hub.uri(), "--synapse-bin", program,
               "install"}) == 0);
  CHECK(s.run({"git-hook", "--name", "A", "--synapse-bin", program, "test"}) == 0);
  CHECK(s.run({"git-hook", "test", "--uri", s.bus.hub.uri(), "--token-file", "t"}) == 0);
}

TEST_CASE("what may not stand in a hook is refused", "[cli][git]") {
  GitStage s;
  CHECK(s.run({"git-hook", "install", "--name", "a\nb"}) == 2);
  CHECK(s.run({"git-hook", "install", "--name", " "}) == 2);
  CHECK_FALSE(fs::exists(s.repo / ".git/hooks/post-commit"));
}

TEST_CASE("git-init writes hooks and a guide, and again, and a foreign guide stays", "[cli][git]") {
  GitStage s;
  CHECK(s.in(s.repo / "src")({"git-init", "--name", "A", "--base", "develop"}) == 0);
  CHECK_THAT(s.run.out(), Contains("installed post-commit ") && Contains("installed post-merge ") &&
                              Contains("\nwrote .synapse/git-claims.md "));
  const std::string guide = text_of(s.repo / ".synapse/git-claims.md");
  CHECK_THAT(guide, StartsWith("<!-- synapse-git-init -->\n") && Contains("`develop`") &&
                        Contains("claim/<task-id>") && !Contains("BASE"));
  CHECK(s.run({"git-init", "--name", "A"}) == 0);
  CHECK_THAT(text_of(s.repo / ".synapse/git-claims.md"), Contains("`main`"));
  std::ofstream(s.repo / ".synapse/git-claims.md", std::ios::trunc) << "mine\n";
  CHECK(s.run({"git-init", "--name", "A"}) == 0);
  CHECK_THAT(s.run.out(), Contains("skipped .synapse/git-claims.md"));
  CHECK(text_of(s.repo / ".synapse/git-claims.md") == "mine\n");
  CHECK(s.in(s.box.path())({"git-init"}) == 1);
}

TEST_CASE("a claim is held until a signal, and its owner's name stays free", "[cli][git]") {
  GitStage s;
  auto code = std::async(std::launch::async, [&s] {
    return s.run({"git-claim", "T1", "--name", "A", "--hold", "--auto-release-on", "manual"});
  });
  REQUIRE(synapse::test::eventually(synapse::test::patience, [&] {
    const Json claim = s.claim("T1");
    return !claim.is_null() &&
           s.observer->who()->frame->at("online_agents") == Json::array({"observer"});
  }));
  CHECK(code.wait_for(std::chrono::milliseconds(50)) == std::future_status::timeout);
  s.run.signals.send({SIGTERM, synapse::cli::Signal::Origin::process});
  CHECK(code.get() == 0);
  CHECK_THAT(s.run.out(), Contains("\nreleased 'T1'\n"));
  CHECK(s.claim("T1").is_null());
}

TEST_CASE("whoever merges what another agent did is told of its claim, which stays", "[cli][git]") {
  GitStage s;
  s.box.git(s.repo, {"worktree", "add", "-q", "-b", "claim/T1", "../linked"});
  REQUIRE(s.run({"git-hook", "install", "--name", "A", "--ready-timeout", "20"}) == 0);
  REQUIRE(s.in(s.box / "linked")(
              {"git-claim", "T1", "--paths", "src", "--name", "B", "--base", "main"}) == 0);
  REQUIRE(s.run({"git-claim", "T2", "--paths", "docs", "--name", "B", "--base", "main"}) == 0);
  s.box.commit(s.box / "linked", {"src/a"}, "two");
  const auto merged = s.box.try_git(s.repo, {"merge", "-q", "claim/T1"});
  CHECK_THAT(merged.err, Contains("'T1' of B was to last until this merge") &&
                             Contains("synapse release T1 --name B") && !Contains("T2"));
  CHECK_FALSE(s.claim("T1").is_null());
}

TEST_CASE("conflicts are predicted, narrowed by git, and told by the exit code", "[cli][git]") {
  GitStage s;
  CHECK(s.run({"conflicts"}) == 0);
  CHECK(s.run.out() == "No predicted conflicts.\n");
  for (const auto& [branch, owner, file] :
       std::vector<std::tuple<const char*, const char*, const char*>>{{"f1", "A", "src/a"},
                                                                      {"f2", "B", "src/b"}}) {
    const fs::path folder = s.box / branch;
    s.box.git(s.repo, {"worktree", "add", "-q", "-b", branch, folder.string(), "main"});
    REQUIRE(s.in(folder)({"git-claim", branch, "--paths", "src", "--name", owner}) == 0);
    s.box.commit(folder, {file}, branch);
  }
  CHECK(s.in(s.repo / "docs")({"conflicts"}) == 2);
  CHECK(s.run.out() == "Predicted conflicts (1):\n  A@f1 vs B@f2 (both -> base): src\n");
  CHECK(s.run({"conflicts", "--check-diff"}) == 0);
  CHECK(s.run.out() == "No predicted conflicts.\n");
  s.box.commit(s.box / "f2", {"src/a"}, "too");
  CHECK(s.run({"conflicts", "--check-diff"}) == 2);
  CHECK(s.run.out() == "Predicted conflicts (1):\n  A@f1 vs B@f2 (both -> base): src/a\n");
  const std::string nobody = "ws://127.0.0.1:" + std::to_string(synapse::test::free_port());
  CHECK(s.run({"conflicts", "--uri", nobody}) == 1);
  CHECK(s.run.out() == "[USER] Could not reach hub at " + nobody + ".\n");
}
