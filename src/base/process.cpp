// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>

namespace synapse::base {

namespace {

[[noreturn]] void throw_last(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class SpawnAttributes {
 public:
  explicit SpawnAttributes(ProcessSetup::Group group) {
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (group == ProcessSetup::Group::own) flags |= POSIX_SPAWN_SETPGROUP;
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;

  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

class SpawnFiles {
 public:
  explicit SpawnFiles(const ProcessSetup& setup) {
    posix_spawn_file_actions_init(&actions_);
    set_stream(STDIN_FILENO, setup.in);
    set_stream(STDOUT_FILENO, setup.out);
    set_stream(STDERR_FILENO, setup.err);
    if (!setup.folder.empty()) {
      posix_spawn_file_actions_addchdir_np(&actions_, setup.folder.c_str());
    }
  }
  ~SpawnFiles() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnFiles(const SpawnFiles&) = delete;
  SpawnFiles& operator=(const SpawnFiles&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  void set_stream(int number, int stream) {
    if (stream == ProcessSetup::own) return;
    if (stream == ProcessSetup::none) {
      posix_spawn_file_actions_addopen(&actions_, number, "/dev/null", O_RDWR, 0);
    } else {
      posix_spawn_file_actions_adddup2(&actions_, stream, number);
    }
  }

  posix_spawn_file_actions_t actions_{};
};

// As exec takes lists. The interface is older than const; it does not write.
std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> lines_of(const Variables& variables) {
  std::vector<std::string> lines;
  lines.reserve(variables.size());
  for (const auto& [name, value] : variables) lines.push_back(name + "=" + value);
  return lines;
}

}  // namespace

Variables process_variables() {
  Variables variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view line(*entry);
    const std::size_t end = line.find('=');
    if (end == std::string_view::npos) continue;
    variables.emplace(line.substr(0, end), line.substr(end + 1));
  }
  return variables;
}

Result<Process> Process::start(const ProcessSetup& setup) {
  const std::vector<std::string> environment = lines_of(setup.environment);
  const SpawnAttributes attributes(setup.group);
  const SpawnFiles files(setup);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, setup.words.front().c_str(), files.get(), attributes.get(),
                                 pointers_to(setup.words).data(), pointers_to(environment).data());
  if (error != 0) {
    return fail(ErrorCode::not_found, std::generic_category().message(error));
  }
  Descriptor handle = open_process(pid);
  if (!handle.is_open()) throw_last("pidfd_open");
  return Process(pid, std::move(handle));
}

void Process::send_signal(int number) const { kill(pid_, number); }

int Process::wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) throw_last("waitpid");
  }
  return status;
}

Descriptor open_process(pid_t pid) {
  return Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

Pipe::Pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw_last("pipe");
  reader = Descriptor(ends[0]);
  writer = Descriptor(ends[1]);
}

}  // namespace synapse::base
