// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/top/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/file.hpp"
#include "base/utf8.hpp"

namespace synapse::cli {

namespace {

// The other screen, no cursor, no wrapping at the right edge; and back.
constexpr std::string_view enter_screen = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
constexpr std::string_view leave_screen = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

struct KeySequence {
  std::string_view bytes;
  TopKey key;
};
// Longer ones stand before what they begin with.
constexpr auto key_sequences = std::to_array<KeySequence>({
    {"\x1b[A", TopKey::up},
    {"\x1bOA", TopKey::up},
    {"\x1b[B", TopKey::down},
    {"\x1bOB", TopKey::down},
    {"\x1b[5~", TopKey::page_up},
    {"\x1b[6~", TopKey::page_down},
    {"\x1b[H", TopKey::home},
    {"\x1bOH", TopKey::home},
    {"\x1b[1~", TopKey::home},
    {"\x1b[F", TopKey::end},
    {"\x1bOF", TopKey::end},
    {"\x1b[4~", TopKey::end},
    {"\r", TopKey::enter},
    {"\n", TopKey::enter},
    {"\t", TopKey::tab},
    {"\x7f", TopKey::backspace},
    {"\b", TopKey::backspace},
});

std::string_view code_of(PaneRow::Look look) {
  switch (look) {
    case PaneRow::Look::plain:
      return "";
    case PaneRow::Look::faint:
      return "\x1b[2m";
    case PaneRow::Look::good:
      return "\x1b[32m";
    case PaneRow::Look::warning:
      return "\x1b[33m";
    case PaneRow::Look::bad:
      return "\x1b[31;1m";
  }
  return "";
}

std::string_view code_of(TopLine::Weight weight) {
  switch (weight) {
    case TopLine::Weight::plain:
      return "";
    case TopLine::Weight::heading:
      return "\x1b[1m";
    case TopLine::Weight::chosen:
      return "\x1b[7m";
  }
  return "";
}

// A control sequence that means nothing here: its length, or 0 if it has not ended.
std::size_t length_of_sequence(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  if (bytes[1] != '[' && bytes[1] != 'O') return 1;  // Escape, and then something else.
  for (std::size_t i = 2; i < bytes.size(); ++i) {
    if (bytes[i] >= '@' && bytes[i] <= '~') return i + 1;
  }
  return 0;
}

}  // namespace

TopKeys keys_in(std::string_view bytes) {
  TopKeys found;
  while (!bytes.empty()) {
    const auto* known =
        std::find_if(key_sequences.begin(), key_sequences.end(),
                     [&](const KeySequence& one) { return bytes.starts_with(one.bytes); });
    if (known != key_sequences.end()) {
      found.keys.push_back({known->key});
      bytes.remove_prefix(known->bytes.size());
    } else if (bytes.front() == '\x1b') {
      const std::size_t length = length_of_sequence(bytes);
      if (length == 0) break;
      if (length == 1) found.keys.push_back({TopKey::escape});
      bytes.remove_prefix(length);
    } else {
      const base::Utf8Point point = base::first_point(bytes);
      if (point.length == 0 && bytes.size() < 4 && (bytes.front() & 0x80) != 0) break;
      const std::size_t length = std::max<std::size_t>(point.length, 1);
      const bool is_text = point.length != 0 && point.point >= ' ';
      if (is_text) found.keys.push_back({TopKey::text, std::string(bytes.substr(0, length))});
      bytes.remove_prefix(length);
    }
  }
  found.rest = bytes;
  return found;
}

std::string drawn(const std::vector<TopLine>& lines, Terminal::Colour colour) {
  std::string bytes = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const TopLine& line = lines[i];
    if (i > 0) bytes += "\r\n";
    if (colour == Terminal::Colour::on) bytes += code_of(line.look);
    bytes += code_of(line.weight);
    bytes += line.text;
    bytes += "\x1b[0m";
  }
  return bytes;
}

Result<Terminal> Terminal::open(Colour colour) {
  base::Descriptor tty(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  termios before{};
  if (tty.number() < 0 || ::tcgetattr(tty.number(), &before) != 0) {
    return fail(ErrorCode::not_found, "there is no terminal here; --once prints one picture");
  }
  termios raw = before;
  raw.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | IEXTEN);
  raw.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL | INLCR);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  raw.c_cc[VSUSP] = _POSIX_VDISABLE;  // A stopped program would leave the screen as it is.
  if (::tcsetattr(tty.number(), TCSANOW, &raw) != 0) {
    return fail(ErrorCode::not_found, "the terminal can't be set up");
  }
  return Terminal(std::move(tty), before, colour);
}

Terminal::Terminal(base::Descriptor tty, const termios& before, Colour colour)
    : tty_(std::move(tty)), before_(before), colour_(colour) {
  write(enter_screen);
}

Terminal::Terminal(Terminal&& other) noexcept
    : tty_(std::move(other.tty_)),
      before_(other.before_),
      colour_(other.colour_),
      unread_(std::move(other.unread_)) {}

Terminal::~Terminal() {
  if (tty_.number() < 0) return;
  write(leave_screen);
  ::tcsetattr(tty_.number(), TCSANOW, &before_);
}

TopSize Terminal::size() const {
  winsize size{};
  if (::ioctl(tty_.number(), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row};
}

Result<std::vector<TopInput>> Terminal::keys() {
  std::array<char, 1024> buffer{};
  const ssize_t count = ::read(tty_.number(), buffer.data(), buffer.size());
  if (count < 0 && errno == EINTR) return std::vector<TopInput>();
  if (count < 0) return fail(ErrorCode::closed, "the terminal is gone");
  unread_.append(buffer.data(), static_cast<std::size_t>(count));
  TopKeys found = keys_in(unread_);
  unread_ = std::move(found.rest);
  // A terminal sends a key whole, so an Escape at the end is one by itself.
  if (unread_ == "\x1b") {
    unread_.clear();
    found.keys.push_back({TopKey::escape});
  }
  return std::vector<TopInput>(std::move(found.keys));
}

void Terminal::draw(const std::vector<TopLine>& lines) { write(drawn(lines, colour_)); }

// What a terminal doesn't take, nobody sees: it is gone, and the next read says so.
void Terminal::write(std::string_view bytes) { static_cast<void>(base::write_all(tty_, bytes)); }

}  // namespace synapse::cli
