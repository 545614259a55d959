// SPDX-License-Identifier: AGPL-3.0-or-later
// Manual pages in the language of man(7), made from the definitions that parse the command line.
// The build makes synapse(1) with `synapse __man` and syn(1) with `syn __man`.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/command.hpp"

namespace synapse::cli {

inline constexpr std::string_view man_word = "__man";

// A page as it grows. Texts are plain; what roff would take for its own is escaped.
class ManPage {
 public:
  ManPage(std::string_view program, std::string_view summary);

  ManPage& section(std::string_view title);
  ManPage& subsection(std::string_view title);
  ManPage& paragraph(std::string_view text);
  // A term and what it means; the value, if any, is set apart.
  ManPage& term(std::string_view name, std::string_view value, std::string_view meaning);
  ManPage& example(std::string_view line);
  [[nodiscard]] std::string text() const { return text_; }

 private:
  std::string text_;
};

// synapse(1).
[[nodiscard]] std::string synapse_page(std::span<const Command> commands);

// What both programs read from the environment.
void add_environment(ManPage& page);

}  // namespace synapse::cli
