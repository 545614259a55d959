// SPDX-License-Identifier: AGPL-3.0-or-later
// `syn guard --for HOST`: what a host program runs as its hook. Before a tool writes, it claims the
// files for the agent; after any tool it renews the claims and hands over what the agent is to be
// told; at the end it gives them back (docs/hooks.md).
//
// Total: whatever comes in, it ends in time, with nothing or one whole, valid answer. What it can't
// tell is decided by the repository's mode and never by a crash. It logs nothing, least of all its
// environment, which holds the user's keys.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/environment.hpp"
#include "guard/answer.hpp"
#include "guard/host_process.hpp"
#include "guard/words.hpp"

namespace synapse::guard {

// All that the guard may touch of the process that it runs in.
struct World {
  const base::Environment& environment;
  std::filesystem::path folder;  // Its working directory.
  ProcessMark host;              // pid 0: not known.
  std::string pid_ns;
  Reader reader;
  // The body of a request to that of the answer.
  std::function<Result<std::string>(std::string_view)> ask;
};

// The answer to a hook's input, or to its input that could not be read.
[[nodiscard]] Output answer_hook(const HostTraits& host, const Result<std::string>& input,
                                 const World& world);

// "14:20", where this process is.
[[nodiscard]] std::string local_time_of_day(double wall);

// The whole program, if this is how it was started: `syn guard ...`. Its exit code.
[[nodiscard]] std::optional<int> run_as_guard(std::span<char* const> words);

}  // namespace synapse::guard
