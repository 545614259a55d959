// SPDX-License-Identifier: AGPL-3.0-or-later
// The terminal that this process was started from, as a screen: without echo, line editing and
// scrolling while it lives, and as it was afterwards.
//
// It writes what every terminal that is in use obeys (ECMA-48: xterm and its kin, screen, tmux, the
// Linux console, vt100), so it needs no database of terminals, which a static program on a strange
// machine has none of.
#pragma once

#include <termios.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "cli/top/screen.hpp"

namespace synapse::cli {

class Terminal {
 public:
  enum class Colour { off, on };

  // Errors: not_found, when there is none.
  [[nodiscard]] static Result<Terminal> open(Colour colour);
  ~Terminal();
  Terminal(Terminal&& other) noexcept;
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  Terminal& operator=(Terminal&&) = delete;

  // Readable when keys have been pressed, or the terminal is gone.
  [[nodiscard]] int descriptor() const { return tty_.number(); }
  [[nodiscard]] TopSize size() const;
  // The keys that have been pressed. Errors: closed, when the terminal is gone.
  [[nodiscard]] Result<std::vector<TopInput>> keys();
  void draw(const std::vector<TopLine>& lines);

 private:
  Terminal(base::Descriptor tty, const termios& before, Colour colour);
  void write(std::string_view bytes);

  base::Descriptor tty_;
  termios before_;
  Colour colour_;
  std::string unread_;  // The beginning of a key.
};

// The keys in what a terminal sent, and what is left: the beginning of another one. Pure.
struct TopKeys {
  std::vector<TopInput> keys;
  std::string rest;
};
[[nodiscard]] TopKeys keys_in(std::string_view bytes);

// The bytes that draw the lines, which fill the screen: what would clear the rest of a line would
// take its last character, on which the cursor then stands.
[[nodiscard]] std::string drawn(const std::vector<TopLine>& lines, Terminal::Colour colour);

}  // namespace synapse::cli
