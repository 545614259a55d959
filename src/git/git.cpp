// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/git.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "base/descriptor.hpp"
#include "base/text.hpp"
#include "git/place.hpp"

namespace synapse::git {

namespace {

using base::Descriptor;

using Clock = std::chrono::steady_clock;

constexpr std::size_t complaint_bytes_max = 4096;

// Which repository, and the state of a command that is under way: what may not reach a git that is
// to find the folder's own repository. The second list, no git of ours may have at all.
constexpr std::string_view of_a_repository[] = {"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR",
                                                "GIT_IMPLICIT_WORK_TREE"};
constexpr std::string_view of_a_command[] = {"GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE"};

template <std::size_t N>
bool is_in(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::vector<std::string> environment_for(const std::filesystem::path& folder,
                                         const base::Environment& environment) {
  const std::optional<Place> place = find_place(folder, environment);
  const bool by_folder = place && place->found_by == Place::FoundBy::folder;
  std::vector<std::string> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    if (is_in(of_a_command, name)) continue;
    // Where there is no place git decides by itself, but for relative paths, below.
    if (is_in(of_a_repository, name) && place) continue;
    kept.emplace_back(text);
  }
  if (place && !by_folder) {
    kept.push_back("GIT_DIR=" + place->git_dir.string());
    kept.push_back("GIT_WORK_TREE=" + place->top_level.string());
  }
  // We only look: no lock that a command of the user's could meet, and no network.
  kept.emplace_back("GIT_OPTIONAL_LOCKS=0");
  kept.emplace_back("GIT_NO_LAZY_FETCH=1");
  return kept;
}

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  // The interface is older than const; it does not write.
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw std::system_error(errno, std::generic_category(), "pipe");
    }
    reader = Descriptor(ends[0]);
    writer = Descriptor(ends[1]);
  }

  Descriptor reader;
  Descriptor writer;
};

// How git starts: its folder, its ends of the pipes, and no signal blocked that we only watch.
class Start {
 public:
  Start(const std::filesystem::path& folder, const Pipe& out, const Pipe& err) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, out.writer.number(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, err.writer.number(), STDERR_FILENO);
    if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Start() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  Start(const Start&) = delete;
  Start& operator=(const Start&) = delete;

  // The process, or -1 with errno set.
  [[nodiscard]] pid_t spawn(const std::vector<std::string>& words,
                            const std::vector<std::string>& environment) const {
    pid_t pid = -1;
    errno = posix_spawnp(&pid, "git", &actions_, &attributes_, pointers_to(words).data(),
                         pointers_to(environment).data());
    return errno == 0 ? pid : -1;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// Reaped whatever happens: killed first, unless it has been seen to end.
class Running {
 public:
  explicit Running(pid_t pid)
      : pid_(pid), handle_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {}
  ~Running() {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    static_cast<void>(reap());
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  [[nodiscard]] int descriptor() const { return handle_.number(); }
  [[nodiscard]] int reap() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_;
  Descriptor handle_;
};

int poll_ms_until(Clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 1 << 30));
}

// Appends what there is to read; closes the descriptor at its end.
void drain(Descriptor& from, std::string& into) {
  std::array<char, 65536> piece{};
  const ssize_t got = read(from.number(), piece.data(), piece.size());
  if (got > 0) into.append(piece.data(), static_cast<std::size_t>(got));
  if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) from.reset();
}

struct Written {
  std::string out;
  std::string err;
};

// All that git writes until it closes both, and ends.
Result<Written> collect(const Running& running, Descriptor out, Descriptor err,
                        Clock::time_point end) {
  Written written;
  std::array<pollfd, 3> events{};
  bool ended = false;
  while (out.is_open() || err.is_open() || !ended) {
    // poll() passes over what is closed: its number is -1.
    const int process = out.is_open() || err.is_open() ? -1 : running.descriptor();
    events = {{{out.number(), POLLIN, 0}, {err.number(), POLLIN, 0}, {process, POLLIN, 0}}};
    const int ready = poll(events.data(), events.size(), poll_ms_until(end));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return fail(ErrorCode::timed_out, "git took too long and was stopped");
    if (events[0].revents != 0) drain(out, written.out);
    if (events[1].revents != 0) drain(err, written.err);
    ended = events[2].revents != 0;
    if (written.out.size() > Git::output_bytes_max) {
      return fail(ErrorCode::io_error, "git printed too much and was stopped");
    }
    // What is past the bound is read, so that git can go on, and dropped.
    if (written.err.size() > complaint_bytes_max) written.err.resize(complaint_bytes_max);
  }
  return written;
}

Error cannot_run(const std::filesystem::path& folder, int error) {
  std::error_code unknown;
  if (!folder.empty() && !std::filesystem::is_directory(folder, unknown)) {
    return fail(ErrorCode::not_found, folder.string() + " is no folder");
  }
  return fail(ErrorCode::not_found, "git can't be run: " + std::generic_category().message(error) +
                                        "; is it installed and on the PATH?");
}

// Its first line says what is wrong; what follows is advice on how to use git.
std::string complaint(const std::string& err, int status) {
  std::string line = err.substr(0, err.find('\n'));
  for (const std::string_view prefix : {"fatal: ", "error: "}) {
    if (line.starts_with(prefix)) line.erase(0, prefix.size());
  }
  if (!line.empty()) return line;
  return WIFSIGNALED(status) ? "git was ended by signal " + std::to_string(WTERMSIG(status))
                             : "git failed with code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Git::Git(const std::filesystem::path& folder, const base::Environment& environment)
    : folder_(folder), environment_(environment_for(folder, environment)) {}

Result<std::string> Git::run(const std::vector<std::string>& arguments) const {
  const Clock::time_point end = Clock::now() + timeout_;
  std::vector<std::string> words{"git"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  Pipe out;
  Pipe err;
  const pid_t pid = Start(folder_, out, err).spawn(words, environment_);
  if (pid < 0) return cannot_run(folder_, errno);
  Running running(pid);
  out.writer.reset();
  err.writer.reset();
  Result<Written> written = collect(running, std::move(out.reader), std::move(err.reader), end);
  if (!written) return written.error();
  const int status = running.reap();
  if (status != 0) return fail(ErrorCode::io_error, complaint(written->err, status));
  return std::move(written->out);
}

Git Git::in(const std::filesystem::path& folder) const {
  Git other = *this;
  other.folder_ = folder;
  return other;
}

Git Git::within(std::chrono::milliseconds timeout) const {
  Git other = *this;
  other.timeout_ = timeout;
  return other;
}

std::vector<std::string> split_at_nul(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = text.find('\0');
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parts;
}

bool is_plain_ref(std::string_view text) {
  constexpr std::size_t bytes_max = 1024;
  if (text.empty() || text.size() > bytes_max || text.front() == '-' || text.back() == '/') {
    return false;
  }
  if (base::has_control(text) || text.find_first_of(" ~^:?*[\\") != std::string_view::npos) {
    return false;
  }
  return text.find("..") == std::string_view::npos && text.find("@{") == std::string_view::npos &&
         text != "@";
}

}  // namespace synapse::git
