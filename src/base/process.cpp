// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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

// What follows runs in the child, a copy of a process that has other threads: system calls alone,
// for what another thread was about to do, such as to allocate, will never be finished here.

bool set_stream(int number, int stream) {
  if (stream == ProcessSetup::own) return true;
  if (stream == ProcessSetup::none) stream = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (stream == number) return fcntl(number, F_SETFD, 0) == 0;
  return dup2(stream, number) == number;
}

// False, with errno: it can't be as it should.
bool prepare_self(const ProcessSetup& setup, pid_t starter) {
  if (setup.group == ProcessSetup::Group::own && setpgid(0, 0) != 0) return false;
  if (!set_stream(STDIN_FILENO, setup.in) || !set_stream(STDOUT_FILENO, setup.out) ||
      !set_stream(STDERR_FILENO, setup.err)) {
    return false;
  }
  if (!setup.folder.empty() && chdir(setup.folder.c_str()) != 0) return false;
  if (setup.signal_at_starters_end != 0) {
    if (prctl(PR_SET_PDEATHSIG, setup.signal_at_starters_end) != 0) return false;
    if (getppid() != starter) _exit(1);  // It has ended already, and nothing will be sent.
  }
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  sigset_t none;
  sigemptyset(&none);
  return sigaction(SIGPIPE, &action, nullptr) == 0 && sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
}

[[noreturn]] void report_and_end(int writer) {
  const int error = errno;
  static_cast<void>(!write(writer, &error, sizeof error));
  _exit(127);
}

// In the starter again: what the child reported; 0 once the program runs, which closes the pipe.
int error_of_child(int reader) {
  int error = 0;
  ssize_t got = 0;
  do {
    got = read(reader, &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == sizeof error ? error : 0;
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
  const std::vector<char*> words = pointers_to(setup.words);
  const std::vector<char*> variables = pointers_to(environment);
  Pipe failure;
  const pid_t starter = getpid();
  const pid_t pid = fork();
  if (pid < 0) return fail(ErrorCode::not_found, std::generic_category().message(errno));
  if (pid == 0) {
    if (prepare_self(setup, starter)) execvpe(words.front(), words.data(), variables.data());
    report_and_end(failure.writer.number());
  }
  failure.writer.reset();
  if (const int error = error_of_child(failure.reader.number()); error != 0) {
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
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
