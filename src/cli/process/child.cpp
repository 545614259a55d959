// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/process/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <system_error>

#include "cli/exit_code.hpp"

namespace synapse::cli {

namespace {

// What a child starts with: nothing blocked that we only watch, and SIGPIPE as shells have it.
class Attributes {
 public:
  explicit Attributes(ChildSetup::Place place) {
    posix_spawnattr_init(&attributes_);
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigdelset(&mask, number);
    posix_spawnattr_setsigmask(&attributes_, &mask);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (place != ChildSetup::Place::here) flags |= POSIX_SPAWN_SETPGROUP;
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

class Files {
 public:
  explicit Files(ChildSetup::Place place) {
    posix_spawn_file_actions_init(&actions_);
    if (place != ChildSetup::Place::background) return;
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
      posix_spawn_file_actions_addopen(&actions_, number, "/dev/null", O_RDWR, 0);
    }
  }
  ~Files() { posix_spawn_file_actions_destroy(&actions_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

std::vector<std::string> environment_with(const std::map<std::string, std::string>& added) {
  std::vector<std::string> lines;
  for (char** line = environ; *line != nullptr; ++line) {
    const std::string text = *line;
    if (added.count(text.substr(0, text.find('='))) == 0) lines.push_back(text);
  }
  for (const auto& [name, value] : added) lines.push_back(name + "=" + value);
  return lines;
}

// As exec takes lists. The interface is older than const; it does not write.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

}  // namespace

Result<Child> Child::start(const std::vector<std::string>& words, const ChildSetup& setup) {
  const std::vector<std::string> environment = environment_with(setup.environment);
  const Attributes attributes(setup.place);
  const Files files(setup.place);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, words.front().c_str(), files.get(), attributes.get(),
                                 pointers(words).data(), pointers(environment).data());
  if (error != 0) {
    return fail(ErrorCode::not_found, std::generic_category().message(error));
  }
  base::Descriptor handle(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!handle.is_open()) throw std::system_error(errno, std::generic_category(), "pidfd_open");
  return Child(pid, std::move(handle));
}

void Child::send_signal(int number) const { kill(pid_, number); }

int Child::wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  }
  if (WIFSIGNALED(status)) return exit_code::killed_by_signal + WTERMSIG(status);
  return WEXITSTATUS(status);
}

Result<std::string> own_program() {
  std::error_code code;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", code);
  if (code) return fail(ErrorCode::not_found, "can't find this program's file: " + code.message());
  return path.string();
}

}  // namespace synapse::cli
