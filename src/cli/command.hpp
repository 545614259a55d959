// SPDX-License-Identifier: AGPL-3.0-or-later
// A command is data: a name, a line of help, and a function that names its options and says what
// runs once they are read. command_list.cpp has them all.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "cli/args/option_set.hpp"
#include "cli/context.hpp"
#include "cli/exit_code.hpp"

namespace synapse::cli {

// Runs the command with the options that its declaration bound; the result is the exit code.
using Runner = std::function<int(Context&)>;

struct Command {
  std::string_view name;
  std::string_view summary;  // One line, for the list and the top of its help.
  // Nothing for a command that only groups others.
  Runner (*declare)(OptionSet&) = nullptr;
  std::span<const Command> subcommands = {};
  int bare_exit_code = exit_code::failed;  // Of a group whose name stands alone.
};

// What a command takes that takes nothing.
struct NoArguments {};

// A runner over the options that a declaration has bound to its parser: they live as long as it.
template <class Options>
[[nodiscard]] Runner runner(std::shared_ptr<Options> options,
                            int (*run)(Context&, const Options&)) {
  return [options = std::move(options), run](Context& context) { return run(context, *options); };
}

}  // namespace synapse::cli
