// SPDX-License-Identifier: AGPL-3.0-or-later
// Completions, and the shells' part of them in the real shells.
#include "cli/args/completion.hpp"

#include <filesystem>
#include <fstream>

#include "cli/cli_run.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/file_text.hpp"
#include "support/hub_process.hpp"
#include "support/temp_dir.hpp"
#include "synapse/agent.hpp"
#include "synapse/hub.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;
using synapse::cli::completion_script;
using synapse::cli::Shell;
using synapse::test::ChildProcess;
using synapse::test::CliRun;

namespace {

std::string answer(std::vector<std::string> words) {
  words.insert(words.begin(), "__complete");
  CliRun run;
  CHECK(run(words) == 0);
  return run.out();
}

// What the code prints in that shell; nothing where the shell is not installed.
std::optional<std::string> in_shell(const std::string& shell, std::vector<std::string> options,
                                    const std::string& code) {
  synapse::test::Command command;
  command.words = {shell};
  command.words.insert(command.words.end(), options.begin(), options.end());
  command.words.insert(command.words.end(), {"-c", code});
  const std::filesystem::path program(synapse::test::program_under_test());
  command.environment["PATH"] = program.parent_path().string() + ":" + command.environment["PATH"];
  command.folder = "/";
  ChildProcess child(command);
  const auto status = child.wait(synapse::test::patience);
  REQUIRE(status);
  if (status->code == 127) {
    WARN(shell << " is not installed: its completions were not tried");
    return std::nullopt;
  }
  CHECK(child.err() == "");
  return child.out();
}

}  // namespace

TEST_CASE("commands are completed with their summaries", "[cli][completion]") {
  CHECK_THAT(answer({"boa"}), Equals("board\tShow the plan: tasks, what is ready, recent "
                                     "progress.\n"));
  CHECK_THAT(answer({""}), Contains("hub\t") && Contains("\ntask\t"));
  CHECK(answer({"nonsense"}).empty());
  CHECK(answer({"nonsense", ""}).empty());
  CHECK_THAT(answer({"task", "d"}), Equals("declare\tAdd a task to the plan, or replace its title "
                                           "and dependencies.\n"));
}

TEST_CASE("options are completed once they are begun, their values by what they are",
          "[cli][completion]") {
  CHECK(answer({"board", ""}).empty());
  CHECK_THAT(answer({"board", "--ur"}),
             Equals("--uri\tthe hub, also as unix:PATH; those of a cluster with commas "
                    "[$SYNAPSE_URI, or ws://localhost:8876]\n"));
  CHECK(answer({"hub", "--log-format", ""}) == "text\t\njson\t\n");
  CHECK(answer({"hub", "--log-format", "j"}) == "json\t\n");
  CHECK(answer({"hub", "--db", ""}) == ":files\n");
  CHECK(answer({"hub", "--port", ""}).empty());
  CHECK(answer({"task", "update", "T", "--name", "--st"}).empty());
}

TEST_CASE("arguments are completed in their places", "[cli][completion]") {
  CHECK(answer({"completion", ""}) == "bash\t\nzsh\t\nfish\t\n");
  CHECK(answer({"completion", "bash", ""}).empty());
  CHECK(answer({"relay", ""}) == ":files\n");
  CHECK(answer({"lock", "L", "--", "ma"}) == ":commands\n");
  CHECK(answer({"lock", "L", "--", "make", "f"}) == ":files\n");
  CHECK(answer({"lock", "L", "make", "f"}) == ":files\n");
  CHECK_THAT(answer({"lock", "L", "--pa"}), Contains("--paths\t"));
}

TEST_CASE("what a hub knows is completed from it, and nothing where none answers",
          "[cli][completion]") {
  synapse::Hub hub(synapse::HubOptions{});
  REQUIRE(hub.start().has_value());
  synapse::AgentOptions options;
  options.uri = hub.uri();
  options.name = "shop/ada";
  synapse::Agent ada(options);
  REQUIRE(ada.connect().has_value());
  synapse::ClaimRequest claim;
  claim.task_id = "TASK-7";
  claim.paths = {"src"};
  REQUIRE(ada.claim(claim).value().granted);
  claim.task_id = "two words";
  claim.paths = {"docs"};
  REQUIRE(ada.claim(claim).value().granted);
  REQUIRE(ada.declare_task("BUILD", "compile", {}, synapse::Json::object()).value().granted);

  const auto asked = [&hub](std::vector<std::string> words) {
    words.insert(words.begin(), "__complete");
    CliRun run(synapse::test::Variables{{"SYNAPSE_URI", hub.uri()}});
    CHECK(run(words) == 0);
    return run.out();
  };
  CHECK(asked({"release", ""}) == "TASK-7\t\n");
  CHECK(asked({"release", "X"}).empty());
  CHECK(asked({"task", "update", ""}) == "BUILD\t\n");
  CHECK(asked({"task", "declare", "T", "--depends-on", ""}) == "BUILD\t\n");
  CHECK(asked({"send", "--target", "shop/"}) == "shop/ada\t\n");
  CHECK(asked({"task", "update", "B", "--status", "in"}) == "in_progress\t\n");
  CliRun alone(synapse::test::Variables{{"SYNAPSE_URI", "ws://127.0.0.1:1"}});
  CHECK(alone({"__complete", "release", ""}) == 0);
  CHECK(alone.out().empty());
  CHECK(alone.err().empty());
}

TEST_CASE("completions are installed for one shell, and taken away again", "[cli][completion]") {
  const synapse::test::TempDir home;
  for (const auto& [shell, file] :
       {std::pair{"bash", ".local/share/bash-completion/completions/syn"},
        std::pair{"zsh", ".local/share/zsh/site-functions/_synapse"},
        std::pair{"fish", ".config/fish/completions/synapse.fish"}}) {
    CAPTURE(shell);
    CliRun run(synapse::test::Variables{{"HOME", home.path().string()},
                                        {"SHELL", std::string("/usr/bin/") + shell}});
    CHECK(run({"completion", "--install"}) == 0);
    CHECK_THAT(run.out(), Contains("wrote " + (home.path() / file).string() + "\n"));
    CHECK_THAT(synapse::test::text_of(home.path() / file), Contains("__complete"));
    CHECK(run({"completion", "--remove", shell}) == 0);
    CHECK_FALSE(std::filesystem::exists(home.path() / file));
    CHECK(run({"completion", "--remove", shell}) == 0);
    CHECK_THAT(run.out(), Contains("nothing to do"));
    std::ofstream(home.path() / file) << "somebody's own\n";
    CHECK(run({"completion", "--install"}) == 0);
    CHECK_THAT(run.out(), Contains("left " + (home.path() / file).string()));
    CHECK(synapse::test::text_of(home.path() / file) == "somebody's own\n");
  }
  CliRun homeless(synapse::test::Variables{{"SHELL", "/bin/bash"}});
  CHECK(homeless({"completion", "--install"}) == 1);
  CHECK_THAT(homeless.err(), Contains("$HOME"));
  CHECK(homeless({"completion"}) == 2);
  CHECK(homeless({"completion", "bash", "--install", "--remove"}) == 2);
}

TEST_CASE("bash completes by asking the program", "[cli][completion]") {
  const auto tab = [](const std::string& words, int current) {
    return "COMP_WORDS=(synapse " + words + "); COMP_CWORD=" + std::to_string(current) +
           "; _synapse synapse; printf '%s\\n' \"${COMPREPLY[@]}\"; ";
  };
  const auto out = in_shell("bash", {"--norc"},
                            "source <(synapse completion bash); complete -p syn; " + tab("boa", 1) +
                                tab("hub --log-format ''", 3) + tab("relay /us", 2) +
                                tab("lock L -- basenam", 4));
  if (!out) return;
  CHECK(*out == "complete -F _synapse syn\nboard\ntext\njson\n/usr\nbasename\n");
}

TEST_CASE("zsh completes by asking the program", "[cli][completion]") {
  // The two functions of zsh's completion system that need a terminal show what they are given.
  const auto out = in_shell(
      "zsh", {"-f"},
      "compdef() { print compdef $# }; _describe() { print -l ${(P)2} }; _files() { print files };"
      "source <(synapse completion zsh);"
      "words=(synapse boa); CURRENT=2; _synapse; words=(synapse hub --db ''); CURRENT=4; _synapse");
  if (!out) return;
  CHECK(*out == "compdef 8\nboard:Show the plan: tasks, what is ready, recent progress.\nfiles\n");
}

TEST_CASE("fish completes by asking the program", "[cli][completion]") {
  const auto out = in_shell("fish", {"--no-config"},
                            "synapse completion fish | source; complete -C 'synapse boa'; "
                            "complete -C 'synapse hub --log-format j'; "
                            "complete -C 'synapse relay /usr/li' | head -1");
  if (!out) return;
  CHECK_THAT(*out, Contains("board\tShow the plan") && Contains("\njson") && Contains("/usr/lib"));
}
