// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/git.hpp"

#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "base/control.hpp"
#include "base/owned_process.hpp"
#include "git/place.hpp"

namespace synapse::git {

namespace {

using base::Descriptor;

using Clock = std::chrono::steady_clock;

constexpr std::size_t complaint_bytes_max = 4096;

// Which repository, and the state of a command that is under way: what may not reach a git that is
// to find the folder's own repository. The second list, no git of ours may have at all.
constexpr const char* of_a_repository[] = {"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR",
                                           "GIT_IMPLICIT_WORK_TREE"};
constexpr const char* of_a_command[] = {"GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE"};

base::Variables environment_for(const std::filesystem::path& folder,
                                const base::Environment& environment) {
  const std::optional<Place> place = find_place(folder, environment);
  base::Variables variables = base::process_variables();
  for (const char* name : of_a_command) variables.erase(name);
  // Where there is no place git decides by itself, but for relative paths, below.
  if (place) {
    for (const char* name : of_a_repository) variables.erase(name);
  }
  if (place && place->found_by != Place::FoundBy::folder) {
    variables["GIT_DIR"] = place->git_dir.string();
    variables["GIT_WORK_TREE"] = place->top_level.string();
  }
  // We only look: no lock that a command of the user's could meet, and no network.
  variables["GIT_OPTIONAL_LOCKS"] = "0";
  variables["GIT_NO_LAZY_FETCH"] = "1";
  return variables;
}

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
Result<Written> collect(const base::OwnedProcess& running, Descriptor out, Descriptor err,
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

Error cannot_run(const std::filesystem::path& folder, const Error& why) {
  std::error_code unknown;
  if (!folder.empty() && !std::filesystem::is_directory(folder, unknown)) {
    return fail(ErrorCode::not_found, folder.string() + " is no folder");
  }
  return fail(ErrorCode::not_found,
              "git can't be run: " + why.message + "; is it installed and on the PATH?");
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
  base::Pipe out;
  base::Pipe err;
  base::ProcessSetup setup{{"git"}, environment_, folder_};
  setup.words.insert(setup.words.end(), arguments.begin(), arguments.end());
  setup.in = base::ProcessSetup::none;
  setup.out = out.writer.number();
  setup.err = err.writer.number();
  Result<base::Process> started = base::Process::start(setup);
  if (!started) return cannot_run(folder_, started.error());
  base::OwnedProcess running(*std::move(started));
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
