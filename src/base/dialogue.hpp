// SPDX-License-Identifier: AGPL-3.0-or-later
// Another program that is told lines on its stdin and answers with lines on its stdout, all of it
// by one deadline. What it writes to stderr is dropped. It is killed when this goes. One thread at
// a time; calls block.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "base/owned_process.hpp"

namespace synapse::base {

class Dialogue {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  static constexpr std::size_t line_bytes_max = 1UL << 20U;

  // With this process's environment, in this folder (blank: in this process's). Errors: not_found,
  // and why it can't be run; io_error.
  [[nodiscard]] static Result<Dialogue> start(const std::vector<std::string>& words,
                                              const std::filesystem::path& folder, Deadline end);

  // Errors: timed_out; io_error (it listens no more).
  [[nodiscard]] Result<> say(std::string_view line);
  // Without its end. Errors: timed_out; not_found (it said all it had to say); io_error (a line of
  // more than line_bytes_max).
  [[nodiscard]] Result<std::string> hear();

 private:
  Dialogue(std::unique_ptr<OwnedProcess> process, Descriptor in, Descriptor out, Deadline end)
      : process_(std::move(process)), in_(std::move(in)), out_(std::move(out)), end_(end) {}

  std::unique_ptr<OwnedProcess> process_;
  Descriptor in_;
  Descriptor out_;
  Deadline end_;
  std::string heard_;
};

}  // namespace synapse::base
