// SPDX-License-Identifier: AGPL-3.0-or-later
// Colour, where somebody looks: on a terminal, and never with NO_COLOR (no-color.org).
#pragma once

#include <string>
#include <string_view>

#include "cli/context.hpp"

namespace synapse::cli {

class Style {
 public:
  enum class Colour { off, on };
  explicit Style(Colour colour) : colour_(colour) {}
  // For what goes to the context's out.
  explicit Style(const Context& context);

  [[nodiscard]] std::string heading(std::string_view text) const;
  // A status of a claim or a task, coloured by what it means.
  [[nodiscard]] std::string status(std::string_view text) const;

 private:
  [[nodiscard]] std::string in(std::string_view code, std::string_view text) const;

  Colour colour_;
};

}  // namespace synapse::cli
