// SPDX-License-Identifier: AGPL-3.0-or-later
// A JSON object as most frames are one: its members are texts without escapes, numbers without
// exponents, true, false, null, and lists of such texts. Read in one pass into views of the frame,
// without a tree: of what a claim cost the hub, the tree was a third. Private to wire.
//
// Whatever isn't such an object, well formed or not, is left to the library; so this one only ever
// says "yes, and these are its members", and is right where the library would say the same. A fuzz
// target and a test hold both against each other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "wire/json_document.hpp"

namespace synapse::wire {

class PlainObject {
 public:
  enum class Kind { null, truth, falsehood, whole, real, text, list };
  struct Member {
    std::string_view name;
    Kind kind;
    std::string_view text;  // Of a text what is between its quotes; of a number its digits.
    std::size_t first;      // Of a list, in all items.
    std::size_t count;
  };

  // Whether the text is one, of at most so many bytes, members and items. The views are its own.
  [[nodiscard]] bool read(std::string_view text);

  // Null: there is none of that name.
  [[nodiscard]] const Member* find(std::string_view name) const;
  [[nodiscard]] std::span<const std::string_view> items(const Member& member) const;
  [[nodiscard]] Json json(const Member& member) const;
  // What json_text() makes of the object without these members. Nothing if it has to be asked:
  // a number with a fraction has more than one spelling.
  [[nodiscard]] std::optional<std::string> text_without(
      std::span<const std::string_view> names) const;

 private:
  static constexpr std::size_t bytes_max = 4096;
  static constexpr std::size_t members_max = 24;
  static constexpr std::size_t items_max = 64;

  class Reader;

  // The bit of such a name in `names_`.
  [[nodiscard]] static std::uint64_t bit(std::string_view name) {
    if (name.empty()) return 1;
    const auto first = static_cast<unsigned char>(name.front());
    const auto last = static_cast<unsigned char>(name.back());
    return std::uint64_t{1} << ((name.size() * 11U + first * 5U + last) & 63U);
  }

  [[nodiscard]] std::span<const Member> members() const { return {members_.data(), count_}; }

  std::array<Member, members_max> members_;  // The first `count_` of them.
  std::size_t count_ = 0;
  // Most names that a decoder asks for are not there, which a bit tells without a look at each.
  std::uint64_t names_ = 0;
  std::array<std::string_view, items_max> items_;  // Of all lists, one after the other.
  std::size_t items_count_ = 0;
};

}  // namespace synapse::wire
