// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/output/style.hpp"

namespace synapse::cli {

namespace {

constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view red = "\x1b[31m";
constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view plain = "\x1b[0m";

Style::Colour wanted(const Context& context) {
  const bool unwanted = !context.environment.get("NO_COLOR").value_or("").empty() ||
                        context.environment.get("TERM").value_or("") == "dumb";
  return context.out_is_terminal && !unwanted ? Style::Colour::on : Style::Colour::off;
}

}  // namespace

Style::Style(const Context& context) : colour_(wanted(context)) {}

std::string Style::heading(std::string_view text) const { return in(bold, text); }

std::string Style::tinted(Tint tint, std::string_view text) const {
  switch (tint) {
    case Tint::none:
      return std::string(text);
    case Tint::good:
      return in(green, text);
    case Tint::bad:
      return in(red, text);
    case Tint::busy:
      return in(yellow, text);
    case Tint::faint:
      return in(dim, text);
  }
  return std::string(text);
}

std::string Style::status(std::string_view text) const {
  return tinted(tint_of_status(text), text);
}

std::string Style::in(std::string_view code, std::string_view text) const {
  if (colour_ == Colour::off) return std::string(text);
  return std::string(code) + std::string(text) + std::string(plain);
}

Tint tint_of_status(std::string_view status) {
  if (status == "done") return Tint::good;
  if (status == "failed" || status == "blocked") return Tint::bad;
  if (status == "working" || status == "in_progress" || status == "input_required") {
    return Tint::busy;
  }
  return Tint::none;
}

}  // namespace synapse::cli
