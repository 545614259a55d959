// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/top/input.hpp"

namespace synapse::cli {

std::string without_last_character(std::string text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) {
    text.pop_back();
  }
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace synapse::cli
