// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/json_writer.hpp"

#include <algorithm>
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

// A time in seconds, with the microseconds that all times here have, as the shortest text that is
// read as the same number: nothing where it is another number. Up to this size numbers are closer
// to each other than microseconds are, so that no other time is nearer; and one with a fraction is
// shorter without an exponent.
constexpr double time_max = 8e9;
std::size_t write_time(double seconds, char* to) {
  constexpr std::uint64_t million = 1'000'000;
  if (!(seconds >= 1 && seconds < time_max)) return 0;
  const auto micros = static_cast<std::uint64_t>(std::llround(seconds * 1e6));
  std::uint64_t fraction = micros % million;
  if (fraction == 0 || static_cast<double>(micros) / 1e6 != seconds) return 0;
  char* at = std::to_chars(to, to + 12, micros / million).ptr;
  *at++ = '.';
  for (std::uint64_t unit = million / 10; fraction != 0; unit /= 10) {
    *at++ = static_cast<char>('0' + fraction / unit);
    fraction %= unit;
  }
  return static_cast<std::size_t>(at - to);
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

char* JsonWriter::grow(std::size_t bytes) {
  constexpr std::size_t bytes_min = 64;
  const std::size_t begin = size_;
  size_ += bytes;
  if (size_ > text_.size()) text_.resize(std::max({size_, begin + begin / 2, bytes_min}));
  return text_.data() + begin;
}

void JsonWriter::put(std::string_view plain) {
  if (!plain.empty()) std::memcpy(grow(plain.size()), plain.data(), plain.size());
}

void JsonWriter::put(std::string_view before, std::string_view text, std::string_view after) {
  char* to = grow(before.size() + text.size() + after.size());
  for (const std::string_view part : {before, text, after}) {
    if (!part.empty()) std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
}

void JsonWriter::put_escaped(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::size_t plain = 0;  // What is copied in one go.
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    put(text.substr(plain, i - plain));
    plain = i + 1;
    constexpr std::string_view named = "\"\\\b\f\n\t\r";
    constexpr std::string_view names = "\"\\bfntr";
    if (const std::size_t at = named.find(static_cast<char>(c)); at != std::string_view::npos) {
      put("\\", names.substr(at, 1), {});
    } else {
      put("\\u00", hex.substr(c >> 4U, 1), hex.substr(c & 15U, 1));
    }
  }
  put(text.substr(plain));
}

JsonWriter& JsonWriter::key(std::string_view name) {
  put(needs_comma_ ? ",\"" : "\"", name, "\":");
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  const std::string_view before = needs_comma_ ? ",\"" : "\"";
  needs_comma_ = true;
  if (is_plain(text)) {
    put(before, text, "\"");
    return *this;
  }
  put(before);
  put_escaped(text);
  put("\"");
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  SYNAPSE_ASSERT(std::isfinite(number));
  std::array<char, 32> digits{};
  if (const std::size_t size = write_time(number, digits.data()); size != 0) {
    return raw({digits.data(), size});
  }
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  raw(text);
  // A reader that tells integers from floats must see a float.
  if (text.find_first_of(".e") == std::string_view::npos) put(".0");
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  put(json);
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  *grow(1) = bracket;
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  *grow(1) = bracket;
  needs_comma_ = true;
  return *this;
}

void JsonWriter::separate() {
  if (needs_comma_) *grow(1) = ',';
}

}  // namespace synapse::wire
