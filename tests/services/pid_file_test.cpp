// SPDX-License-Identifier: AGPL-3.0-or-later
// Locks of one process don't meet each other, so the holder here is a process of its own: an armed
// waiter without a hub.
#include "services/pid_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>

#include "support/catch.hpp"
#include "support/hub_process.hpp"
#include "support/temp_dir.hpp"

using namespace synapse::services;
using synapse::base::FixedEnvironment;
using synapse::test::ChildProcess;
using synapse::test::eventually;
using synapse::test::patience;
using synapse::test::TempDir;
namespace fs = std::filesystem;

namespace {

using Variables = std::map<std::string, std::string>;

std::string line_of(const fs::path& file) {
  std::string line;
  std::ifstream stream(file);
  std::getline(stream, line);
  return line;
}

synapse::test::Command listener(const fs::path& file) {
  return {{synapse::test::program_under_test(), "arm", "--name", "W", "--uri", "ws://127.0.0.1:1",
           "--pid-file", file.string()}};
}

}  // namespace

TEST_CASE("a pid file says who has it, and goes with its holder", "[services][pid_file]") {
  const TempDir dir;
  const fs::path file = dir / "run/w.pid";
  {
    const auto claimed = PidFile::claim(file, 4711, PidFile::IfHeld::leave);
    REQUIRE(claimed.value().has_value());
    CHECK(line_of(file) == std::to_string(getpid()) + " 4711");
    struct stat status {};
    REQUIRE(stat((dir / "run").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
  }
  CHECK_FALSE(fs::exists(file));
}

TEST_CASE("what another process holds is left to it, or taken once it has ended",
          "[services][pid_file]") {
  const TempDir dir;
  const fs::path file = dir / "w.pid";
  ChildProcess holder(listener(file));
  REQUIRE(eventually(patience, [&] { return !line_of(file).empty(); }));
  CHECK(line_of(file) == std::to_string(holder.pid()) + " 0");
  CHECK_FALSE(PidFile::claim(file, 0, PidFile::IfHeld::leave).value().has_value());
  CHECK_FALSE(holder.wait(std::chrono::milliseconds(0)).has_value());
  const auto taken = PidFile::claim(file, 0, PidFile::IfHeld::replace);
  REQUIRE(taken.value().has_value());
  CHECK(line_of(file) == std::to_string(getpid()) + " 0");
  CHECK(holder.wait(patience)->as_number() == 0);
}

TEST_CASE("a second listener of one pid file ends at once and well", "[services][pid_file]") {
  const TempDir dir;
  ChildProcess first(listener(dir / "w.pid"));
  REQUIRE(eventually(patience, [&] { return !line_of(dir / "w.pid").empty(); }));
  const auto second = run(listener(dir / "w.pid"));
  CHECK(second.status->as_number() == 0);
  CHECK(second.err.empty());
  CHECK_FALSE(first.wait(std::chrono::milliseconds(0)).has_value());
}

TEST_CASE("what a killed holder leaves behind is nobody's", "[services][pid_file]") {
  const TempDir dir;
  const fs::path file = dir / "w.pid";
  ChildProcess holder(listener(file));
  REQUIRE(eventually(patience, [&] { return !line_of(file).empty(); }));
  holder.send_signal(SIGKILL);
  REQUIRE(holder.wait(patience).has_value());
  CHECK(fs::exists(file));
  CHECK(PidFile::claim(file, 0, PidFile::IfHeld::leave).value().has_value());
}

TEST_CASE("a pid file is not written through a link, nor where there is no folder",
          "[services][pid_file]") {
  const TempDir dir;
  fs::create_symlink(dir / "target", dir / "w.pid");
  CHECK(PidFile::claim(dir / "w.pid", 0, PidFile::IfHeld::leave).has_error());
  CHECK_FALSE(fs::exists(dir / "target"));
  CHECK(PidFile::claim(dir / "no/such/w.pid", 0, PidFile::IfHeld::leave).has_error());
  std::ofstream(dir / "file") << "no folder";
  CHECK(PidFile::claim(dir / "file/w.pid", 0, PidFile::IfHeld::leave).has_error());
}

TEST_CASE("each identity has a file of its own", "[services][pid_file]") {
  const FixedEnvironment environment(Variables{{"XDG_RUNTIME_DIR", "/run/user/7"}});
  CHECK(listener_file(environment, "p/w%1") == "/run/user/7/synapse-shell/p%2Fw%251.pid");
  CHECK(listener_file(environment, "p%2Fw") != listener_file(environment, "p/w"));
  const fs::path fallback = runtime_folder(FixedEnvironment(Variables{}), "synapse-shell");
  CHECK(fallback == "/tmp/synapse-shell-" + std::to_string(getuid()));
  CHECK(runtime_folder(FixedEnvironment(Variables{{"XDG_RUNTIME_DIR", "relative"}}), "x") ==
        "/tmp/x-" + std::to_string(getuid()));
}
