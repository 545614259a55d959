// SPDX-License-Identifier: AGPL-3.0-or-later
// Commands under a lease whose hub has stopped to answer, or can't be heard any more. The lease is
// said to have been asked for long ago, so that its deadline is near.
#include "cli/client/held_command.hpp"

#include <csignal>
#include <filesystem>
#include <functional>

#include "cli/bus.hpp"
#include "cli/cli_run.hpp"
#include "support/file_text.hpp"
#include "support/hub_process.hpp"
#include "support/silent_proxy.hpp"
#include "support/temp_dir.hpp"

using Catch::Matchers::Contains;
using synapse::cli::LeaseKeeper;
using synapse::cli::OnLoss;
using synapse::cli::run_held;
using synapse::test::CliRun;
using synapse::test::eventually;
using synapse::test::patience;
using synapse::test::text_of;
using Words = std::vector<std::string>;

namespace {

constexpr std::chrono::seconds lease_ttl(30);
constexpr std::chrono::milliseconds time_left(300);

struct HungHub {
  HungHub() {
    claim.task_id = "L";
    claim.no_files = true;
    claim.ttl = lease_ttl.count();
  }
  ~HungHub() { hub.process().send_signal(SIGCONT); }

  // Runs the words under a lease that has `time_left` to go before its holder must end.
  int run_hung(const Words& words, OnLoss on_loss) {
    return run_cut_off(words, on_loss, hub.uri(), [this] { hub.process().send_signal(SIGSTOP); });
  }
  // The same by another way to the hub, which is cut as it is told.
  int run_cut_off(const Words& words, OnLoss on_loss, const std::string& uri,
                  const std::function<void()>& cut) {
    synapse::AgentOptions settings;
    settings.uri = uri;
    settings.name = "A";
    synapse::Agent agent(settings);
    LeaseKeeper keeper(run.context(), agent, claim, on_loss.margin(), [](const synapse::Json&) {});
    REQUIRE(agent.connect().has_value());
    REQUIRE(agent.claim(claim)->granted);
    cut();
    keeper.begin(run.context().clock.now().mono - lease_ttl + on_loss.margin() + time_left);
    const auto watch = run.signals.watch({SIGTERM});
    const int code = run_held(run.context(), {words, "L", "A", on_loss}, *watch, keeper);
    CHECK(keeper.is_lost());
    return code;
  }

  [[nodiscard]] std::string file(const std::string& name) const { return (folder / name).string(); }

  synapse::test::HubProcess hub;
  synapse::test::TempDir folder;
  synapse::ClaimRequest claim;
  CliRun run;
};

bool is_running(const std::string& pid_file) {
  const std::string stat =
      text_of("/proc/" + std::to_string(std::stoi(text_of(pid_file))) + "/stat");
  return !stat.empty() && stat.find(") Z ") == std::string::npos;
}

Words sh_words(const std::string& code) { return {"sh", "-c", code}; }

}  // namespace

TEST_CASE("a command is ended when its lease can't be kept, and the loss is the exit code",
          "[cli][lock]") {
  HungHub s;
  const std::string said = s.file("said");
  CHECK(s.run_hung(sh_words("trap 'echo goodbye >" + said +
                            "; exit 0' TERM; while :; do sleep 0.02; "
                            "done"),
                   {}) == 75);
  CHECK(text_of(said) == "goodbye\n");
  CHECK_THAT(s.run.err(), Contains("[A] lost the lock 'L' while the command runs: it could not be "
                                   "renewed in time") &&
                              Contains("ending it"));
}

TEST_CASE("a command ends in time though its connection only went silent, while others go on",
          "[cli][lock]") {
  HungHub s;
  synapse::test::SilentProxy proxy(s.hub.port());
  const std::string pid = s.file("pid");
  CHECK(s.run_cut_off(sh_words("echo $$ >" + pid + "; exec sleep 1000"), {}, proxy.uri(),
                      [&proxy] { proxy.fall_silent(); }) == 75);
  CHECK_FALSE(is_running(pid));
  CHECK_THAT(s.run.err(), Contains("it could not be renewed in time"));
  // To the hub the lease still stands, so nobody else can have begun before the command had ended.
  CliRun next({{"SYNAPSE_URI", s.hub.uri()}});
  CHECK(next({"lock", "L", "--name", "B", "--wait-timeout", "0", "--", "true"}) != 0);
  CHECK_THAT(next.out(), Contains("held by A"));
}

TEST_CASE("what a command has started ends with it", "[cli][lock]") {
  HungHub s;
  const std::string pid = s.file("pid");
  const auto act = GENERATE(OnLoss::Act::term, OnLoss::Act::kill);
  CHECK(s.run_hung(sh_words("sleep 1000 & echo $! >" + pid + "; wait"), {act}) == 75);
  CHECK(eventually(patience, [&] { return !is_running(pid); }));
}

TEST_CASE("a command that doesn't end within the grace is killed, and its children too",
          "[cli][lock]") {
  HungHub s;
  const std::string pid = s.file("pid");
  const OnLoss soon{OnLoss::Act::term, std::chrono::milliseconds(100)};
  CHECK(s.run_hung(sh_words("trap '' TERM; sh -c 'sleep 1000; :' & echo $! >" + pid +
                            "; while :; do sleep 0.02; done"),
                   soon) == 75);
  CHECK(eventually(patience, [&] { return !is_running(pid); }));
}

TEST_CASE("a command may go on without its lease, but not as if it had it", "[cli][lock]") {
  HungHub s;
  const std::string done = s.file("done");
  CHECK(s.run_hung(sh_words("sleep 0.6; echo done >" + done), {OnLoss::Act::warn}) == 75);
  CHECK(text_of(done) == "done\n");
  CHECK_THAT(s.run.err(), Contains("it goes on"));
}

TEST_CASE("a holder stops early enough for its command to end before the lease does",
          "[cli][lock]") {
  using std::chrono::seconds;
  CHECK(OnLoss{}.margin() == seconds(6));
  CHECK(OnLoss{OnLoss::Act::term, seconds(9)}.margin() == seconds(10));
  CHECK(OnLoss{OnLoss::Act::kill, seconds(9)}.margin() == seconds(1));
  CHECK(OnLoss{OnLoss::Act::warn, seconds(9)}.margin() == seconds(1));
  CliRun run;
  CHECK(run({"lock", "L", "--ttl", "30", "--grace", "15", "--", "true"}) == 2);
  CHECK_THAT(run.err(), Contains("--grace"));
}

TEST_CASE("a lock that is killed takes its command with it", "[cli][lock]") {
  const HungHub s;
  const std::string pid = s.file("pid");
  synapse::test::ChildProcess lock(
      {{synapse::test::program_under_test(), "lock", "L", "--name", "A", "--uri", s.hub.uri(), "--",
        "sh", "-c", "echo $$ >" + pid + "; exec sleep 1000"}});
  REQUIRE(
      eventually(patience, [&] { return std::filesystem::exists(pid) && !text_of(pid).empty(); }));
  CHECK(is_running(pid));
  lock.send_signal(SIGKILL);
  CHECK(eventually(patience, [&] { return !is_running(pid); }));
}
