// SPDX-License-Identifier: AGPL-3.0-or-later
// The guard's sentences. They stand in a model's context, where every byte is paid for again at
// each step, so each has a length that it keeps. Names and paths are other agents' texts: without
// what a terminal would obey, and on one line. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/hook.hpp"

namespace synapse::guard {

inline constexpr std::size_t denial_bytes_max = 240;
inline constexpr std::size_t notices_bytes_max = 800;
inline constexpr std::size_t brief_bytes_max = 1200;

// When the words are read.
struct Reader {
  double now = 0;                                  // Wall seconds.
  std::function<std::string(double)> time_of_day;  // "14:20" for a moment.
};

// "bob holds src/a.c (task FIX, for 12 min, until about 14:20)".
[[nodiscard]] std::string held_text(const wire::HookHolder& holder, const Reader& reader,
                                    std::size_t bytes_max = denial_bytes_max);
// The same as the reason of a denial.
[[nodiscard]] std::string denial_text(const wire::HookAnswer& answer, const Reader& reader);
// Of a request that the hub refused, or did not answer.
[[nodiscard]] std::string cannot_tell_text(std::string_view why);

// What an answer tells beside its decision; blank if nothing. And which messages stand in it whole.
struct Telling {
  std::string text;
  std::vector<wire::HookAck> told;
};
[[nodiscard]] Telling notices_text(const wire::HookAnswer& answer, const Reader& reader);
// Of a session's start.
[[nodiscard]] Telling brief_text(const wire::HookAnswer& answer, const Reader& reader);

// As much of a text from its beginning as that many bytes hold, with a mark where it was cut.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t bytes_max);

}  // namespace synapse::guard
