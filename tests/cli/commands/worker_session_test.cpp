// SPDX-License-Identifier: AGPL-3.0-or-later
// worker-session and what `arm` does for it, as processes against a hub.
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "cli/bus.hpp"
#include "support/child_process.hpp"
#include "support/file_text.hpp"
#include "support/hub_process.hpp"
#include "support/temp_dir.hpp"

using Catch::Matchers::Contains;
using synapse::test::Bus;
using synapse::test::ChildProcess;
using synapse::test::comes_online;
using synapse::test::eventually;
using synapse::test::Finished;
using synapse::test::patience;
using synapse::test::TempDir;
using synapse::test::text_of;
namespace fs = std::filesystem;

namespace {

struct Place {
  explicit Place(synapse::HubOptions options = {}) : bus(std::move(options)) {}

  Bus bus;
  TempDir runtime;

  [[nodiscard]] synapse::test::Command synapse(std::vector<std::string> words) const {
    synapse::test::Command command;
    command.words = {synapse::test::program_under_test()};
    command.words.insert(command.words.end(), words.begin(), words.end());
    command.environment["XDG_RUNTIME_DIR"] = runtime.path().string();
    command.environment["SYNAPSE_URI"] = bus.hub.uri();
    return command;
  }
  [[nodiscard]] synapse::test::Command session(const std::string& script) const {
    return synapse({"worker-session", "--identity", "P/ux", "--", "sh", "-c", script});
  }
  [[nodiscard]] fs::path log() const { return runtime / "synapse-worker-session/P_ux.log"; }
};

bool goes_offline(synapse::Agent& observer, const std::string& name) {
  return eventually(patience, [&] {
    const auto reply = observer.who();
    if (!reply || !reply->granted) return false;
    const synapse::Json& names = reply->frame->at("online_agents");
    return std::find(names.begin(), names.end(), name) == names.end();
  });
}

}  // namespace

TEST_CASE("a worker-session gives its program the identity and returns its exit code",
          "[cli][worker_session]") {
  const Place place;
  const Finished run = synapse::test::run(place.synapse(
      {"worker-session", "--identity", "P/ux", "--project", "P", "--no-arm", "--uri", "ws://x:1",
       "--", "sh", "-c", "echo $SYN_PROJECT $SYN_IDENTITY $SYNAPSE_URI; exit 5"}));
  CHECK(run.out == "P P/ux ws://x:1\n");
  CHECK(run.status->code == 5);
  CHECK_FALSE(fs::exists(place.runtime / "synapse-worker-session"));

  const Finished torn = synapse::test::run(place.synapse(
      {"worker-session", "--identity", "P/ux", "--project", "Q", "--no-arm", "--", "true"}));
  CHECK(torn.status->code == 2);
  CHECK_THAT(torn.err, Contains("'Q'") && Contains("'P/ux'"));
}

TEST_CASE("a worker-session listens while its program runs, into its log",
          "[cli][worker_session]") {
  const Place place;
  const auto peer = place.bus.join("Q");
  const fs::path gate = place.runtime / "gate";
  REQUIRE(mkfifo(gate.c_str(), 0600) == 0);
  ChildProcess session(place.session("echo up; read line <'" + gate.string() + "'"));
  REQUIRE(comes_online(*peer, "P/ux-rx"));
  REQUIRE(peer->chat("P/ux", "wake up")->granted);
  CHECK(eventually(patience, [&] { return text_of(place.log()) == "Q: wake up\n"; }));
  std::ofstream(gate) << "go\n";
  CHECK(session.wait(patience)->as_number() == 0);
  CHECK(goes_offline(*peer, "P/ux-rx"));
  CHECK(session.out() == "up\n");
  CHECK(text_of(place.log()) == "Q: wake up\n");
}

TEST_CASE("signals reach the program of a worker-session", "[cli][worker_session]") {
  const Place place;
  ChildProcess session(
      place.session("trap 'kill $!; echo told; exit 9' TERM; sleep 1000 & echo up; wait"));
  REQUIRE(session.wait_for_output("up", patience));
  session.send_signal(SIGTERM);
  CHECK(session.wait(patience)->as_number() == 9);
  CHECK(session.out() == "up\ntold\n");
}

TEST_CASE("a listener ends with a worker-session that is killed", "[cli][worker_session]") {
  const Place place;
  const auto peer = place.bus.join("Q");
  ChildProcess session(place.session("exec sleep 1000"));
  REQUIRE(comes_online(*peer, "P/ux-rx"));
  session.send_signal(SIGKILL);
  CHECK(goes_offline(*peer, "P/ux-rx"));
}

TEST_CASE("a worker-session takes the identity's listener over from a shell's",
          "[cli][worker_session]") {
  const Place place;
  const auto peer = place.bus.join("Q");
  const fs::path file = place.runtime / "synapse-shell/P%2Fux.pid";
  ChildProcess shells(
      place.synapse({"arm", "--name", "P/ux-rx", "--for", "P/ux", "--pid-file", file.string()}));
  REQUIRE(comes_online(*peer, "P/ux-rx"));
  ChildProcess session(place.session("exec sleep 1000"));
  CHECK(shells.wait(patience)->as_number() == 0);
  CHECK(comes_online(*peer, "P/ux-rx"));
  session.send_signal(SIGTERM);
  CHECK(session.wait(patience)->as_number() == 128 + SIGTERM);
  CHECK_FALSE(fs::exists(file));
}

TEST_CASE("a worker-session's listener may be another syn", "[cli][worker_session]") {
  const Place place;
  const auto peer = place.bus.join("Q");
  const fs::path syn = place.runtime / "syn";
  fs::create_symlink(synapse::test::program_under_test(), syn);
  ChildProcess session(place.synapse(
      {"worker-session", "--identity", "P/ux", "--syn-bin", syn.string(), "sleep", "1000"}));
  REQUIRE(comes_online(*peer, "P/ux-rx"));
  REQUIRE(peer->chat("P/ux", "wake up")->granted);
  CHECK(eventually(patience, [&] { return text_of(place.log()) == "Q: wake up\n"; }));
  session.send_signal(SIGTERM);
  CHECK(session.wait(patience)->as_number() == 128 + SIGTERM);
  CHECK(goes_offline(*peer, "P/ux-rx"));
}

TEST_CASE("a worker-session without a listener goes on, and says so", "[cli][worker_session]") {
  const Place place;
  std::ofstream(place.runtime / "synapse-worker-session") << "in the way";
  const Finished run = synapse::test::run(place.session("echo ran"));
  CHECK(run.out == "ran\n");
  CHECK(run.status->code == 0);
  CHECK_THAT(run.err, Contains("without a listener"));
}

TEST_CASE("a worker-session with nothing to run, or nobody to be, is refused",
          "[cli][worker_session]") {
  const Place place;
  CHECK(run(place.synapse({"worker-session", "--identity", "P/ux"})).status->code == 1);
  CHECK(run(place.synapse({"worker-session", "--", "true"})).status->code == 2);
  const Finished missing = run(place.synapse(
      {"worker-session", "--identity", "P/ux", "--no-arm", "--", "/no/such/program"}));
  CHECK(missing.status->code == 127);
  CHECK_THAT(missing.err, Contains("/no/such/program"));
}

TEST_CASE("a token is not among a listener's options", "[cli][worker_session]") {
  synapse::HubOptions secured;
  secured.token = "secret";
  const Place place(secured);
  auto settings = place.bus.settings("Q");
  settings.token = "secret";
  const auto peer = place.bus.join(settings);
  ChildProcess session(place.synapse(
      {"worker-session", "--identity", "P/ux", "--token", "secret", "--", "sleep", "1000"}));
  REQUIRE(comes_online(*peer, "P/ux-rx"));
  std::ifstream file(place.runtime / "synapse-shell/P%2Fux.pid");
  std::string pid;
  file >> pid;
  CHECK_THAT(text_of("/proc/" + pid + "/cmdline"), Contains("arm") && !Contains("secret"));
}

TEST_CASE("arm ends when the process that it watches does, or has", "[cli][arm]") {
  const Place place;
  const auto peer = place.bus.join("Q");
  ChildProcess watched({{"sleep", "1000"}});
  ChildProcess arm(
      place.synapse({"arm", "--name", "W", "--while-pid", std::to_string(watched.pid())}));
  REQUIRE(comes_online(*peer, "W-rx"));
  watched.send_signal(SIGKILL);
  REQUIRE(watched.wait(patience).has_value());
  CHECK(arm.wait(patience)->as_number() == 0);
  const Finished late =
      run(place.synapse({"arm", "--name", "W", "--while-pid", std::to_string(watched.pid())}));
  CHECK(late.status->as_number() == 0);
}

TEST_CASE("arm that waits to try again ends on a signal as on any other time", "[cli][arm]") {
  const Place place;
  synapse::test::Command alone = place.synapse({"arm", "--name", "W", "--reconnect-delay", "1000"});
  alone.environment["SYNAPSE_URI"] = "ws://127.0.0.1:1";
  ChildProcess arm(alone);
  REQUIRE(eventually(patience, [&] { return !arm.err().empty(); }));
  arm.send_signal(SIGTERM);
  CHECK(arm.wait(patience)->as_number() == 0);
}
