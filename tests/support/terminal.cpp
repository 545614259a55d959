// SPDX-License-Identifier: AGPL-3.0-or-later
#include "support/terminal.hpp"

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace synapse::test {

Terminal::Terminal(const Command& command) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : command.environment) lines.push_back(name + "=" + value);
  std::vector<char*> environment;
  for (std::string& line : lines) environment.push_back(line.data());
  environment.push_back(nullptr);
  std::vector<std::string> words = command.words;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int master = -1;
  winsize size{50, 200, 0, 0};
  pid_ = forkpty(&master, nullptr, nullptr, &size);
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "forkpty");
  if (pid_ == 0) {
    if (chdir(command.folder.empty() ? "/" : command.folder.c_str()) == 0) {
      execvpe(arguments[0], arguments.data(), environment.data());
    }
    _exit(127);
  }
  master_ = Fd(master);
}

Terminal::~Terminal() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Terminal::type(std::string_view line) {
  const std::string text = std::string(line) + "\r";
  if (write(master_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("the terminal takes no more");
  }
}

bool Terminal::shows(std::string_view text, const Deadline& deadline) {
  for (;;) {
    const std::size_t at = screen_.find(text, seen_);
    if (at != std::string::npos) {
      seen_ = at + text.size();
      return true;
    }
    pollfd event{master_.get(), POLLIN, 0};
    if (poll(&event, 1, deadline.poll_ms()) != 1) return false;
    std::array<char, 4096> piece{};
    const ssize_t got = read(master_.get(), piece.data(), piece.size());
    if (got <= 0) return false;
    screen_.append(piece.data(), static_cast<std::size_t>(got));
  }
}

void Terminal::send_signal(int number) const { kill(pid_, number); }

}  // namespace synapse::test
