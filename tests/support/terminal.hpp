// SPDX-License-Identifier: AGPL-3.0-or-later
// Terminal: an interactive shell on a terminal of its own, typed into and read by a test.
//
// For what only shows there: prompts, job control, and what becomes of a shell's processes when its
// terminal is closed. Used from one thread; the shell is killed with its owner.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "support/child_process.hpp"
#include "support/deadline.hpp"
#include "support/fd.hpp"

namespace synapse::test {

class Terminal {
 public:
  // Throws std::system_error when there is no terminal to be had.
  explicit Terminal(const Command& command);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void type(std::string_view line);
  // Whether the screen has shown `text` since the last call that found something, before the
  // deadline.
  [[nodiscard]] bool shows(std::string_view text, const Deadline& deadline = patience);
  // All that it has shown.
  [[nodiscard]] const std::string& screen() const { return screen_; }

  // As closing the window does.
  void hang_up() { master_.reset(); }
  void send_signal(int number) const;

 private:
  Fd master_;
  pid_t pid_ = -1;
  std::string screen_;
  std::size_t seen_ = 0;
};

}  // namespace synapse::test
