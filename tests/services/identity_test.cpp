// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/identity.hpp"

#include <fstream>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace synapse::services;
using synapse::base::FixedEnvironment;
using synapse::test::TempDir;
namespace fs = std::filesystem;

namespace {

Identity resolve(std::map<std::string, std::string> environment, const fs::path& folder,
                 const IdentityOptions& options = {}) {
  return resolve_identity(FixedEnvironment(std::move(environment)), folder, options);
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
  const std::map<std::string, std::string> both{{"SYN_PROJECT", "P"}, {"SYN_IDENTITY", "Q/one"}};
  CHECK(resolve(both, "/src/shop", project("X")).project == "X");
  CHECK(resolve(both, "/src/shop").project == "P");
  CHECK(resolve({{"SYN_IDENTITY", "Q/one"}}, "/src/shop").project == "Q");
  CHECK(resolve({}, "/src/shop").project == "shop");
  CHECK(resolve({{"SYN_PROJECT", " "}, {"SYN_IDENTITY", ""}}, "/src/shop", project(" ")).project ==
        "shop");
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
