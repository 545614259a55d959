// SPDX-License-Identifier: AGPL-3.0-or-later
#include "support/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <system_error>

namespace synapse::test {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

Fd anonymous_file(const char* name) {
  Fd file(memfd_create(name, MFD_CLOEXEC));
  if (!file) fail("memfd_create");
  // Appending, so that a child which opens /dev/stderr anew doesn't write over what is there.
  if (fcntl(file.get(), F_SETFL, O_APPEND) != 0) fail("fcntl");
  return file;
}

std::string content_of(const Fd& file) {
  std::string text;
  std::array<char, 16384> piece{};
  ssize_t got = 0;
  while ((got = pread(file.get(), piece.data(), piece.size(), static_cast<off_t>(text.size()))) >
         0) {
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  return text;
}

// The search that execvpe would do, but on the child's PATH and before the fork.
std::string find_program(const std::string& name, const Environment& environment) {
  const auto path = environment.find("PATH");
  if (name.find('/') != std::string::npos || path == environment.end()) return name;
  std::istringstream folders(path->second);
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string candidate = folder + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return name;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// All that the child needs, made before the fork: after it only async-signal-safe calls are
// allowed.
struct Launch {
  const char* program;
  const char* folder;
  char* const* words;
  char* const* environment;
  int in, out, err;
  pid_t parent;
};

[[noreturn]] void become(const Launch& launch) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launch.parent) _exit(127);  // the parent went before the line above
  dup2(launch.in, STDIN_FILENO);
  dup2(launch.out, STDOUT_FILENO);
  dup2(launch.err, STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  if (*launch.folder == '\0' || chdir(launch.folder) == 0) {
    execve(launch.program, launch.words, launch.environment);
  }
  const char* why = strerrordesc_np(errno);
  for (const char* part : {launch.program, ": ", why, "\n"}) {
    if (write(STDERR_FILENO, part, std::strlen(part)) < 0) break;
  }
  _exit(127);
}

}  // namespace

Environment clean_environment() {
  Environment kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = text.substr(0, equals);
    if (name.starts_with("SYN") || name.starts_with("XDG_") || name.starts_with("GIT_")) continue;
    if (name.ends_with("_SESSION_ID")) continue;
    kept.emplace(name, text.substr(equals + 1));
  }
  return kept;
}

ChildProcess::ChildProcess(const Command& command)
    : out_(anonymous_file("stdout")), err_(anonymous_file("stderr")) {
  const std::string program = find_program(command.words.at(0), command.environment);
  std::vector<std::string> words = command.words;
  std::vector<std::string> environment;
  for (const auto& [name, value] : command.environment) environment.push_back(name + "=" + value);
  const std::vector<char*> argv = pointers_to(words);
  const std::vector<char*> envp = pointers_to(environment);
  const Fd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!nothing) fail("/dev/null");

  const Launch launch{.program = program.c_str(),
                      .folder = command.folder.c_str(),
                      .words = argv.data(),
                      .environment = envp.data(),
                      .in = nothing.get(),
                      .out = out_.get(),
                      .err = err_.get(),
                      .parent = getpid()};
  pid_ = fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) become(launch);
  setpgid(pid_, pid_);  // here too: whichever of the two comes first
  handle_ = Fd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  if (!handle_) {
    const int error = errno;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    throw std::system_error(error, std::generic_category(), "pidfd_open");
  }
}

ChildProcess::~ChildProcess() {
  if (status_) return;
  kill(-pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void ChildProcess::send_signal(int number) {
  if (!status_) kill(pid_, number);
}

std::optional<ExitStatus> ChildProcess::wait(const Deadline& deadline) {
  while (!status_) {
    pollfd ended{handle_.get(), POLLIN, 0};
    const int ready = poll(&ended, 1, deadline.poll_ms());
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    int word = 0;
    if (waitpid(pid_, &word, 0) != pid_) fail("waitpid");
    status_ = WIFSIGNALED(word) ? ExitStatus{0, WTERMSIG(word)} : ExitStatus{WEXITSTATUS(word), 0};
  }
  return status_;
}

bool ChildProcess::wait_for_output(std::string_view text, const Deadline& deadline) {
  while (out().find(text) == std::string::npos) {
    if (deadline.passed()) return false;
    if (wait(std::chrono::milliseconds(5))) return out().find(text) != std::string::npos;
  }
  return true;
}

std::string ChildProcess::out() const { return content_of(out_); }
std::string ChildProcess::err() const { return content_of(err_); }

Finished run(const Command& command, const Deadline& deadline) {
  ChildProcess child(command);
  const std::optional<ExitStatus> status = child.wait(deadline);
  return {status, child.out(), child.err()};
}

}  // namespace synapse::test
