// SPDX-License-Identifier: AGPL-3.0-or-later
// `synapse top` as its users have it: in a terminal of its own, beside a hub that comes and goes.
#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/deadline.hpp"
#include "support/fd.hpp"
#include "support/hub_process.hpp"
#include "support/temp_dir.hpp"
#include "support/ws_peer.hpp"

using Catch::Matchers::Contains;
using namespace synapse::test;

namespace {

// A program whose terminal is the test.
class InTerminal {
 public:
  explicit InTerminal(const std::vector<std::string>& words) {
    winsize size{24, 80, 0, 0};
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    int master = -1;
    pid_ = ::forkpty(&master, nullptr, nullptr, &size);
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::setenv("TERM", "xterm", 1);
      ::execv(arguments.front(), arguments.data());
      ::_exit(127);
    }
    terminal_ = Fd(master);
    ::fcntl(terminal_.get(), F_SETFL, O_NONBLOCK);
  }
  ~InTerminal() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  InTerminal(const InTerminal&) = delete;
  InTerminal& operator=(const InTerminal&) = delete;

  // Whether that is shown from now on; all that was shown before it is forgotten.
  bool shows(const std::string& text) {
    const bool found = eventually(Deadline(patience), [&] {
      std::array<char, 4096> buffer{};
      while (true) {
        const ssize_t count = ::read(terminal_.get(), buffer.data(), buffer.size());
        if (count <= 0) break;
        screen_.append(buffer.data(), static_cast<std::size_t>(count));
      }
      return screen_.find(text) != std::string::npos;
    });
    if (!found) UNSCOPED_INFO("not shown: " << text << "\n" << screen_);
    screen_.erase(0, found ? screen_.find(text) + text.size() : 0);
    return found;
  }
  void press(const std::string& keys) {
    CHECK(::write(terminal_.get(), keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
  }
  void resize(unsigned short width, unsigned short height) {
    const winsize size{height, width, 0, 0};
    CHECK(::ioctl(terminal_.get(), TIOCSWINSZ, &size) == 0);
  }
  // Its exit code.
  int end() {
    int status = 0;
    const bool has_ended =
        eventually(Deadline(patience), [&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; });
    CHECK(has_ended);
    if (has_ended) pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
  Fd terminal_;
  std::string screen_;
};

void claim_a_file(WsPeer& peer, const char* agent, const char* task) {
  peer.send_json({{"sender", agent},
                  {"type", "claim"},
                  {"task_id", task},
                  {"worktree", "/src/shop"},
                  {"paths", {"src/a.c"}}});
}

std::vector<std::string> top_words(const HubProcess& hub) {
  return {program_under_test(), "top", "--uri", hub.uri()};
}

}  // namespace

TEST_CASE("top shows what changes, changes its view by keys, and leaves the terminal as it was",
          "[cli][top]") {
  HubProcess hub;
  WsPeer alice(hub.port());
  claim_a_file(alice, "shop/alice", "PARSE");
  alice.receive_type("claim_granted");
  InTerminal top(top_words(hub));
  CHECK(top.shows("\x1b[?1049h"));
  CHECK(top.shows("1 claim,"));
  CHECK(top.shows("shop/alice"));
  WsPeer bob(hub.port());
  claim_a_file(bob, "shop/bob", "FIX");
  bob.receive_type("claim_denied");
  top.press("2");
  CHECK(top.shows("src/a.c"));
  top.resize(100, 30);
  CHECK(top.shows("src/a.c"));
  top.press("/nowhere\r");
  CHECK(top.shows("nothing matches 'nowhere'"));
  top.press("q");
  CHECK(top.shows("\x1b[?1049l"));
  CHECK(top.end() == 0);
}

TEST_CASE("top outlives its hub, and says meanwhile that it is not live", "[cli][top]") {
  HubProcess hub;
  InTerminal top(top_words(hub));
  CHECK(top.shows("live"));
  hub.stop(SIGTERM);
  CHECK(top.shows("NOT LIVE"));
  hub.start();
  CHECK(top.shows("mlive   0 agents online"));
  WsPeer alice(hub.port());
  claim_a_file(alice, "shop/alice", "PARSE");
  CHECK(top.shows("1 claim,"));
  top.press("\x03");
  CHECK(top.end() == 0);
}

TEST_CASE("an operator releases a claim by a key, and the hub says who it was", "[cli][top]") {
  const TempDir dir;
  const std::string token = (dir / "operators").string();
  std::ofstream(token) << "a word among few";
  std::filesystem::permissions(token, std::filesystem::perms::owner_read);
  HubOptions options;
  options.arguments = {"--operator-token-file", token};
  HubProcess hub(options);
  WsPeer alice(hub.port());
  claim_a_file(alice, "shop/alice", "PARSE");
  alice.receive_type("claim_granted");
  std::vector<std::string> words = top_words(hub);
  words.insert(words.end(), {"--view", "files", "--operator-token-file", token, "--name", "amy"});
  InTerminal top(words);
  CHECK(top.shows("src/a.c"));
  top.press("j");
  CHECK(top.shows("r release"));
  top.press("r");
  CHECK(top.shows("shop/alice loses PARSE"));
  top.press("\r");
  CHECK(top.shows("u takes it back"));
  CHECK(top.shows("Done: Release"));
  const nlohmann::json acted = alice.receive_type("operator_acted");
  CHECK_THAT(acted.at("by").get<std::string>(), Catch::Matchers::StartsWith("operator:amy/"));
  CHECK(acted.at("action") == "release");
  CHECK(acted.at("task_id") == "PARSE");
  top.press("1\x03");
  CHECK(top.end() == 0);
  // The wrong word lets nobody in.
  InTerminal stranger({program_under_test(), "top", "--uri", hub.uri(), "--operator-token", "x"});
  CHECK(stranger.end() != 0);
}

TEST_CASE("top prints one view as text where there is no terminal", "[cli][top]") {
  HubProcess hub;
  WsPeer alice(hub.port());
  claim_a_file(alice, "shop/alice", "PARSE");
  alice.receive_type("claim_granted");
  std::vector<std::string> words = top_words(hub);
  words.insert(words.end(), {"--once", "--view", "files"});
  const Finished once = synapse::test::run({words});
  CHECK(once.status->as_number() == 0);
  CHECK_THAT(once.out, Contains("1 claim, 0 waiting") && Contains("src/a.c") &&
                           Contains("shop/alice") && !Contains("\x1b"));
  words.insert(words.end(), {"--filter", "nowhere"});
  CHECK_THAT(synapse::test::run({words}).out, Contains("nothing matches 'nowhere'"));
  words[3] = "ws://127.0.0.1:1";
  CHECK(synapse::test::run({words}).status->as_number() != 0);
}
