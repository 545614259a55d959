// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/json_escapes.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include "base/utf8.hpp"

namespace synapse::store {

namespace {

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6U));
    put(0x80 | (point & 0x3FU));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12U));
    put(0x80 | ((point >> 6U) & 0x3FU));
    put(0x80 | (point & 0x3FU));
  } else {
    put(0xF0 | (point >> 18U));
    put(0x80 | ((point >> 12U) & 0x3FU));
    put(0x80 | ((point >> 6U) & 0x3FU));
    put(0x80 | (point & 0x3FU));
  }
}

// The escape at text[i] == '\\', a good one: appends what it stands for, returns its length.
std::size_t append_unescaped(std::string& out, std::string_view text, std::size_t i) {
  constexpr std::string_view letters = "bfnrt";
  constexpr std::string_view meanings = "\b\f\n\r\t";
  const char letter = text[i + 1];
  if (letter != 'u') {
    const std::size_t known = letters.find(letter);
    out += known == std::string_view::npos ? letter : meanings[known];
    return 2;
  }
  const std::uint32_t unit = hex4(&text[i + 2]);
  if (is_high(unit) && i + 12 <= text.size() && text[i + 6] == '\\' && text[i + 7] == 'u') {
    const std::uint32_t low = hex4(&text[i + 8]);
    if (is_low(low)) {
      append_utf8(out, 0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00));
      return 12;
    }
  }
  append_utf8(out, is_high(unit) || is_low(unit) ? 0xFFFD : unit);
  return 6;
}

// What stands for itself inside a string.
constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 256; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr std::array<bool, 256> is_plain = make_plain();

// Eight bytes at a time: each gets its top bit where it is below `limit` (at most 128).
constexpr std::uint64_t each = 0x0101010101010101U;
constexpr std::uint64_t tops = 0x80U * each;
constexpr std::uint64_t below(std::uint64_t bytes, std::uint64_t limit) {
  return (bytes - limit * each) & ~bytes & tops;
}

}  // namespace

// The lowest bit of `special` is right; a borrow can only set higher ones.
const char* skip_plain(const char* at, const char* end) {
  if constexpr (std::endian::native == std::endian::little) {
    for (; end - at >= 8; at += 8) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, at, sizeof bytes);
      const std::uint64_t special =
          below(bytes, 0x20) | below(bytes ^ ('"' * each), 1) | below(bytes ^ ('\\' * each), 1);
      if (special != 0) return at + std::countr_zero(special) / 8;
    }
  }
  while (at != end && is_plain[static_cast<unsigned char>(*at)]) ++at;
  return at;
}

std::uint32_t hex4(const char* at) {
  std::uint32_t unit = 0;
  const auto [end, error] = std::from_chars(at, at + 4, unit, 16);
  return error == std::errc() && end == at + 4 ? unit : 0x10000;
}

void unescape(std::string_view text, std::string& out) {
  out.clear();
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t escape = text.find('\\', i);
    out += text.substr(i, escape - i);
    if (escape == std::string_view::npos) return;
    i = escape + append_unescaped(out, text, escape);
  }
}

std::string without_half_pairs(std::string_view json) {
  std::string whole(json);
  std::string ignored;
  for (std::size_t i = json.find('\\'); i != std::string_view::npos;) {
    ignored.clear();
    const std::size_t length = append_unescaped(ignored, json, i);
    if (length == 6 && ignored == "\xEF\xBF\xBD") whole.replace(i, 6, "\\ufffd");
    i = json.find('\\', i + length);
  }
  return whole;
}

bool is_text(std::string_view payload) {
  // Nearly all payloads are ASCII, which one pass of wide words finds out.
  constexpr std::uint64_t high_bits = 0x8080808080808080ULL;
  std::size_t i = 0;
  std::uint64_t seen = 0;
  for (; i + sizeof seen <= payload.size(); i += sizeof seen) {
    std::uint64_t word = 0;
    std::memcpy(&word, payload.data() + i, sizeof word);
    seen |= word;
  }
  for (; i < payload.size(); ++i) seen |= static_cast<std::uint64_t>(payload[i]) & 0x80U;
  return (seen & high_bits) == 0 || base::is_valid_utf8(payload);
}

}  // namespace synapse::store
