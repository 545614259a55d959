// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/identity.hpp"

#include <fstream>

#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "support/temp_dir.hpp"

using namespace synapse::services;
using synapse::ErrorCode;
using synapse::base::FixedEnvironment;
using synapse::test::GitSandbox;
using synapse::test::TempDir;
namespace fs = std::filesystem;

namespace {

Identity resolve(std::map<std::string, std::string> environment, const fs::path& folder,
                 const IdentityOptions& options = {}) {
  return resolve_identity(FixedEnvironment(std::move(environment)), folder, options).value();
}

IdentityOptions project(const std::string& name) {
  IdentityOptions options;
  options.project = name;
  return options;
}

fs::path folder_in(const TempDir& dir, const std::string& name) {
  fs::create_directories(dir.path() / name);
  return dir.path() / name;
}

}  // namespace

TEST_CASE("what is said outright goes before the environment, and that before the place",
          "[services][identity]") {
  const std::map<std::string, std::string> both{{"SYN_PROJECT", "P"}, {"SYN_IDENTITY", "P/one"}};
  CHECK(resolve(both, "/src/shop", project("X")).project == "X");
  CHECK(resolve(both, "/src/shop").project == "P");
  CHECK(resolve({{"SYN_IDENTITY", "Q/one"}}, "/src/shop").project == "Q");
  CHECK(resolve({}, "/src/shop").project == "shop");
  CHECK(resolve({{"SYN_PROJECT", " "}, {"SYN_IDENTITY", ""}}, "/src/shop", project(" ")).project ==
        "shop");
}

TEST_CASE("a project and an identity that disagree are refused, both named",
          "[services][identity]") {
  const FixedEnvironment torn({{"SYN_PROJECT", "P"}, {"SYN_IDENTITY", "Q/one"}});
  const auto who = resolve_identity(torn, "/src/shop", {});
  REQUIRE(who.has_error());
  CHECK(who.error().code == ErrorCode::bad_argument);
  CHECK(who.error().message.find("'P'") != std::string::npos);
  CHECK(who.error().message.find("'Q/one'") != std::string::npos);
  CHECK(find_caller(torn, "/src/shop", std::nullopt).error().code == ErrorCode::bad_argument);
  // Neither is asked.
  CHECK(resolve_identity(torn, "/src/shop", project("X")).value().identity == "X");
  CHECK(find_caller(torn, "/src/shop", "me").value().name == "me");
  // The shell hook's own project is nobody's word: the next prompt corrects it.
  const FixedEnvironment corrected({{"SYN_PROJECT", "P"},
                                    {"__SYNAPSE_AUTO_PROJECT", "P"},
                                    {"SYN_IDENTITY", "Q/one"},
                                    {"__SYNAPSE_AUTO_IDENTITY", "P/terminal-1"}});
  CHECK(resolve_identity(corrected, "/src/shop", {}).value().project == "Q");
}

TEST_CASE("a command is whoever its option, its environment or its worktree says",
          "[services][identity]") {
  using Source = Caller::Source;
  GitSandbox made;
  const fs::path repo = made.init("shop");
  const auto caller = [&](std::map<std::string, std::string> variables,
                          const std::optional<std::string>& given = std::nullopt) {
    return find_caller(FixedEnvironment(std::move(variables)), repo, given).value();
  };
  CHECK(caller({}).source == Source::none);
  CHECK(caller({}).name == "USER");
  made.git(repo, {"config", "--worktree", "synapse.name", "shop/bob"});
  CHECK(caller({}).source == Source::worktree);
  CHECK(caller({}).name == "shop/bob");
  CHECK(caller({{"SYN_IDENTITY", "shop/alice"}}).name == "shop/alice");
  CHECK(caller({{"SYN_IDENTITY", "shop/alice"}}).source == Source::environment);
  CHECK(caller({{"SYN_IDENTITY", "shop/alice"}}, "shop/carol").name == "shop/carol");
  // `syn` is the same agent.
  CHECK(resolve({}, repo).identity == "shop/bob");
  CHECK(resolve({}, repo).project == "shop");
  CHECK(resolve({}, repo).source == IdentitySource::worktree);
  CHECK(resolve({{"SYN_IDENTITY", "shop/alice"}}, repo).identity == "shop/alice");
  CHECK(resolve({}, repo, project("other")).identity == "other");
}

TEST_CASE("a terminal's name is its session's alone, and plain", "[services][identity]") {
  Identity who;
  who.project = "shop";
  const auto name_of = [&who](const std::string& login, const std::string& session) {
    const std::map<std::string, std::string> variables{{"USER", login}};
    return terminal_name(who, FixedEnvironment(variables), session);
  };
  const std::string name = name_of("ada", "session 1");
  CHECK(name.starts_with("shop/ada-"));
  CHECK(name.size() == std::string("shop/ada-").size() + 8);
  CHECK(name_of("ada", "session 1") == name);
  CHECK(name_of("ada", "session 2") != name);
  CHECK(name_of("DOM\\a,*", "session 1").starts_with("shop/DOM_a__-"));
  CHECK_FALSE(this_session().empty());
  CHECK(this_session() == this_session());
}

TEST_CASE("the source of an identity is the source of its project", "[services][identity]") {
  CHECK(resolve({}, "/src/shop", project("X")).source == IdentitySource::flag);
  CHECK(resolve({{"SYN_PROJECT", "P"}}, "/src/shop").source == IdentitySource::env);
  CHECK(resolve({{"SYN_IDENTITY", "P/x"}}, "/src/shop").source == IdentitySource::env);
  CHECK(resolve({}, "/src/shop").source == IdentitySource::cwd);
}

TEST_CASE("an identity from the environment is not taken for another project's",
          "[services][identity]") {
  const std::map<std::string, std::string> ambient{{"SYN_IDENTITY", "P/ux"}};
  CHECK(resolve(ambient, "/src/shop").identity == "P/ux");
  CHECK(resolve(ambient, "/src/shop").waiter == "P/ux-rx");
  CHECK(resolve(ambient, "/src/shop", project("X")).identity == "X");
}

TEST_CASE("an id makes the identity, whatever the environment says", "[services][identity]") {
  IdentityOptions options;
  options.id = "9";
  CHECK(resolve({{"SYN_IDENTITY", "P/ux"}}, "/src/shop", options).identity == "P/claude-9");
  options.type = "codex";
  CHECK(resolve({}, "/src/shop", options).waiter == "shop/codex-9-rx");
}

TEST_CASE("names that are hardly meant are not plausible", "[services][identity]") {
  const std::map<std::string, std::string> home{{"HOME", "/home/ada"}};
  for (const char* name : {"/", "/tmp", "/root", "/home", "/usr", "/var", "/usr/bin", "/etc",
                           "/opt", "/mnt", "/media", "/dev", "/srv", "/home/ada", "/x/ada"}) {
    INFO(name);
    CHECK_FALSE(resolve(home, name).plausible);
  }
  CHECK_FALSE(resolve({{"HOME", "/home/ada/"}}, "/home/ada").plausible);
  CHECK(resolve(home, "/home/ada/shop").plausible);
  CHECK(resolve({}, "/home/ada").plausible);
  CHECK_FALSE(resolve(home, "/src/shop", project("tmp")).plausible);
}

TEST_CASE("in a work tree the project is the tree's name, from any folder in it",
          "[services][identity]") {
  const TempDir dir;
  const fs::path inside = folder_in(dir, "shop/src/deep");
  CHECK(resolve({}, inside).project == "deep");
  folder_in(dir, "shop/.git");
  CHECK(resolve({}, inside).project == "deep");  // A folder of that name alone is no repository.
  std::ofstream(dir.path() / "shop/.git/HEAD") << "ref: refs/heads/main\n";
  CHECK(resolve({}, inside).project == "shop");
  // A linked work tree has a file there.
  std::ofstream(dir.path() / "shop/src/.git") << "gitdir: elsewhere\n";
  CHECK(resolve({}, inside).project == "src");
}

TEST_CASE("an identity's listener wakes on that identity", "[services][identity]") {
  const Identity who = resolve({{"SYN_IDENTITY", "P/ux"}}, "/src/shop");
  CHECK(listener_words(who, ListenFor::directed) ==
        std::vector<std::string>{"arm", "--name=P/ux-rx", "--for=P/ux", "--directed-only"});
  CHECK(listener_words(who, ListenFor::broadcasts).back() == "--broadcasts");
  CHECK(file_name_of("P/ux/2") == "P_ux_2");
}
