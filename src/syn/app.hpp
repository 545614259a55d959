// SPDX-License-Identifier: AGPL-3.0-or-later
// `syn`: the few commands that an agent gives again and again, under the identity that its place
// and its environment say it has.
//
// No verb but `name` does anything itself: it writes the words of a `synapse` command with the
// identity filled in, adds what it was given, and runs that command in this process. So each option
// is defined once, and works here too.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/context.hpp"

namespace synapse::syn {

// How the program was started, if it was as syn: the verb that its name has built in (`arm` for
// syn-wait), or a blank one for `syn` itself. Nothing: under another name.
[[nodiscard]] std::optional<std::string_view> verb_of(std::string_view program);

// Runs what the words (without the program's name) say. A blank verb is read from them. Returns the
// exit code.
[[nodiscard]] int run(cli::Context& context, std::string_view verb,
                      std::span<const std::string> words);

}  // namespace synapse::syn
