// SPDX-License-Identifier: AGPL-3.0-or-later
// The hooks in real shells. Each case runs in every shell that is here; one that is missing is said
// and skipped.
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include "shell_world.hpp"
#include "support/catch.hpp"
#include "support/terminal.hpp"

using namespace synapse::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

// A shell with the hook loaded, at its first prompt behind it.
void load(Terminal& terminal, const ShellKind& shell) {
  terminal.type(shell.load);
  terminal.type("echo loaded-$SYN_IDENTITY-");
  REQUIRE(terminal.shows("loaded-user/terminal-"));
}

// And reads what comes of it: a screen that nobody reads stops its shell.
void press_enter(Terminal& terminal) {
  terminal.type("");
  static_cast<void>(terminal.shows("nothing is called this", std::chrono::milliseconds(20)));
}

// What all processes that this one has waited for have cost, and those that they have waited for.
double children_milliseconds() {
  rusage usage{};
  REQUIRE(getrusage(RUSAGE_CHILDREN, &usage) == 0);
  const auto milliseconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
}

void make_program(const fs::path& file, const std::string& script) {
  std::ofstream(file) << "#!/bin/sh\n" << script << '\n';
  REQUIRE(chmod(file.c_str(), 0700) == 0);
}

}  // namespace

TEST_CASE("a terminal is on the bus from its first prompt, with one listener",
          "[services][shell][terminal]") {
  in_each_shell([](const ShellKind& shell) {
    const ShellWorld world;
    Terminal terminal(world.interactive(shell));
    load(terminal, shell);
    REQUIRE(world.comes_to_listen(1));
    const std::vector<pid_t> first = world.listeners();
    for (int prompt = 0; prompt < 5; ++prompt) {
      terminal.type("echo prompt-" + std::to_string(prompt) + "-done");
      REQUIRE(terminal.shows("prompt-" + std::to_string(prompt) + "-done"));
    }
    CHECK(world.listeners() == first);
    // A job that is started or ends would be told about here.
    CHECK_THAT(terminal.screen(), !Contains("[1]") && !Contains("Job ") && !Contains("arm --name"));
  });
}

TEST_CASE("a listener goes with its shell, however that ends", "[services][shell][terminal]") {
  in_each_shell([](const ShellKind& shell) {
    for (const std::string end : {"exit", "kill", "hang up"}) {
      INFO(end);
      const ShellWorld world;
      Terminal terminal(world.interactive(shell));
      load(terminal, shell);
      REQUIRE(world.comes_to_listen(1));
      if (end == "exit") terminal.type("exit");
      if (end == "kill") terminal.send_signal(SIGKILL);
      if (end == "hang up") terminal.hang_up();
      CHECK(world.comes_to_listen(0));
      CHECK(world.is_clean());
    }
  });
}

TEST_CASE("a listener that was killed is started again by the next prompt",
          "[services][shell][terminal]") {
  in_each_shell([](const ShellKind& shell) {
    const ShellWorld world;
    Terminal terminal(world.interactive(shell));
    load(terminal, shell);
    REQUIRE(world.comes_to_listen(1));
    const pid_t first = world.listeners().front();
    kill(first, SIGKILL);
    CHECK(eventually(patience, [&] {
      press_enter(terminal);
      const std::vector<pid_t> now = world.listeners();
      return now.size() == 1 && now.front() != first;
    }));
  });
}

TEST_CASE("shells that share an identity share its listener", "[services][shell][terminal]") {
  ShellWorld world;
  world.environment["SYN_AGENT_ID"] = "shared";
  in_each_shell([&](const ShellKind& shell) {
    Terminal one(world.interactive(shell));
    load(one, shell);
    REQUIRE(world.comes_to_listen(1));
    const std::vector<pid_t> first = world.listeners();
    Terminal other(world.interactive(shell));
    load(other, shell);
    other.type("echo again-$SYN_IDENTITY-");
    REQUIRE(other.shows("again-user/terminal-shared-"));
    CHECK(world.listeners() == first);
    one.type("exit");
    // The other one's next prompts see to it.
    CHECK(eventually(patience, [&] {
      press_enter(other);
      return world.listeners().size() == 1 && world.listeners() != first;
    }));
    other.send_signal(SIGKILL);
    CHECK(world.comes_to_listen(0));
  });
}

TEST_CASE("Ctrl-C at a prompt ends no listener", "[services][shell][terminal]") {
  in_each_shell([](const ShellKind& shell) {
    const ShellWorld world;
    Terminal terminal(world.interactive(shell));
    load(terminal, shell);
    REQUIRE(world.comes_to_listen(1));
    const std::vector<pid_t> first = world.listeners();
    terminal.type("\x03");
    terminal.type("echo still-$SYN_PROJECT-");
    REQUIRE(terminal.shows("still-user-"));
    CHECK(world.listeners() == first);
  });
}

TEST_CASE("a prompt keeps the last exit code", "[services][shell][terminal]") {
  in_each_shell([](const ShellKind& shell) {
    const ShellWorld world;
    Terminal terminal(world.interactive(shell));
    load(terminal, shell);
    terminal.type("sh -c 'exit 7'");
    terminal.type("echo code=" + shell.status + "-");
    CHECK(terminal.shows("code=7-"));
  });
}

TEST_CASE("a prompt's hook prints nothing", "[services][shell]") {
  in_each_shell([](const ShellKind& shell) {
    const ShellWorld world;
    const Finished silent =
        world.script(shell, shell.load + "\n" + shell.prompt + "\n" + shell.prompt);
    CHECK(silent.out.empty());
    CHECK(silent.err.empty());
  });
}

TEST_CASE("the project is found in the order of how plainly it is said", "[services][shell]") {
  in_each_shell([](const ShellKind& shell) {
    ShellWorld world;
    const fs::path tree = world.home / "tree";
    fs::create_directories(tree / "src");
    fs::create_directories(tree / ".git");
    fs::create_directories(tree / ".synapse");
    world.environment["SYN_AGENT_ID"] = "1";
    const auto resolved = [&](const Environment& more) {
      ShellWorld fresh;
      fresh.environment.insert(more.begin(), more.end());
      fresh.environment["SYN_AGENT_ID"] = "1";
      return fresh
          .script(shell, "cd '" + (tree / "src").string() + "'\n" + shell.load + "\n" +
                             shell.prompt + "\necho $SYN_PROJECT $SYN_IDENTITY")
          .out;
    };
    CHECK(resolved({}) == "user user/terminal-1\n");
    CHECK(resolved({{"SYNAPSE_DEFAULT_PROJECT", "D"}}) == "D D/terminal-1\n");
    std::ofstream(tree / ".synapse/project") << "  marked \n";
    CHECK(resolved({{"SYNAPSE_DEFAULT_PROJECT", "D"}}) == "marked marked/terminal-1\n");
    CHECK(resolved({{"SYNAPSE_AUTO_PROJECT_FROM_CWD", "1"}}) == "tree tree/terminal-1\n");
    CHECK(resolved({{"SYN_IDENTITY", "Q/me"}, {"SYNAPSE_AUTO_PROJECT_FROM_CWD", "1"}}) ==
          "Q Q/me\n");
    CHECK(resolved({{"SYN_PROJECT", "P"}, {"SYN_AGENT_TYPE", "codex"}}) == "P P/codex-1\n");
    CHECK(resolved({{"SYN_PROJECT", "P"}, {"SYN_IDENTITY", "Q/me"}}) == "P Q/me\n");
    CHECK(resolved({{"SYNAPSE_AUTO_CONNECT", "0"}}) == "\n");
  });
}

TEST_CASE("another project is another identity, and the listener moves",
          "[services][shell][terminal]") {
  in_each_shell([](const ShellKind& shell) {
    const ShellWorld world;
    fs::create_directories(world.home / "tree/.git");
    fs::create_directories(world.home / "tree/.synapse");
    std::ofstream(world.home / "tree/.synapse/project") << "marked\n";
    Terminal terminal(world.interactive(shell));
    load(terminal, shell);
    REQUIRE(world.comes_to_listen(1));
    const std::vector<pid_t> first = world.listeners();
    terminal.type("cd '" + (world.home / "tree").string() + "'");
    terminal.type("echo moved-$SYN_IDENTITY-");
    REQUIRE(terminal.shows("moved-marked/terminal-"));
    CHECK(eventually(patience, [&] {
      press_enter(terminal);
      return world.listeners().size() == 1 && world.listeners() != first;
    }));
  });
}

TEST_CASE("a terminal that is taken off the bus loses its listener",
          "[services][shell][terminal]") {
  in_each_shell([](const ShellKind& shell) {
    const ShellWorld world;
    Terminal terminal(world.interactive(shell));
    load(terminal, shell);
    REQUIRE(world.comes_to_listen(1));
    terminal.type(shell.name == "fish" ? "set -gx SYNAPSE_AUTO_CONNECT 0"
                                       : "export SYNAPSE_AUTO_CONNECT=0");
    CHECK(eventually(patience, [&] {
      press_enter(terminal);
      return world.listeners().empty();
    }));
  });
}

TEST_CASE("a provider runs in a worker-session of its terminal's identity", "[services][shell]") {
  in_each_shell([](const ShellKind& shell) {
    const ShellWorld world;
    make_program(world.bin / "claude", "echo \"$SYN_PROJECT $SYN_IDENTITY $*\"; exit 5");
    const std::string call =
        shell.load + "\n" + shell.prompt + "\nclaude one 'two  three'\necho code=" + shell.status;
    CHECK_THAT(world.script(shell, call).out,
               Contains("user user/terminal-") && Contains(" one two  three\ncode=5\n"));
    CHECK(fs::exists(world.runtime / "synapse-worker-session"));

    ShellWorld off;
    off.environment["SYNAPSE_AUTO_CONNECT"] = "0";
    make_program(off.bin / "claude", "echo \"$SYN_PROJECT $SYN_IDENTITY $*\"; exit 5");
    CHECK(off.script(shell, call).out == "  one two  three\ncode=5\n");
    CHECK_FALSE(fs::exists(off.runtime / "synapse-worker-session"));
  });
}

TEST_CASE("a function of the user's own is not wrapped", "[services][shell]") {
  in_each_shell([](const ShellKind& shell) {
    const ShellWorld world;
    const std::string own =
        shell.name == "fish" ? "function ask; echo mine; end" : "ask() { echo mine; }";
    CHECK(world.script(shell, own + "\n" + shell.load + "\nask").out == "mine\n");
  });
}

TEST_CASE("a prompt costs no more than ten milliseconds for the hook", "[services][shell]") {
  in_each_shell([](const ShellKind& shell) {
    constexpr int prompts = 100;
    const ShellWorld world;
    const std::string loop = shell.name == "fish" ? "for i in (seq " + std::to_string(prompts) +
                                                        "); " + shell.prompt + "; end"
                                                  : "for ((i = 0; i < " + std::to_string(prompts) +
                                                        "; i++)); do " + shell.prompt + "; done";
    // Of the processor, not of the clock: a busy machine makes every process wait.
    const auto time = [&](const std::string& script) {
      const double before = children_milliseconds();
      const Finished done = world.script(shell, script);
      REQUIRE(done.status.has_value());
      CHECK(done.status->code == 0);
      return children_milliseconds() - before;
    };
    // The listener is there: what every prompt but the first costs.
    Terminal terminal([&] {
      Command command = world.interactive(shell);
      command.environment["SYN_AGENT_ID"] = "timed";
      return command;
    }());
    load(terminal, shell);
    REQUIRE(world.comes_to_listen(1));
    const std::string setting =
        shell.name == "fish" ? "set -gx SYN_AGENT_ID timed\n" : "export SYN_AGENT_ID=timed\n";
    const double without = time(setting + shell.load);
    const double each = (time(setting + shell.load + "\n" + loop) - without) / prompts;
    INFO(each << " ms a prompt");
    CHECK(each < 10);
  });
}

TEST_CASE("the hook is loaded once, whatever prompts are there already", "[services][shell]") {
  const ShellWorld world;
  const ShellKind& bash = shells().front();
  const auto prompts = [&](const std::string& before) {
    return world
        .script(bash, before + "\n" + bash.load + "\n" + bash.load +
                          "\nprintf '%s|' \"${PROMPT_COMMAND[@]}\"")
        .out;
  };
  CHECK(prompts("") == "__synapse_prompt|");
  CHECK(prompts("PROMPT_COMMAND='history -a'") == "__synapse_prompt;history -a|");
  CHECK(prompts("PROMPT_COMMAND=(one two)") == "__synapse_prompt|one|two|");
}

TEST_CASE("the hook bears a shell with options of the user's own", "[services][shell]") {
  in_each_shell([](const ShellKind& shell) {
    if (shell.name == "fish") return;  // It has none that change how a script is read.
    const std::vector<std::string> options =
        shell.name == "bash"
            ? std::vector<std::string>{"set -u", "set -o posix", "shopt -s failglob"}
            : std::vector<std::string>{"setopt no_unset", "setopt ksh_arrays",
                                       "setopt sh_word_split", "setopt null_glob nomatch",
                                       "setopt no_unset ksh_arrays ksh_glob no_bare_glob_qual"};
    for (const std::string& option : options) {
      INFO(option);
      ShellWorld world;
      make_program(world.bin / "claude", "echo \"ran $SYN_PROJECT $*\"");
      const Finished strict =
          world.script(shell, option + "\n" + shell.load + "\n" + shell.prompt + "\n" +
                                  shell.prompt + "\necho $SYN_PROJECT\nclaude 'a  b'");
      CHECK(strict.out == "user\nran user a  b\n");
      CHECK(strict.err.empty());
    }
  });
}

TEST_CASE("a provider's function runs it where only the functions were copied",
          "[services][shell]") {
  const std::map<std::string, std::string> print_functions{
      {"bash", "declare -f"}, {"zsh", "functions"}, {"fish", "functions"}};
  in_each_shell([&](const ShellKind& shell) {
    if (shell.name == "fish") return;  // No harness copies its functions into another shell.
    const ShellWorld world;
    make_program(world.bin / "claude", "echo \"ran $*\"; exit 5");
    const std::string print = print_functions.at(shell.name);
    for (const std::string which : {" claude __synapse_run", " claude"}) {
      INFO(which);
      const Finished copied = world.script(shell, shell.load + "\n" + print + which);
      REQUIRE_THAT(copied.out, Contains("__synapse_run"));
      const std::string strict = shell.name == "bash" ? "set -u" : "setopt no_unset";
      const Finished ran =
          world.script(shell, strict + "\n" + copied.out + "\nclaude 'a  b'\necho code=$?");
      CHECK(ran.out == "ran a  b\ncode=5\n");
      CHECK(ran.err.empty());
    }
  });
}

TEST_CASE("a repository's project file is no link, and names a project or nothing",
          "[services][shell]") {
  in_each_shell([](const ShellKind& shell) {
    const ShellWorld world;
    const fs::path tree = world.home / "tree";
    fs::create_directories(tree / ".git");
    fs::create_directories(tree / ".synapse");
    fs::create_directories(world.home / "elsewhere");
    std::ofstream(world.home / "elsewhere/project") << "secret\n";
    const auto project = [&] {
      const ShellWorld fresh;
      return fresh
          .script(shell, "cd '" + tree.string() + "'\n" + shell.load + "\n" + shell.prompt +
                             "\necho $SYN_PROJECT")
          .out;
    };
    const fs::path file = tree / ".synapse/project";
    for (const std::string text : {"root:x:0:0:root:/root:/bin/bash", "a\x1b[2J", "a,b", "a*",
                                   "[a]", "All", "SynapseHub", "self"}) {
      INFO(text);
      std::ofstream(file, std::ios::trunc) << text << '\n';
      CHECK(project() == "user\n");
    }
    std::ofstream(file, std::ios::trunc) << std::string(100'000, 'x');
    CHECK(project() == "user\n");
    std::ofstream(file, std::ios::trunc) << " gut & günstig\t\nsecond line\n";
    CHECK(project() == "gut & günstig\n");
    std::ofstream(file, std::ios::trunc) << "windows\r\n";
    CHECK(project() == "windows\n");
    std::ofstream(file, std::ios::trunc) << "\n";
    CHECK(project() == "tree\n");
    fs::remove(file);
    fs::create_symlink(world.home / "elsewhere/project", file);
    CHECK(project() == "user\n");
    fs::remove_all(tree / ".synapse");
    fs::create_directory_symlink(world.home / "elsewhere", tree / ".synapse");
    CHECK(project() == "user\n");
  });
}
