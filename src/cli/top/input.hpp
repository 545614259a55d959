// SPDX-License-Identifier: AGPL-3.0-or-later
// What is typed into `synapse top`.
#pragma once

#include <string>

namespace synapse::cli {

// Of a key that is none of these, its text.
enum class TopKey { text, up, down, page_up, page_down, home, end, enter, escape, backspace, tab };
struct TopInput {
  TopKey key = TopKey::text;
  std::string text = {};
};

// UTF-8 with its last character taken off.
[[nodiscard]] std::string without_last_character(std::string text);

}  // namespace synapse::cli
