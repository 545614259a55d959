// SPDX-License-Identifier: AGPL-3.0-or-later
// What `synapse hooks` asks of host programs and of people. The programs are scripts here, since
// the real ones can't be made to be slow, silent or wrong; they are in the rig.
#include <sys/stat.h>

#include "guard/workshop.hpp"
#include "support/terminal.hpp"

namespace {

using namespace synapse;
using namespace synapse::test;

// A workshop whose PATH has programs of ours.
struct Town : Workshop {
  Town() : Workshop(HookMode::warn) {
    fs::create_directories(bin());
    environment["PATH"] = bin().string() + ":/usr/bin:/bin";
  }

  [[nodiscard]] fs::path bin() const { return shop.root().parent_path() / "bin"; }

  void put(const std::string& name, const std::string& script) const {
    std::ofstream(bin() / name) << "#!/bin/sh\n" << script << '\n';
    chmod((bin() / name).c_str(), 0700);
  }
  [[nodiscard]] std::string synapse(std::vector<std::string> words) const {
    words.insert(words.begin(), program_under_test());
    const Finished finished = command(words);
    REQUIRE(finished.status);
    return finished.out;
  }
  // A codex that says this of its hooks.
  void put_codex(const std::string& hooks) const {
    put("codex",
        "[ \"$1\" = --version ] && { echo codex-cli 0.171.0; exit; }\n"
        "read -r a; echo '{\"method\":\"other\"}'; echo '{\"id\":1,\"result\":{}}'\n"
        "read -r b; read -r c\n"
        "echo '{\"id\":2,\"result\":{\"data\":[{\"hooks\":[" +
            hooks +
            "]}]}}'\n"
            "exec sleep 600");
  }
};

std::string hook(const std::string& status) {
  return R"({"command":"/x/syn guard --for codex","trustStatus":")" + status + "\"}";
}

}  // namespace

TEST_CASE("the versions of assistants are what they say, and silence is not waited for",
          "[guard][process][report]") {
  const Town town;
  town.put("claude", "echo '2.1.332 (Claude Code)'");
  town.put("gemini", "printf '\\033[31mno version'");
  town.put("qwen", "exit 1");
  const std::string status = town.synapse({"hooks", "status"});
  CHECK(status.find("Claude Code 2.1.332: not installed") != std::string::npos);
  CHECK(status.find("Gemini CLI: not installed") != std::string::npos);
  CHECK(status.find("Qwen Code: not installed") != std::string::npos);
}

TEST_CASE("which hooks Codex skips because they are not trusted is told",
          "[guard][process][report]") {
  const Town town;
  town.put_codex(hook("untrusted") + "," + hook("trusted") +
                 R"(,{"command":"other","trustStatus":"untrusted"})");
  static_cast<void>(town.synapse({"hooks", "install", "--for", "codex"}));
  const auto status = [&town] { return town.synapse({"hooks", "status", "--for", "codex"}); };
  CHECK(status().find("Codex 0.171.0: installed in ") != std::string::npos);
  CHECK(status().find("1 of its 2 hooks are NOT trusted") != std::string::npos);
  town.put_codex(hook("trusted") + "," + hook("managed"));
  CHECK(status().find("  trusted by you\n") != std::string::npos);
  town.put_codex("");
  CHECK(status().find("does not know of it") != std::string::npos);
  town.put("codex", "read -r a; echo nonsense");
  CHECK(status().find("runs only if you have trusted it") != std::string::npos);
}

TEST_CASE("a person at a terminal is asked for the mode of a new repository, and nobody else",
          "[guard][process][report]") {
  const Town town;
  const fs::path mode = town.shop.root() / ".synapse/mode";
  const auto mode_text = [&mode] {
    std::ifstream stream(mode);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  const auto install = [&](const std::vector<std::string>& answers) {
    fs::remove(mode);
    Terminal terminal({{program_under_test(), "hooks", "install", "--for", "claude"},
                       town.environment,
                       town.shop.root().string()});
    for (const std::string& answer : answers) {
      REQUIRE(terminal.shows("[warn] "));
      terminal.type(answer);
    }
    REQUIRE(terminal.shows("This repository is in mode"));
  };
  install({"e"});
  CHECK(mode_text() == "enforce\n");
  install({""});
  CHECK(mode_text() == "warn\n");
  install({"what?", "enforce"});
  CHECK(mode_text() == "enforce\n");
  // It has one now.
  CHECK(town.synapse({"hooks", "install", "--for", "claude"}).find("mode enforce") !=
        std::string::npos);
  fs::remove(mode);
  static_cast<void>(town.synapse({"hooks", "install", "--for", "claude"}));
  CHECK(mode_text() == "warn\n");
}
