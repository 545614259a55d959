// SPDX-License-Identifier: AGPL-3.0-or-later
// Git, run as a program: an argument vector, never a shell; a deadline; a bound on what it prints.
//
// One object is one folder to run it in and the repository that belongs to that folder (see
// place.hpp): what git's own environment says of another repository, or of an index that is being
// written, is kept from it. So git in a hook acts on the work tree that the hook runs in, also when
// a hook of one repository works in another. From any thread; calls block.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/process.hpp"

namespace synapse::git {

class Git {
 public:
  static constexpr std::chrono::milliseconds timeout_default{20'000};
  static constexpr std::size_t output_bytes_max = 64UL << 20U;

  Git(const std::filesystem::path& folder, const base::Environment& environment);

  // What it writes to stdout. Errors: not_found (no git on the PATH), timed_out, io_error (it
  // failed: the message is its own; or it printed too much).
  [[nodiscard]] Result<std::string> run(const std::vector<std::string>& arguments) const;

  // The same repository from another folder of it.
  [[nodiscard]] Git in(const std::filesystem::path& folder) const;
  // The same, with less time for each call.
  [[nodiscard]] Git within(std::chrono::milliseconds timeout) const;

 private:
  std::filesystem::path folder_;
  base::Variables environment_;
  std::chrono::milliseconds timeout_ = timeout_default;
};

// The parts of what git prints with -z.
[[nodiscard]] std::vector<std::string> split_at_nul(std::string_view text);

// Whether this can be the name of a branch, a tag or a commit, and nothing else to git: no option
// (`-x`), no range (`a..b`), no walk (`a~3`, `@{1}`), no path in a tree (`a:b`).
[[nodiscard]] bool is_plain_ref(std::string_view text);

}  // namespace synapse::git
