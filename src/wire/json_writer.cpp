// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/json_writer.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/assert.hpp"

namespace synapse::wire {

namespace {

// Whether a text stands in JSON as it is; eight bytes at a time, for nearly all do.
bool is_plain(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t highs = 0x8080808080808080U;
  const auto has_zero = [](std::uint64_t bytes) { return (bytes - ones) & ~bytes & highs; };
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; end - at >= 8; at += 8) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, at, sizeof bytes);
    const std::uint64_t controls = (bytes - ones * 0x20U) & ~bytes & highs;
    if ((controls | has_zero(bytes ^ ones * '"') | has_zero(bytes ^ ones * '\\')) != 0)
      return false;
  }
  for (; at != end; ++at) {
    const auto c = static_cast<unsigned char>(*at);
    if (c < 0x20 || c == '"' || c == '\\') return false;
  }
  return true;
}

// `text` between `before` and `after`, in one piece.
void append(std::string& out, std::string_view before, std::string_view text,
            std::string_view after) {
  const std::size_t size = out.size();
  out.resize(size + before.size() + text.size() + after.size());
  char* to = out.data() + size;
  for (const std::string_view part : {before, text, after}) {
    if (!part.empty()) std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
}

void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::size_t plain = 0;  // What is copied in one go: most text needs no escape at all.
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(plain, i - plain);
    plain = i + 1;
    out += '\\';
    switch (c) {
      case '"':
      case '\\':
        out += static_cast<char>(c);
        break;
      case '\b':
        out += 'b';
        break;
      case '\f':
        out += 'f';
        break;
      case '\n':
        out += 'n';
        break;
      case '\t':
        out += 't';
        break;
      case '\r':
        out += 'r';
        break;
      default:
        out += "u00";
        out += hex[c >> 4U];
        out += hex[c & 15U];
    }
  }
  out += text.substr(plain);
}

}  // namespace

std::string_view json_prefix(std::string_view text, std::size_t bytes_max) {
  constexpr std::size_t longest_escape = 6;
  if (text.size() <= bytes_max / longest_escape) return text;
  std::size_t written = 0;
  std::size_t end = 0;  // Of the last whole character that fits.
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c & 0xC0U) != 0x80U) end = i;
    const bool is_short = c == '"' || c == '\\' || (c >= '\b' && c <= '\r' && c != '\v');
    written += is_short ? 2 : c < 0x20 ? longest_escape : 1;
    if (written > bytes_max) return text.substr(0, end);
  }
  return text;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  append(text_, needs_comma_ ? ",\"" : "\"", name, "\":");
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  const char* const before = needs_comma_ ? ",\"" : "\"";
  needs_comma_ = true;
  if (is_plain(text)) {
    append(text_, before, text, "\"");
    return *this;
  }
  text_ += before;
  append_escaped(text_, text);
  text_ += '"';
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  SYNAPSE_ASSERT(std::isfinite(number));
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  raw(text);
  // A reader that tells integers from floats must see a float.
  if (text.find_first_of(".e") == std::string_view::npos) text_ += ".0";
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  text_ += json;
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  text_ += bracket;
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  text_ += bracket;
  needs_comma_ = true;
  return *this;
}

void JsonWriter::separate() {
  if (needs_comma_) text_ += ',';
}

}  // namespace synapse::wire
