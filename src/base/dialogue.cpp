// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/dialogue.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace synapse::base {

namespace {

// False: the time is over.
bool wait_for(int descriptor, short what, Dialogue::Deadline end) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    constexpr long long longest = 1 << 30;
    pollfd event{descriptor, what, 0};
    const int ready =
        poll(&event, 1, static_cast<int>(std::clamp<long long>(left.count(), 0, longest)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

Error too_slow() { return fail(ErrorCode::timed_out, "it took too long and was stopped"); }

}  // namespace

Result<Dialogue> Dialogue::start(const std::vector<std::string>& words,
                                 const std::filesystem::path& folder, Deadline end) {
  // A socket, for what is written to a pipe that nobody reads any more raises a signal.
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail(ErrorCode::io_error, std::generic_category().message(errno));
  }
  Descriptor ours(ends[0]);
  const Descriptor theirs(ends[1]);
  Pipe out;
  ProcessSetup setup;
  setup.words = words;
  setup.environment = process_variables();
  setup.folder = folder;
  setup.in = theirs.number();
  setup.out = out.writer.number();
  setup.err = ProcessSetup::none;
  setup.group = ProcessSetup::Group::own;
  Result<Process> started = Process::start(setup);
  if (!started) return started.error();
  return Dialogue(std::make_unique<OwnedProcess>(*std::move(started)), std::move(ours),
                  std::move(out.reader), end);
}

Result<> Dialogue::say(std::string_view line) {
  std::string text(line);
  text += '\n';
  std::string_view rest = text;
  while (!rest.empty()) {
    if (!wait_for(in_.number(), POLLOUT, end_)) return too_slow();
    const ssize_t sent = send(in_.number(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return fail(ErrorCode::io_error, "it listens no more");
    }
  }
  return {};
}

Result<std::string> Dialogue::hear() {
  for (;;) {
    if (const std::size_t end = heard_.find('\n'); end != std::string::npos) {
      std::string line = heard_.substr(0, end);
      heard_.erase(0, end + 1);
      return line;
    }
    if (heard_.size() > line_bytes_max) {
      return fail(ErrorCode::io_error, "it printed a line that is too long");
    }
    if (!wait_for(out_.number(), POLLIN, end_)) return too_slow();
    std::array<char, 65536> piece{};
    const ssize_t got = read(out_.number(), piece.data(), piece.size());
    if (got > 0) heard_.append(piece.data(), static_cast<std::size_t>(got));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      if (heard_.empty()) return fail(ErrorCode::not_found, "it said nothing more");
      return std::exchange(heard_, std::string());
    }
  }
}

}  // namespace synapse::base
