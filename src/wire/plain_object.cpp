// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/plain_object.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace synapse::wire {

// Every step says whether the text is still plain.
class PlainObject::Reader {
 public:
  Reader(PlainObject& object, std::string_view text)
      : object_(object), at_(text.data()), end_(text.data() + text.size()) {}

  bool object() {
    skip_space();
    if (!take('{')) return false;
    skip_space();
    if (!take('}')) {
      do {
        if (!member()) return false;
        skip_space();
      } while (take(','));
      if (!take('}')) return false;
    }
    skip_space();
    return at_ == end_;
  }
  [[nodiscard]] bool is_ascii() const { return is_ascii_; }

 private:
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word))
      return false;
    at_ += word.size();
    return true;
  }
  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool digits() {
    const char* const first = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != first;
  }

  bool quoted(std::string_view& text) {
    if (!take('"')) return false;
    const char* const first = at_;
    for (; at_ != end_; ++at_) {
      const auto byte = static_cast<unsigned char>(*at_);
      if (byte == '"') {
        text = {first, static_cast<std::size_t>(at_ - first)};
        ++at_;
        return true;
      }
      if (byte < 0x20U || byte == '\\') return false;
      if (byte >= 0x80U) is_ascii_ = false;
    }
    return false;
  }

  bool number(Member& member) {
    constexpr std::ptrdiff_t surely_fits = 18;  // Characters.
    const char* const first = at_;
    const bool is_negative = take('-');
    const bool is_zero = at_ != end_ && *at_ == '0';
    const char* const whole = at_;
    // The library reads a negative zero as something that it doesn't write again.
    if (!digits() || (is_zero && (at_ - whole > 1 || is_negative))) return false;
    if (at_ - first > surely_fits) return false;
    member.kind = Kind::whole;
    if (take('.')) {
      member.kind = Kind::real;
      if (!digits() || at_ - first > 2 * surely_fits) return false;
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) return false;
    member.text = {first, static_cast<std::size_t>(at_ - first)};
    return true;
  }

  bool list(Member& member) {
    member.kind = Kind::list;
    member.first = object_.items_count_;
    member.count = 0;
    skip_space();
    if (take(']')) return true;
    do {
      skip_space();
      if (object_.items_count_ == items_max || !quoted(object_.items_[object_.items_count_])) {
        return false;
      }
      ++object_.items_count_;
      ++member.count;
      skip_space();
    } while (take(','));
    return take(']');
  }

  bool value(Member& member) {
    if (at_ == end_) return false;
    member.text = {};
    switch (*at_) {
      case '"':
        member.kind = Kind::text;
        return quoted(member.text);
      case '[':
        ++at_;
        return list(member);
      case 't':
        member.kind = Kind::truth;
        return take("true");
      case 'f':
        member.kind = Kind::falsehood;
        return take("false");
      case 'n':
        member.kind = Kind::null;
        return take("null");
      default:
        return number(member);
    }
  }

  bool member() {
    if (object_.count_ == members_max) return false;
    Member& member = object_.members_[object_.count_];
    skip_space();
    if (!quoted(member.name) || object_.find(member.name) != nullptr) return false;
    skip_space();
    if (!take(':')) return false;
    skip_space();
    if (!value(member)) return false;
    ++object_.count_;
    object_.names_ |= bit(member.name);
    return true;
  }

  PlainObject& object_;
  const char* at_;
  const char* end_;
  bool is_ascii_ = true;
};

bool PlainObject::read(std::string_view text) {
  count_ = 0;
  names_ = 0;
  items_count_ = 0;
  if (text.size() > bytes_max) return false;
  Reader reader(*this, text);
  return reader.object() && (reader.is_ascii() || base::is_valid_utf8(text));
}

const PlainObject::Member* PlainObject::find(std::string_view name) const {
  if ((names_ & bit(name)) == 0) return nullptr;
  for (const Member& member : members()) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

std::span<const std::string_view> PlainObject::items(const Member& member) const {
  return {items_.data() + member.first, member.count};
}

Json PlainObject::json(const Member& member) const {
  switch (member.kind) {
    case Kind::null:
      return nullptr;
    case Kind::truth:
      return true;
    case Kind::falsehood:
      return false;
    case Kind::whole:
    case Kind::real:
      return Json::parse(member.text);
    case Kind::text:
      return member.text;
    case Kind::list:
      break;
  }
  Json list = Json::array();
  for (const std::string_view item : items(member)) list.push_back(item);
  return list;
}

std::optional<std::string> PlainObject::text_without(
    std::span<const std::string_view> names) const {
  std::array<const Member*, members_max> kept;
  std::size_t count = 0;
  for (const Member& member : members()) {
    if (std::find(names.begin(), names.end(), member.name) != names.end()) continue;
    if (member.kind == Kind::real) return std::nullopt;
    kept[count++] = &member;
  }
  std::sort(kept.begin(), kept.begin() + count,
            [](const Member* a, const Member* b) { return a->name < b->name; });
  std::string text = "{";
  const auto quote = [&text](std::string_view plain) { text.append("\"").append(plain) += '"'; };
  for (std::size_t i = 0; i < count; ++i) {
    const Member& member = *kept[i];
    if (i > 0) text += ',';
    quote(member.name);
    text += ':';
    switch (member.kind) {
      case Kind::null:
        text += "null";
        break;
      case Kind::truth:
        text += "true";
        break;
      case Kind::falsehood:
        text += "false";
        break;
      case Kind::whole:
      case Kind::real:
        text += member.text;
        break;
      case Kind::text:
        quote(member.text);
        break;
      case Kind::list:
        text += '[';
        for (const std::string_view item : items(member)) {
          if (text.back() != '[') text += ',';
          quote(item);
        }
        text += ']';
        break;
    }
  }
  return text += '}';
}

}  // namespace synapse::wire
