// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "failure.hpp"
#include "websocket.hpp"

namespace synapse::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds ready_max{300};
constexpr std::chrono::seconds stop_max{60};

bool set_core(int core) {
  if (core == any_core) return true;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  return ::sched_setaffinity(0, sizeof cores, &cores) == 0;
}

// In the child, between fork and exec: no streams, whose buffers are the parent's.
[[noreturn]] void become(const std::vector<std::string>& arguments, int core, int output) {
  std::vector<char*> words;
  words.reserve(arguments.size() + 1);
  for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (!set_core(core)) {
    ::dprintf(STDERR_FILENO, "there is no core %d\n", core);
    ::_exit(126);
  }
  ::execvp(words.front(), words.data());
  ::dprintf(STDERR_FILENO, "can't run %s\n", words.front());
  ::_exit(127);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

// One upgrade; the time of its answer, or nothing while nobody listens.
std::optional<Clock::time_point> probe(std::uint16_t port) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{ready_max.count(), 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const sockaddr_in hub = loopback(port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&hub), sizeof hub) != 0) {
    return std::nullopt;
  }
  const auto send_all = [&](const std::string& text) {
    return ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  };
  std::string answer;
  const auto receive = [&] {
    std::array<char, 4096> bytes;
    const ssize_t got = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
    if (got > 0) answer.append(bytes.data(), static_cast<std::size_t>(got));
    return got > 0;
  };
  if (!send_all(upgrade_request(port))) return std::nullopt;
  while (!upgrade_answer_size(answer)) {
    if (!receive()) return std::nullopt;
  }
  const Clock::time_point answered = Clock::now();

  std::string goodbye;
  append_frame(goodbye, Opcode::close, std::string_view("\x03\xe8", 2));
  if (send_all(goodbye)) {
    while (receive()) {
    }
  }
  return answered;
}

std::chrono::nanoseconds read_clock(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) fail_errno("clock_gettime");
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// A field of a /proc file that reads "Name:   123 kB".
double proc_megabytes(pid_t pid, const char* file, std::string_view field) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + file;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(field)) return std::stod(line.substr(field.size())) * 1024 / 1e6;
  }
  throw Failure(path + " has no " + std::string(field));
}

}  // namespace

HubProcess::HubProcess(HubCommand command) : command_(std::move(command)) {
  if (command_.arguments.empty()) throw Failure("the hub's command line is empty");
  const Descriptor output(
      ::open(command_.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (output.get() < 0) fail_errno("open " + command_.output.string());
  started_ = Clock::now();
  pid_ = ::fork();
  if (pid_ < 0) fail_errno("fork");
  if (pid_ == 0) become(command_.arguments, command_.core, output.get());
}

HubProcess::~HubProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGTERM);
  if (ended(stop_max)) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::chrono::duration<double> HubProcess::wait_ready() {
  while (Clock::now() - started_ < ready_max) {
    if (const auto answered = probe(command_.port)) return *answered - started_;
    fail_if_signalled();
    if (ended(std::chrono::milliseconds(0))) {
      throw Failure("the hub ended before it listened");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  throw Failure("the hub does not listen");
}

void HubProcess::stop() {
  ::kill(pid_, SIGTERM);
  if (!ended(stop_max)) throw Failure("the hub does not stop when it is told to");
  if (!WIFEXITED(status_) || WEXITSTATUS(status_) != 0) {
    std::cerr << "note: the hub's wait status after SIGTERM was " << status_ << '\n';
  }
}

void HubProcess::kill() {
  ::kill(pid_, SIGKILL);
  if (!ended(stop_max)) throw Failure("a process outlives SIGKILL");
}

bool HubProcess::ended(std::chrono::milliseconds patience) {
  const Clock::time_point limit = Clock::now() + patience;
  for (;;) {
    if (::waitpid(pid_, &status_, WNOHANG) == pid_) {
      pid_ = -1;
      return true;
    }
    if (Clock::now() >= limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

std::chrono::nanoseconds HubProcess::cpu() const {
  clockid_t clock{};
  if (::clock_getcpuclockid(pid_, &clock) != 0) throw Failure("the hub's CPU time can't be read");
  return read_clock(clock);
}

std::chrono::nanoseconds own_cpu() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

Memory HubProcess::memory() const {
  return {proc_megabytes(pid_, "smaps_rollup", "Rss:"),
          proc_megabytes(pid_, "smaps_rollup", "Pss:")};
}

double HubProcess::peak_rss_mb() const { return proc_megabytes(pid_, "status", "VmHWM:"); }

std::uint16_t free_port() {
  std::random_device seed;
  std::uniform_int_distribution<int> draw(20000, 29999);
  for (int attempt = 0; attempt < 100; ++attempt) {
    const auto port = static_cast<std::uint16_t>(draw(seed));
    const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      return port;
    }
  }
  throw Failure("no free port between 20000 and 29999");
}

void pin_this_process(int core) {
  if (!set_core(core)) fail_errno("pinning the load to core " + std::to_string(core));
}

std::chrono::duration<double> time_command(const std::vector<std::string>& arguments) {
  const Descriptor nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  const Clock::time_point begin = Clock::now();
  const pid_t pid = ::fork();
  if (pid < 0) fail_errno("fork");
  if (pid == 0) become(arguments, any_core, nowhere.get());
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid) fail_errno("waitpid");
  const Clock::time_point end = Clock::now();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw Failure(arguments.front() + " did not exit 0, its wait status is " +
                  std::to_string(status));
  }
  return end - begin;
}

std::vector<std::string> split_command(std::string_view line) {
  std::istringstream words{std::string(line)};
  std::vector<std::string> arguments;
  for (std::string word; words >> word;) arguments.push_back(word);
  return arguments;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace synapse::bench
