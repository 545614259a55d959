// SPDX-License-Identifier: AGPL-3.0-or-later
// One segment of a scope path, parsed: a name, or a pattern of `*` (any run), `?` (any one
// character) and `[…]`, `[!…]` (a class). Answers whether some one name could match two segments.
//
// That needs no search. A pattern is its chunks between stars. Two patterns with a star each meet
// exactly when their first and last chunks agree: whatever stands between them can be laid out one
// after the other, and the stars take the rest. A pattern without a star has a fixed length, so its
// chunks are looked for in order, leftmost first.
//
// On doubt they meet: a pattern also stands for its own text, a negated class meets any other
// class, a name that is too long for a file system meets every pattern, and notation that is a
// pattern elsewhere (glob_doubt.hpp) is read as `*` up to the segment's end.
//
// A name that reads as a pattern is written quoted (file_name.hpp) where it is meant as it stands;
// quoted, it is no pattern.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace synapse::core {

class Segment {
 public:
  explicit Segment(std::string_view text);

  // Linear in the lengths unless one side has a star and the other has none; then in their product
  // at worst.
  [[nodiscard]] bool meets(const Segment& other) const;
  // The same, and the other is taken apart only if it has to be.
  [[nodiscard]] bool meets(std::string_view other) const;

  [[nodiscard]] static bool is_pattern(std::string_view text);
  // For a name of a file: one that long is never taken apart.
  [[nodiscard]] static bool is_too_long(std::string_view text);

 private:
  friend class SegmentSet;
  // What one character of a name has to be.
  struct Atom {
    enum class Kind { literal, any_one, one_of } kind = Kind::literal;
    char32_t literal = 0;
    bool negated = false;
    std::vector<std::pair<char32_t, char32_t>> ranges;

    [[nodiscard]] bool has(char32_t c) const;
    [[nodiscard]] bool meets(const Atom& other) const;
  };
  using Chunk = std::vector<Atom>;
  using Chunks = std::vector<Chunk>;  // At least one; a star between each two.

  static Chunks parse(std::string_view text);
  static Chunks verbatim(std::string_view text);
  static bool share_a_name(const Chunks& a, const Chunks& b);
  static bool fits(const Chunks& starred, const Chunk& fixed);
  static bool agree(const Chunk& chunk, const Chunk& fixed, std::size_t at);

  std::string text_;
  bool is_pattern_;
  Chunks chunks_;  // None if the text is too long for a name.
};

}  // namespace synapse::core
