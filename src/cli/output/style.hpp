// SPDX-License-Identifier: AGPL-3.0-or-later
// Colour, where somebody looks: on a terminal, and never with NO_COLOR (no-color.org).
#pragma once

#include <string>
#include <string_view>

#include "cli/context.hpp"

namespace synapse::cli {

// What a text means to the person who looks; the colour follows from it. Only the terminal's own
// colours, which its owner has made fit for a light or a dark ground.
enum class Tint { none, good, bad, busy, faint };

class Style {
 public:
  enum class Colour { off, on };
  explicit Style(Colour colour) : colour_(colour) {}
  // For what goes to the context's out.
  explicit Style(const Context& context);

  [[nodiscard]] std::string heading(std::string_view text) const;
  [[nodiscard]] std::string tinted(Tint tint, std::string_view text) const;
  // A status of a claim or a task, coloured by what it means.
  [[nodiscard]] std::string status(std::string_view text) const;

 private:
  [[nodiscard]] std::string in(std::string_view code, std::string_view text) const;

  Colour colour_;
};

// What a status of a claim or a task means.
[[nodiscard]] Tint tint_of_status(std::string_view status);

}  // namespace synapse::cli
