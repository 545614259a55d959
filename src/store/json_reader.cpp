// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/json_reader.hpp"

#include <bitset>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "store/json_escapes.hpp"

namespace synapse::store {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

JsonReader::JsonReader(std::string_view text)
    : at_(text.data()), begin_(text.data()), end_(text.data() + text.size()) {}

void JsonReader::fail(std::string why) {
  if (failed_) return;
  failed_ = true;
  why_ = std::move(why);
  failed_at_ = static_cast<std::size_t>(at_ - begin_);
  at_ = end_;  // So that no loop goes on.
}

std::string JsonReader::failure() const {
  if (!failed_) return {};
  std::string text;
  // A name of the writer's choice must not fill somebody's log.
  if (!field_.empty()) text = std::string(field_.substr(0, 40)) + ": ";
  return text + why_ + " (at byte " + std::to_string(failed_at_) + ")";
}

void JsonReader::skip_spaces() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

JsonReader::Kind JsonReader::peek() {
  spaces();
  if (at_ == end_) return Kind::nothing;
  switch (*at_) {
    case 'n':
      return Kind::null;
    case 't':
    case 'f':
      return Kind::boolean;
    case '"':
      return Kind::text;
    case '[':
      return Kind::array;
    case '{':
      return Kind::object;
    default:
      return *at_ == '-' || is_digit(*at_) ? Kind::number : Kind::nothing;
  }
}

bool JsonReader::enter(char bracket) {
  spaces();
  if (at_ == end_ || *at_ != bracket) {
    fail(bracket == '{' ? "not an object" : "not a list");
    return false;
  }
  if (++depth_ > depth_max) {
    fail("nested too deep");
    return false;
  }
  ++at_;
  return true;
}

bool JsonReader::at_end(char bracket) {
  spaces();
  if (at_ == end_ || *at_ != bracket) return false;
  ++at_;
  return true;
}

bool JsonReader::next_of(char bracket) {
  if (at_end(bracket) || failed()) return false;
  if (at_ == end_ || *at_ != ',') {
    fail("not JSON");
    return false;
  }
  ++at_;
  return true;
}

bool JsonReader::take(std::string_view word) {
  if (static_cast<std::size_t>(end_ - at_) < word.size() ||
      std::string_view(at_, word.size()) != word) {
    fail("not JSON");
    return false;
  }
  at_ += word.size();
  return true;
}

bool JsonReader::take_colon() {
  spaces();
  if (at_ == end_ || *at_ != ':') {
    fail("not JSON");
    return false;
  }
  ++at_;
  return true;
}

std::string_view JsonReader::key() {
  spaces();
  Token token;
  if (!take_string(token) || !take_colon()) return {};
  field_ = token.text;
  if (token.plain) return token.text;
  unescape(token.text, key_buffer_);
  return key_buffer_;
}

JsonReader::Members::Members(JsonReader& json) : json_(json) {
  if (json_.enter('{')) take_name(!json_.at_end('}'));
}

void JsonReader::Members::next() {
  ++place_;
  take_name(!json_.failed() && json_.next_of('}'));
}

void JsonReader::Members::take_name(bool is_there) {
  if (is_there) name_ = json_.key();
  at_end_ = !is_there || json_.failed();
  if (!at_end_ || json_.failed()) return;
  json_.field_ = {};
  --json_.depth_;
}

bool JsonReader::take_string(Token& token) {
  if (at_ == end_ || *at_ != '"') {
    fail("not text");
    return false;
  }
  const char* const first = ++at_;
  for (;;) {
    at_ = skip_plain(at_, end_);
    if (at_ == end_ || (*at_ != '"' && *at_ != '\\')) {
      fail("not JSON");
      return false;
    }
    if (*at_ == '"') break;
    token.plain = false;
    if (!take_escape()) return false;
  }
  token.text = std::string_view(first, static_cast<std::size_t>(at_ - first));
  ++at_;
  return true;
}

bool JsonReader::take_escape() {
  const auto left = end_ - at_;
  if (left >= 2 && std::string_view("\"\\/bfnrt").find(at_[1]) != std::string_view::npos) {
    at_ += 2;
    return true;
  }
  const std::uint32_t unit = left >= 6 && at_[1] == 'u' ? hex4(at_ + 2) : 0x10000;
  if (unit == 0x10000) {
    fail("not JSON");
    return false;
  }
  at_ += 6;
  if (is_low(unit)) half_pairs_ = true;
  if (is_high(unit)) {
    if (left >= 12 && at_[0] == '\\' && at_[1] == 'u' && is_low(hex4(at_ + 2))) {
      at_ += 6;
    } else {
      half_pairs_ = true;
    }
  }
  return true;
}

bool JsonReader::take_digits() {
  if (at_ == end_ || !is_digit(*at_)) {
    fail("not JSON");
    return false;
  }
  while (at_ != end_ && is_digit(*at_)) ++at_;
  return true;
}

bool JsonReader::take_number(Token& token) {
  spaces();
  if (at_ == end_ || (*at_ != '-' && !is_digit(*at_))) {
    fail("not a number");
    return false;
  }
  const char* const first = at_;
  if (*at_ == '-') ++at_;
  if (at_ != end_ && *at_ == '0') {
    ++at_;
  } else if (!take_digits()) {
    return false;
  }
  if (at_ != end_ && *at_ == '.') {
    token.plain = false;
    ++at_;
    if (!take_digits()) return false;
  }
  if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
    token.plain = false;
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!take_digits()) return false;
  }
  token.text = std::string_view(first, static_cast<std::size_t>(at_ - first));
  return true;
}

bool JsonReader::parse(std::string_view token, double& out) {
  const std::errc error = std::from_chars(token.data(), token.data() + token.size(), out).ec;
  if (error == std::errc()) return true;
  // The same error for one that is too large, and for one so small that it is 0 to everybody else.
  if (const double number = std::strtod(std::string(token).c_str(), nullptr);
      error == std::errc::result_out_of_range && std::isfinite(number)) {
    out = number;
    return true;
  }
  fail("a number out of range");
  return false;
}

void JsonReader::read(double& out) {
  Token token;
  double number = 0;
  if (take_number(token) && parse(token.text, number)) out = number;
}

void JsonReader::read(std::int64_t& out) {
  Token token;
  if (!take_number(token)) return;
  const std::string_view text = token.text;
  if (token.plain) {
    std::int64_t number = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc()) {
      out = number;
    } else {
      fail("a number out of range");
    }
    return;
  }
  double number = 0;
  if (!parse(text, number)) return;
  if (std::trunc(number) != number) return fail("not a whole number");
  if (std::fabs(number) > static_cast<double>(id_max)) return fail("a number out of range");
  out = static_cast<std::int64_t>(number);
}

void JsonReader::read_id(std::uint64_t& out) {
  std::int64_t number = -1;
  read(number);
  if (failed()) return;
  if (number < 0 || static_cast<std::uint64_t>(number) > id_max) {
    return fail("a number out of range");
  }
  out = static_cast<std::uint64_t>(number);
}

void JsonReader::read(std::string& out) {
  spaces();
  if (at_ != end_ && *at_ == 'n') {
    if (take("null")) out.clear();
    return;
  }
  Token token;
  if (!take_string(token)) return;
  if (token.plain) {
    out.assign(token.text);
  } else {
    unescape(token.text, out);
  }
}

void JsonReader::read(bool& out) {
  switch (peek()) {
    case Kind::null:
      out = false;
      return skip();
    case Kind::boolean:
      out = *at_ == 't';
      return skip();
    default:
      fail("not true or false");
  }
}

bool JsonReader::take_scalar() {
  Token token;
  switch (peek()) {
    case Kind::null:
      return take("null");
    case Kind::boolean:
      return take(*at_ == 't' ? "true" : "false");
    case Kind::text:
      return take_string(token);
    case Kind::number: {
      // Most can't be out of range: only an exponent, or hundreds of digits, are worth the parsing.
      if (!take_number(token)) return false;
      double ignored = 0;
      const bool safe =
          token.text.size() < 300 && token.text.find_first_of("eE") == std::string_view::npos;
      return safe || parse(token.text, ignored);
    }
    default:
      fail("not JSON");
      return false;
  }
}

bool JsonReader::take_name() {
  spaces();
  Token token;
  return take_string(token) && take_colon();
}

void JsonReader::skip() {
  std::bitset<depth_max + 1> objects;  // Which of the levels that are open are objects.
  std::size_t level = 0;
  for (;;) {
    const Kind kind = peek();
    bool opened = false;
    if (kind == Kind::object || kind == Kind::array) {
      if (depth_ + ++level > depth_max) return fail("nested too deep");
      objects[level] = kind == Kind::object;
      ++at_;
      opened = true;
    } else if (!take_scalar()) {
      return;
    }
    // Close what ends here, up to the next member or item.
    for (;; opened = false) {
      if (level == 0) return;
      const char bracket = objects[level] ? '}' : ']';
      if (opened ? !at_end(bracket) : next_of(bracket)) break;
      if (failed()) return;
      --level;
    }
    if (objects[level] && !take_name()) return;
  }
}

std::string JsonReader::raw() {
  spaces();
  const char* const first = at_;
  half_pairs_ = false;
  skip();
  if (failed()) return {};
  const std::string_view json(first, static_cast<std::size_t>(at_ - first));
  return half_pairs_ ? without_half_pairs(json) : std::string(json);
}

void JsonReader::finish() {
  spaces();
  if (at_ != end_) fail("not JSON: more after its end");
}

}  // namespace synapse::store
