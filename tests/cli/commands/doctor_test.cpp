// SPDX-License-Identifier: AGPL-3.0-or-later
// doctor, init and git-init's services, with a systemctl of the test's own on the PATH: the
// machine's is never called.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "cli/bus.hpp"
#include "cli/cli_run.hpp"
#include "support/file_text.hpp"
#include "support/hub_process.hpp"
#include "support/temp_dir.hpp"

using Catch::Matchers::Contains;
using synapse::Json;
using synapse::test::Bus;
using synapse::test::CliRun;
using synapse::test::Finished;
using synapse::test::on;
using synapse::test::run;
using synapse::test::TempDir;
using synapse::test::text_of;
using synapse::test::Variables;
namespace fs = std::filesystem;

namespace {

// A home with a systemctl that notes what it is called with, and ends as it is told.
struct Machine {
  TempDir home;
  TempDir bin;

  explicit Machine(const std::string& systemctl = "exit 0") {
    std::ofstream(bin / "systemctl")
        << "#!/bin/sh\necho \"$@\" >>'" << (home / "calls").string() << "'\n"
        << systemctl << '\n';
    REQUIRE(chmod((bin / "systemctl").c_str(), 0700) == 0);
  }
  [[nodiscard]] Finished synapse(std::vector<std::string> words,
                                 const std::string& folder = ".") const {
    synapse::test::Command command;
    command.words = {synapse::test::program_under_test()};
    command.words.insert(command.words.end(), words.begin(), words.end());
    command.folder = (home / folder).string();
    command.environment["HOME"] = home.path().string();
    command.environment["PATH"] = bin.path().string() + ":" + command.environment["PATH"];
    command.environment["SYNAPSE_URI"] = "ws://127.0.0.1:1";
    return run(command);
  }
  [[nodiscard]] std::string calls() const { return text_of(home / "calls"); }
  [[nodiscard]] fs::path units() const { return home / ".config/systemd/user"; }
};

}  // namespace

TEST_CASE("doctor names each problem and what mends it", "[cli][doctor]") {
  const Bus bus;
  CliRun sick(on(bus));
  CHECK(sick({"doctor", "--project", "P", "--send-name", "P-ux"}) == 0);
  CHECK_THAT(sick.out(), Contains("[warn] send-identity: ") &&
                             Contains("      → send as 'P/ux'\n") && Contains("[warn] waiter: ") &&
                             Contains("synapse doctor: 2 warning(s), no failures\n"));
  const auto waiter = bus.join("P-rx");
  CliRun well(on(bus));
  CHECK(well({"doctor", "--project", "P"}) == 0);
  CHECK_THAT(well.out(), !Contains("→") && Contains("synapse doctor: all clear\n"));
}

TEST_CASE("doctor says how many messages wait unread, since when, and nothing if there are none",
          "[cli][doctor]") {
  const Bus bus;
  const auto waiter = bus.join("P-rx");
  const std::vector<std::string> words{"doctor", "--project", "P", "--id", "1"};
  const auto report = [&] {
    CliRun run(on(bus));
    static_cast<void>(run(words));
    return run.out();
  };
  CHECK_THAT(report(), !Contains("mail"));
  const auto sender = bus.join("P/b");
  for (const char* text : {"one", "two"}) {
    synapse::Message message;
    message.target = "P/claude-1";
    message.text = text;
    REQUIRE(sender->say(message)->granted);
  }
  CHECK_THAT(report(), Contains("[warn] mail: 2 message(s) for 'P/claude-1' wait unread, since ") &&
                           Contains("      → run `syn inbox`\n"));
  // Looking is not reading.
  CHECK_THAT(report(), Contains("2 message(s) for 'P/claude-1'"));
  const auto reader = bus.join("P/claude-1");
  REQUIRE(reader->seen({1, 2}));
  CHECK_THAT(report(), !Contains("mail"));
}

TEST_CASE("doctor as JSON is one document that a program can decide by", "[cli][doctor]") {
  const Bus bus;
  CliRun run(on(bus));
  CHECK(run({"doctor", "--project", "tmp", "--id", "1", "--json"}) == 1);
  const Json report = Json::parse(run.out());
  CHECK(report.at("failures") == 1);
  CHECK(report.at("warnings") == 1);
  CHECK(report.at("identity") == "tmp/claude-1");
  REQUIRE(report.at("checks").size() == 5);
  CHECK(report.at("checks")[0].at("check") == "identity");
  CHECK(report.at("checks")[0].at("result") == "FAIL");
  CHECK(report.at("checks")[3].at("result") == "ok");
  CHECK_FALSE(report.at("checks")[4].at("remedy").get<std::string>().empty());
}

TEST_CASE("doctor tells a refused token from a hub that is away", "[cli][doctor]") {
  synapse::HubOptions secured;
  secured.token = "secret";
  const Bus bus(secured);
  CliRun run(on(bus));
  CHECK(run({"doctor", "--project", "P", "--token", "wrong"}) == 1);
  CHECK_THAT(run.out(), Contains("[FAIL] hub: ") && Contains("give the hub's token"));
}

TEST_CASE("doctor's fix is what init would do, and it does nothing itself", "[cli][doctor]") {
  const Machine machine;
  const Finished fix =
      machine.synapse({"doctor", "--project", "p", "--identity", "p/w-1", "--fix"});
  CHECK(fix.status->code == 1);
  CHECK_THAT(fix.out, Contains("enable --now 'synapse-arm@p-w\\x2d1.service'"));
  CHECK_FALSE(fs::exists(machine.units()));
  CHECK(machine.calls().empty());
}

TEST_CASE("init without an option prints commands that do it, and does nothing", "[cli][init]") {
  const Machine machine;
  const Finished printed = machine.synapse({"init", "--project", "p", "--identity", "p/w"});
  CHECK(printed.status->code == 0);
  CHECK_THAT(printed.out,
             Contains("synapse init --project p --identity p/w --install-user-services\n") &&
                 Contains("systemctl --user enable --now synapse-presence@p.service\n"));
  CHECK_FALSE(fs::exists(machine.units()));
  CHECK(machine.calls().empty());
}

TEST_CASE("units run the program that wrote them, unless told otherwise", "[cli][init]") {
  const Machine machine;
  CHECK(machine.synapse({"init", "--project", "p", "--install-user-services"}).status->code == 0);
  const std::string self = fs::canonical(synapse::test::program_under_test()).string();
  CHECK_THAT(text_of(machine.units() / "synapse-arm@.service"),
             Contains("ExecStart=" + self + " arm"));
  CHECK(machine.calls().empty());
  for (const auto& [given, expected] : std::vector<std::pair<std::string, std::string>>{
           {"systemctl", (machine.bin / "systemctl").string()},
           {"./x/synapse", (machine.home / "x/synapse").string()}}) {
    CHECK(
        machine
            .synapse({"init", "--project", "p", "--install-user-services", "--synapse-bin", given})
            .status->code == 0);
    CHECK_THAT(text_of(machine.units() / "synapse-hub.service"), Contains("ExecStart=" + expected));
  }
  CHECK(machine
            .synapse({"init", "--project", "p", "--install-user-services", "--synapse-bin",
                      "no-such-program"})
            .status->code == 2);
}

TEST_CASE("services are started in order, each told of", "[cli][init]") {
  const Machine machine;
  const Finished started =
      machine.synapse({"init", "--project", "p", "--identity", "p/w", "--start-user-services"});
  CHECK(started.status->code == 0);
  CHECK(machine.calls() ==
        "--user daemon-reload\n--user enable --now synapse-hub.service\n"
        "--user enable --now synapse-presence@p.service\n"
        "--user enable --now synapse-arm@p-w.service\n");
  CHECK_THAT(started.out, Contains("done systemctl --user enable --now synapse-arm@p-w.service\n"));
}

TEST_CASE("a service that can't be started fails init, and nothing after it is tried",
          "[cli][init]") {
  const Machine machine("[ \"$2\" = daemon-reload ] || exit 4");
  const Finished failed = machine.synapse({"init", "--project", "p", "--start-user-services"});
  CHECK(failed.status->code == 1);
  CHECK_THAT(failed.out,
             Contains("FAILED systemctl --user enable --now synapse-hub.service (exit code 4)\n"));
  CHECK_THAT(machine.calls(), !Contains("presence"));
}

TEST_CASE("init takes away what it has installed, and nothing else", "[cli][init]") {
  const Machine machine;
  const auto all_files = [&machine] {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(machine.units())) {
      if (!entry.is_directory()) names.insert(entry.path().filename().string());
    }
    return names;
  };
  REQUIRE(machine.synapse({"init", "--project", "p", "--install-user-services"}).status->code == 0);
  const fs::path wants = machine.units() / "default.target.wants";
  fs::create_directory(wants);
  for (const char* unit : {"synapse-hub.service", "synapse-arm@p-w.service", "other.service"}) {
    fs::create_symlink(machine.units() / unit, wants / unit);
  }
  std::ofstream(machine.units() / "other.service") << "[Unit]\n";
  std::ofstream(machine.units() / "synapse-presence@.service") << "[Unit]\n# Mine.\n";
  std::ofstream(machine.home / "synapse/hub.db") << "the log";

  const Finished gone = machine.synapse({"init", "--uninstall"});
  CHECK(gone.status->code == 0);
  CHECK(all_files() == std::set<std::string>{"other.service", "synapse-presence@.service"});
  CHECK(fs::is_symlink(wants / "other.service"));
  CHECK(text_of(machine.home / "synapse/hub.db") == "the log");
  CHECK(machine.calls() ==
        "--user stop synapse-arm@*.service\n--user stop synapse-hub.service\n"
        "--user daemon-reload\n");
  CHECK_THAT(gone.out, Contains("removed " + (machine.units() / "synapse-hub.service").string()) &&
                           Contains("left ") && Contains("synapse-presence@.service"));

  const Finished again = machine.synapse({"init", "--uninstall"});
  CHECK(again.status->code == 0);
  CHECK_THAT(again.out, !Contains("removed"));
  CHECK(machine.synapse({"init", "--uninstall", "--start-user-services"}).status->code == 2);
}

TEST_CASE("services that systemd does not stop are taken away all the same, and that is an error",
          "[cli][init]") {
  const Machine machine("[ \"$2\" != stop ]");
  REQUIRE(machine.synapse({"init", "--project", "p", "--install-user-services"}).status->code == 0);
  const Finished gone = machine.synapse({"init", "--uninstall"});
  CHECK(gone.status->code == 1);
  CHECK_THAT(gone.out, Contains("FAILED systemctl --user stop synapse-hub.service"));
  CHECK(fs::is_empty(machine.units()));
}

TEST_CASE("git-init sets up the services as well, with one program for hooks and units",
          "[cli][init][git]") {
  const Machine machine;
  synapse::test::Command make;
  make.words = {"git", "init", "-q", (machine.home / "shop").string()};
  REQUIRE(synapse::test::run(make).status->code == 0);
  const fs::path hook = machine.home / "shop/.git/hooks/post-commit";
  const std::vector<std::string> base{
      "git-init",           "--name", "shop/a",        "--service-project", "shop",
      "--service-identity", "shop/a", "--synapse-bin", "/x/synapse"};
  auto words = base;
  words.insert(words.end(), {"--start-user-services"});
  const Finished made = machine.synapse(words, "shop");
  CHECK(made.status->code == 0);
  CHECK_THAT(made.out, Contains("installed post-commit ") &&
                           Contains("\nwrote .synapse/git-claims.md ") &&
                           Contains("\ndone systemctl --user enable --now "
                                    "synapse-presence@shop.service\n"));
  CHECK_THAT(machine.calls(), Contains("enable --now synapse-arm@shop-a.service\n"));
  CHECK_THAT(text_of(machine.units() / "synapse-hub.service"),
             Contains("ExecStart=/x/synapse hub"));
  CHECK_THAT(text_of(hook), Contains("/x/synapse git-release"));

  fs::remove(hook);
  words = base;
  words[4] = std::string(300, 'x');
  words.insert(words.end(), {"--install-user-services"});
  CHECK(machine.synapse(words, "shop").status->code == 2);
  CHECK_FALSE(fs::exists(hook));
}

TEST_CASE("a project that makes no service's name is refused before anything is written",
          "[cli][init]") {
  const Machine machine;
  const Finished refused =
      machine.synapse({"init", "--project", std::string(300, 'x'), "--install-user-services"});
  CHECK(refused.status->code == 2);
  CHECK_FALSE(fs::exists(machine.units()));
}

TEST_CASE("a hook is for a shell that there is one for", "[cli][shell]") {
  CliRun run(Variables{{"SHELL", "/usr/bin/zsh"}});
  CHECK(run({"shell-hook"}) == 0);
  CHECK_THAT(run.out(), Contains("add-zsh-hook"));
  CHECK(run({"shell-hook", "--shell", "bash", "--provider", "mine"}) == 0);
  CHECK_THAT(run.out(), Contains("function mine") && !Contains("function claude"));
  CHECK(run({"shell-hook", "--provider", "a;b"}) == 2);
  CHECK(run({"shell-hook", "--shell", "tcsh"}) == 2);
  CHECK(run({"install-shell-hook", "--shell", "tcsh"}) == 2);
  CliRun none;
  CHECK(none({"shell-hook"}) == 2);
}
