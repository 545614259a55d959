// SPDX-License-Identifier: AGPL-3.0-or-later
// synapse_guard_load SYNAPSE [RUNS]: what an agent waits for its guard. The guard as a whole
// process beside /bin/true, turn by turn, so that both have the same machine; then a hub with a
// hundred sessions of hosts; then commits with our git hooks and without: see README.md.
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "failure.hpp"
#include "hub_process.hpp"
#include "report.hpp"

extern char** environ;

namespace synapse::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t sessions = 100;
constexpr int load_core = 1;
constexpr int hub_core = 0;

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

struct Start {
  std::vector<std::string> words;
  std::string input = "/dev/null";
  std::string folder = {};
};

// From its start to its end, in milliseconds.
double time_of(const Start& run) {
  posix_spawn_file_actions_t streams;
  posix_spawn_file_actions_init(&streams);
  posix_spawn_file_actions_addopen(&streams, 0, run.input.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&streams, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&streams, 2, "/dev/null", O_WRONLY, 0);
  if (!run.folder.empty()) posix_spawn_file_actions_addchdir_np(&streams, run.folder.c_str());
  std::vector<char*> arguments;
  for (const std::string& word : run.words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const Clock::time_point begin = Clock::now();
  pid_t pid = -1;
  const int failed = posix_spawnp(&pid, arguments[0], &streams, nullptr, arguments.data(), environ);
  int status = 0;
  if (failed == 0) waitpid(pid, &status, 0);
  const double taken = milliseconds_since(begin);
  posix_spawn_file_actions_destroy(&streams);
  if (failed != 0 || status != 0) throw Failure(run.words[0] + " failed");
  return taken;
}

void print_times(const std::string& name, const std::vector<double>& times, double less = 0) {
  std::printf("%-28s p50 %8.3f ms   p99 %8.3f ms", name.c_str(), median(times),
              quantile(times, 0.99));
  if (less != 0) std::printf("   p50 beside /bin/true %+.3f ms", median(times) - less);
  std::printf("   (%zu)\n", times.size());
}

std::string payload(const std::string& session, const std::string& event,
                    const fs::path& repository, const std::string& file) {
  return R"({"session_id":")" + session + R"(","cwd":")" + repository.string() +
         R"(","hook_event_name":")" + event +
         R"(","tool_name":"Edit","tool_input":{"file_path":")" + (repository / file).string() +
         R"(","old_string":"int x;","new_string":"long x;"}})";
}

// A repository that counts, its git hooks, and what a guard reads.
struct Place {
  fs::path folder;
  fs::path repository = folder / "shop";
  fs::path outside = folder / "outside";

  Place(fs::path scratch, const std::string& synapse) : folder(std::move(scratch)) {
    for (const fs::path& one : {repository, outside, folder / "run"}) fs::create_directories(one);
    setenv("XDG_RUNTIME_DIR", (folder / "run").c_str(), 1);
    setenv("HOME", folder.c_str(), 1);
    for (const char* name : {"GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"}) setenv(name, "bench", 1);
    for (const char* name : {"GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"}) setenv(name, "b@b", 1);
    const std::string where = repository.string();
    time_of({{"git", "init", "-q", where}});
    fs::create_directories(repository / ".synapse");
    std::ofstream(repository / ".synapse/mode") << "enforce\n";
    std::ofstream(repository / "a.c") << "int x;\n";
    time_of({{"git", "-C", where, "add", "-A"}});
    time_of({{"git", "-C", where, "commit", "-qm", "one"}});
    time_of({{synapse, "git-hook", "install"}, "/dev/null", where});
    put("before", payload("bench", "PreToolUse", repository, "a.c"));
    put("after", payload("bench", "PostToolUse", repository, "a.c"));
    put("outside", payload("bench", "PreToolUse", outside, "a.c"));
  }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
  }
};

void time_processes(const Place& place, const std::string& synapse, const std::string& uri,
                    std::size_t runs) {
  const std::string syn = (fs::path(synapse).parent_path() / "syn").string();
  const auto guard = [&](const char* input) {
    return Start{{syn, "guard", "--for", "claude"},
                 (place.folder / input).string(),
                 place.repository.string()};
  };
  struct Series {
    const char* name;
    Start run;
    bool has_hub;
    std::vector<double> times = {};
  };
  std::vector<Series> all{{"/bin/true", {{"/bin/true"}}, true},
                          {"guard, before an edit", guard("before"), true},
                          {"guard, after a tool", guard("after"), true},
                          {"guard, no repository", guard("outside"), true},
                          {"guard, no hub", guard("before"), false}};
  for (std::size_t i = 0; i < runs; ++i) {
    for (Series& one : all) {
      setenv("SYNAPSE_URI", one.has_hub ? uri.c_str() : "ws://127.0.0.1:1", 1);
      one.times.push_back(time_of(one.run));
    }
  }
  setenv("SYNAPSE_URI", uri.c_str(), 1);
  const double least = median(all[0].times);
  for (const Series& one : all) print_times(one.name, one.times, &one == all.data() ? 0 : least);
}

// One request by the hub's Unix socket, as a guard makes it; what came back.
std::string ask(const fs::path& path, const std::string& method, const std::string& body) {
  const int number = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  if (connect(number, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail_errno("connecting to " + path.string());
  }
  const std::string request =
      method +
      " /hook HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Synapse-Hook: 1\r\nConnection: close\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  if (write(number, request.data(), request.size()) != static_cast<ssize_t>(request.size())) {
    fail_errno("writing to the hub");
  }
  std::string text;
  char bytes[4096];
  for (ssize_t count = 0; (count = read(number, bytes, sizeof bytes)) > 0;) {
    text.append(bytes, static_cast<std::size_t>(count));
  }
  close(number);
  if (text.find(" 200 ") == std::string::npos) throw Failure("the hub says: " + text);
  return text.substr(text.find("\r\n\r\n") + 4);
}

void time_hub(const fs::path& socket, std::size_t runs) {
  std::vector<double> times;
  const auto call = [&](std::size_t session, const std::string& event, const std::string& paths) {
    const std::string number = std::to_string(session);
    const Clock::time_point begin = Clock::now();
    ask(socket, "POST",
        R"({"v":1,"host":"load","event":")" + event + R"(","mode":"enforce","session":"s)" +
            number + R"(","name":"shop/load","room":800,"worktree":"/w/shop")" + paths + "}");
    return milliseconds_since(begin);
  };
  for (std::size_t i = 0; i < sessions; ++i) call(i, "start", "");
  for (std::size_t round = 0; round < std::max<std::size_t>(1, runs / 20); ++round) {
    for (std::size_t i = 0; i < sessions; ++i) {
      const std::string own = "s" + std::to_string(i) + "/f" + std::to_string(round % 40) + ".c";
      times.push_back(call(i, "before", R"(,"paths":[")" + own + "\"]"));
      times.push_back(call(i, "after", ""));
    }
  }
  print_times("hook calls, 100 sessions", times);
  std::cout << "the hub's own count: " << ask(socket, "GET", "") << '\n';
}

void time_commits(const Place& place, std::size_t runs) {
  const auto commit = [&place](std::vector<std::string> more) {
    std::vector<std::string> words{"git"};
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {"commit", "-q", "--allow-empty", "-m", "x"});
    return Start{words, "/dev/null", place.repository.string()};
  };
  std::vector<double> with;
  std::vector<double> without;
  for (std::size_t i = 0; i < std::max<std::size_t>(10, runs / 20); ++i) {
    without.push_back(time_of(commit({"-c", "core.hooksPath=/dev/null"})));
    with.push_back(time_of(commit({})));
  }
  print_times("git commit, no hooks", without);
  print_times("git commit, our hooks", with);
}

int measure(const std::string& synapse, std::size_t runs) {
  std::string name = (fs::temp_directory_path() / "synapse-guard-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) fail_errno("a scratch folder");
  {
    const Place place(name, synapse);
    const std::uint16_t port = free_port();
    HubProcess hub({{synapse, "hub", "--port", std::to_string(port)},
                    port,
                    hub_core,
                    place.folder / "hub.log"});
    hub.wait_ready();
    pin_this_process(load_core);
    std::printf("binary: %.1f MB\n", static_cast<double>(fs::file_size(synapse)) / 1e6);
    time_processes(place, synapse, "ws://127.0.0.1:" + std::to_string(port), runs);
    std::fflush(stdout);
    time_hub(place.folder / "run/synapse" / (std::to_string(port) + ".sock"), runs);
    time_commits(place, runs);
    hub.stop();
  }
  fs::remove_all(name);
  return 0;
}

}  // namespace
}  // namespace synapse::bench

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::cerr << "usage: synapse_guard_load SYNAPSE [RUNS]\n";
    return 2;
  }
  try {
    const std::size_t runs = argc > 2 ? std::stoul(argv[2]) : 1000;
    return synapse::bench::measure(std::filesystem::canonical(argv[1]).string(), runs);
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 1;
  }
}
