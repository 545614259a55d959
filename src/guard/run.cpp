// SPDX-License-Identifier: AGPL-3.0-or-later
// The guard's process: its clock, its input and its output.
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "guard/ask.hpp"
#include "guard/guard.hpp"

namespace synapse::guard {

namespace {

// All of it, from the start of the process: the agent's tool waits.
constexpr std::chrono::milliseconds time_for_all{220};

Result<std::string> read_input(Deadline deadline) {
  std::string text;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd one{STDIN_FILENO, POLLIN, 0};
    const int ready = left.count() <= 0 ? 0 : poll(&one, 1, static_cast<int>(left.count()));
    if (ready == 0) return fail(ErrorCode::timed_out, "the hook's input does not end");
    if (ready < 0 && errno == EINTR) continue;
    char bytes[65'536];
    const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    if (count == 0) return text;
    if (count < 0 && errno != EINTR && errno != EAGAIN) {
      return fail(ErrorCode::io_error, "the hook's input can't be read");
    }
    if (count > 0) text.append(bytes, static_cast<std::size_t>(count));
    if (text.size() > payload_bytes_max) {
      return fail(ErrorCode::field_too_long, "the hook's input is too long");
    }
  }
}

// The word behind --for; nothing: another command line.
std::optional<std::string_view> host_word(std::span<char* const> words) {
  if (words.size() == 2 && std::string_view(words[0]) == "--for") return words[1];
  if (words.size() != 1) return std::nullopt;
  const std::string_view word = words[0];
  constexpr std::string_view flag = "--for=";
  return word.starts_with(flag) ? std::optional(word.substr(flag.size())) : std::nullopt;
}

int write_output(const Output& output) {
  const auto whole = [](int number, const std::string& text) {
    if (text.empty()) return true;
    ssize_t count = 0;
    do {
      count = write(number, text.data(), text.size());
    } while (count < 0 && errno == EINTR);
    return count == static_cast<ssize_t>(text.size());
  };
  // A host that closes on failure takes 1 for a denial, which half an answer would not be.
  if (!whole(STDOUT_FILENO, output.out) || !whole(STDERR_FILENO, output.err)) return 1;
  return output.exit_code;
}

// Now, by the clock that files get their times from: it moves in ticks, and is never ahead.
double file_time() {
  constexpr double nanoseconds = 1e9;
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / nanoseconds;
}

int run_guard(std::span<char* const> words) {
  const Deadline deadline = std::chrono::steady_clock::now() + time_for_all;
  const std::optional<std::string_view> word = host_word(words);
  const HostTraits* host = word ? find_host(*word) : nullptr;
  if (host == nullptr) {
    // No denial: nobody has asked for it.
    std::string usage = "usage: syn guard --for HOST, where HOST is one of";
    for (const HostTraits& one : all_hosts()) usage += " " + std::string(one.word);
    static_cast<void>(write_output({0, "", usage + "\n"}));
    return 0;
  }
  const Result<std::string> input = read_input(deadline);
  const base::ProcessEnvironment environment;
  std::error_code unknown;
  const auto ask = [&](std::string_view body) -> Result<std::string> {
    const Result<HubPlace> hub = find_hub(environment);
    if (!hub) return hub.error();
    return post_hook(*hub, body, deadline);
  };
  const World world{environment,
                    std::filesystem::current_path(unknown),
                    nearest_host().value_or(ProcessMark{}),
                    base::pid_namespace(),
                    {file_time(), local_time_of_day},
                    ask};
  const Output output = answer_hook(*host, input, world);
  const int code = write_output(output);
  if (code != 1 && output.once_told) output.once_told();
  return code;
}

}  // namespace

std::string local_time_of_day(double wall) {
  const auto seconds = static_cast<std::time_t>(wall);
  std::tm parts{};
  if (localtime_r(&seconds, &parts) == nullptr) return "?";
  char text[16];
  return {text, std::strftime(text, sizeof text, "%H:%M", &parts)};
}

std::optional<int> run_as_guard(std::span<char* const> words) {
  if (words.size() < 2 || std::string_view(words[1]) != "guard") return std::nullopt;
  std::string_view program = words[0];
  program.remove_prefix(program.find_last_of('/') + 1);  // npos + 1 is 0.
  if (program != "syn") return std::nullopt;
  try {
    return run_guard(words.subspan(2));
  } catch (const std::exception&) {
    return 1;  // As where the answer can't be written.
  }
}

}  // namespace synapse::guard
