// SPDX-License-Identifier: AGPL-3.0-or-later
// A hub inside a program, here inside the tests': what it must leave alone there.
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/fd.hpp"
#include "support/file_text.hpp"
#include "support/result_text.hpp"
#include "support/temp_dir.hpp"
#include "synapse/agent.hpp"
#include "synapse/hub.hpp"

namespace synapse::test {

namespace {

// What decides about the signals of a process: who handles each, and which this thread blocks.
struct Signals {
  std::map<int, void (*)(int)> handlers;
  std::vector<int> blocked;

  static Signals now() {
    Signals signals;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    for (int number = 1; number < NSIG; ++number) {
      struct sigaction action {};
      if (sigaction(number, nullptr, &action) == 0) signals.handlers[number] = action.sa_handler;
      if (sigismember(&mask, number) == 1) signals.blocked.push_back(number);
    }
    return signals;
  }
  bool operator==(const Signals&) const = default;
};

// The signals that each thread of this process blocks, as bits, by the thread's id.
std::map<std::string, std::uint64_t> blocked_by_thread() {
  std::map<std::string, std::uint64_t> blocked;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (line.rfind("SigBlk:", 0) != 0) continue;
      blocked[task.path().filename()] = std::stoull(line.substr(7), nullptr, 16);
    }
  }
  return blocked;
}

// All that a thread can block, of those that have a name.
std::uint64_t all_signals() {
  std::uint64_t bits = 0;
  for (int number = 1; number <= 31; ++number) {
    if (number != SIGKILL && number != SIGSTOP) bits |= 1ULL << (number - 1);
  }
  return bits;
}

// Another soft limit of descriptors, as long as it lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t soft) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit limit{soft, before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

  static rlim_t now() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
  }

 private:
  rlimit before_{};
};

// What goes to stderr meanwhile.
class CapturedStderr {
 public:
  explicit CapturedStderr(std::filesystem::path file) : file_(std::move(file)) {
    const Fd capture(open(file_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    REQUIRE(capture);
    dup2(capture.get(), STDERR_FILENO);
  }
  ~CapturedStderr() { dup2(before_.get(), STDERR_FILENO); }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

  [[nodiscard]] std::string text() const { return text_of(file_); }

 private:
  std::filesystem::path file_;
  Fd before_{dup(STDERR_FILENO)};
};

// A hub with a log, which has one event.
std::filesystem::path log_with_a_claim(const TempDir& folder) {
  const std::filesystem::path log = folder / "hub.db";
  HubOptions options;
  options.db = log;
  Hub hub(options);
  REQUIRE(hub.start());
  AgentOptions agent_options;
  agent_options.uri = hub.uri();
  agent_options.name = "host/agent";
  Agent agent(agent_options);
  REQUIRE(agent.connect());
  ClaimRequest claim;
  claim.task_id = "T";
  claim.no_files = true;
  const auto reply = agent.claim(claim);
  REQUIRE(reply);
  CHECK(reply->granted);
  return log;
}

void spoil_events(const std::filesystem::path& log) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(log.c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database, "UPDATE events SET payload = '{'", nullptr, nullptr, nullptr) ==
        SQLITE_OK);
  sqlite3_close(database);
}

}  // namespace

TEST_CASE("an embedded hub leaves limits and signals of its process as they were",
          "[hub][embedded]") {
  const TempDir folder;
  constexpr rlim_t soft = 200;
  const DescriptorLimit limit(soft);
  const Signals before = Signals::now();

  HubOptions options;
  options.db = folder / "hub.db";
  Hub hub(options);
  REQUIRE(hub.start());
  CHECK(DescriptorLimit::now() == soft);
  CHECK(Signals::now() == before);
  hub.stop();
  CHECK(DescriptorLimit::now() == soft);
  CHECK(Signals::now() == before);
}

TEST_CASE("no thread of an embedded hub or of an agent takes a signal of the process",
          "[hub][embedded]") {
  const TempDir folder;
  const auto before = blocked_by_thread();
  HubOptions options;
  options.db = folder / "hub.db";
  Hub hub(options);
  REQUIRE(hub.start());
  AgentOptions agent_options;
  agent_options.uri = hub.uri();
  Agent agent(agent_options);
  REQUIRE(agent.connect());

  // The hub's own, its log's, its files', the agent's; and one for each further core.
  std::size_t ours = 0;
  for (const auto& [thread, blocked] : blocked_by_thread()) {
    if (before.contains(thread)) continue;
    ++ours;
    INFO("thread " << thread << " blocks " << std::hex << blocked);
    CHECK((blocked & all_signals()) == all_signals());
  }
  CHECK(ours >= 4);
}

TEST_CASE("an embedded hub tells its program what people should know, and stderr nothing",
          "[hub][embedded]") {
  const TempDir folder;
  const std::filesystem::path log = log_with_a_claim(folder);
  spoil_events(log);

  std::mutex mutex;
  std::vector<std::string> warnings;
  HubOptions options;
  options.db = log;
  SECTION("to whom it may") {
    options.log = [&](HubOptions::LogLevel level, std::string_view message) {
      const std::lock_guard lock(mutex);
      CHECK(level == HubOptions::LogLevel::warning);
      warnings.emplace_back(message);
    };
  }
  SECTION("to nobody, where nobody listens") {}
  const CapturedStderr captured(folder / "stderr");
  {
    Hub hub(options);
    REQUIRE(hub.start());
  }
  CHECK(captured.text().empty());
  CHECK(warnings.empty() == !options.log);
  for (const std::string& warning : warnings) {
    CHECK_THAT(warning, Catch::Contains("of the log is skipped"));
  }
}

TEST_CASE("an embedded hub refuses a log that another hub has", "[hub][embedded]") {
  const TempDir folder;
  HubOptions options;
  options.db = folder / "hub.db";
  Hub first(options);
  REQUIRE(first.start());
  Hub second(options);
  const Result<> refused = second.start();
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::locked);
}

}  // namespace synapse::test
