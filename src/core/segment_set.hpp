// SPDX-License-Identifier: AGPL-3.0-or-later
// Many segments, most of them patterns, that one name is matched with at once: an automaton whose
// states are bits. A name of n characters costs n times the words that the bits fill, whatever the
// patterns look like; sixty four characters of patterns fill a word.
//
// A state of a segment is how much of it the name has matched so far. A character moves a state on
// if what comes next in the segment has it, and a star keeps its state where it is. What Segment
// says about doubt holds here, too.
//
// Made for one search and thrown away: the tables are far larger than the patterns.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/effort.hpp"
#include "core/segment.hpp"

namespace synapse::core {

class SegmentSet {
 public:
  // The texts must outlive the set.
  SegmentSet(const std::vector<std::string_view>& segments, Effort& effort);

  // Which of them, by their order, the segment meets.
  [[nodiscard]] std::vector<bool> meet(std::string_view segment, Effort& effort) const;

 private:
  using Word = std::uint64_t;
  struct Member {
    Segment segment;
    std::string_view text;
    std::size_t last = 0;  // The state of a match; 0: it has no states, for it is too long.
  };

  void lay_out(Member& member);
  void set_bit(std::vector<Word>& words, std::size_t bit);
  void find_classes();
  void fill_rows();
  [[nodiscard]] std::size_t class_of(char32_t c) const;
  [[nodiscard]] std::vector<bool> match(std::string_view name, Effort& effort) const;
  [[nodiscard]] std::vector<bool> compare(std::string_view pattern, Effort& effort) const;

  std::vector<Member> members_;
  std::vector<std::pair<std::size_t, const Segment::Atom*>> moves_;  // From a state to the next.
  std::size_t states_ = 0;
  std::size_t words_ = 0;
  std::vector<Word> first_;  // Where every segment begins.
  std::vector<Word> stars_;
  // Characters that no segment tells apart are one class: it begins at its bound.
  std::vector<char32_t> bounds_;
  std::array<std::uint32_t, 128> ascii_classes_{};
  std::vector<Word> rows_;  // By class: the states that it moves on.
};

}  // namespace synapse::core
