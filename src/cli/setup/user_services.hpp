// SPDX-License-Identifier: AGPL-3.0-or-later
// Setting up the user's services: the options that init and doctor share, and what they do.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/args/option_set.hpp"
#include "cli/context.hpp"
#include "services/identity.hpp"

namespace synapse::cli {

struct ServiceOptions {
  bool install = false;
  bool start = false;                  // Installs too.
  std::optional<std::string> program;  // Nothing: the running one.
};

// Under a heading of their own, all but --synapse-bin.
void add_service_options(OptionSet& set, ServiceOptions& options);
void add_service_program_option(OptionSet& set, ServiceOptions& options);

// The commands that set everything up by hand, each as a line for a shell.
[[nodiscard]] Result<std::vector<std::string>> set_up_lines(const services::Identity& who);

inline constexpr std::string_view unit_word = "__unit";
// `synapse __unit FILE PROGRAM`, by which a package is made: prints that unit, running that
// program.
[[nodiscard]] int print_unit(Context& context, std::span<const std::string> words);

struct ServiceStep {
  std::string what;  // "wrote", "ensured", "next", "done" or "FAILED".
  std::string text;
};

// Does what the options ask for and says what came of each step. An Error: nothing was started,
// since a file could not be written or a name does not do.
[[nodiscard]] Result<std::vector<ServiceStep>> set_up_services(Context& context,
                                                               const ServiceOptions& options,
                                                               const services::Identity& who);

// Stops and removes what set_up_services() has made, and leaves alone what others have, and the
// hub's log. An end that systemd refuses is a failed step, and the files go all the same: nothing
// starts them again.
[[nodiscard]] Result<std::vector<ServiceStep>> remove_services(Context& context);

[[nodiscard]] bool has_failed(const std::vector<ServiceStep>& steps);
// One line a step.
[[nodiscard]] std::string render_steps(const std::vector<ServiceStep>& steps);

}  // namespace synapse::cli
