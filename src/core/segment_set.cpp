// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/segment_set.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "core/file_name.hpp"

namespace synapse::core {

namespace {

constexpr std::size_t word_bits = 64;

}  // namespace

SegmentSet::SegmentSet(const std::vector<std::string_view>& segments, Effort& effort) {
  members_.reserve(segments.size());  // The moves point into them.
  for (const std::string_view text : segments) {
    members_.push_back({Segment(text), text});
    lay_out(members_.back());
    effort.take(Effort::visit + 4 * text.size());
  }
  words_ = states_ / word_bits + 1;
  first_.resize(words_);
  stars_.resize(words_);
  find_classes();
  effort.take((bounds_.size() + 1) * words_);
  if (!effort.is_spent()) fill_rows();
}

void SegmentSet::set_bit(std::vector<Word>& words, std::size_t bit) {
  const std::size_t word = bit / word_bits;
  if (words.size() <= word) words.resize(word + 1);
  words[word] |= Word{1} << (bit % word_bits);
}

void SegmentSet::lay_out(Member& member) {
  if (member.segment.chunks_.empty()) return;
  set_bit(first_, states_);
  for (std::size_t i = 0; i < member.segment.chunks_.size(); ++i) {
    if (i > 0) set_bit(stars_, states_);
    for (const Segment::Atom& atom : member.segment.chunks_[i]) {
      moves_.emplace_back(states_++, &atom);
    }
  }
  member.last = states_++;
}

void SegmentSet::find_classes() {
  for (const auto& [state, atom] : moves_) {
    if (atom->kind == Segment::Atom::Kind::literal) {
      bounds_.insert(bounds_.end(), {atom->literal, atom->literal + 1});
    }
    for (const auto& [low, high] : atom->ranges) {
      if (low <= high) bounds_.insert(bounds_.end(), {low, high + 1});
    }
  }
  std::sort(bounds_.begin(), bounds_.end());
  bounds_.erase(std::unique(bounds_.begin(), bounds_.end()), bounds_.end());
  for (char32_t c = 0; c < ascii_classes_.size(); ++c) {
    ascii_classes_[c] = static_cast<std::uint32_t>(
        std::upper_bound(bounds_.begin(), bounds_.end(), c) - bounds_.begin());
  }
}

std::size_t SegmentSet::class_of(char32_t c) const {
  if (c < ascii_classes_.size()) return ascii_classes_[c];
  return static_cast<std::size_t>(std::upper_bound(bounds_.begin(), bounds_.end(), c) -
                                  bounds_.begin());
}

void SegmentSet::fill_rows() {
  const std::size_t classes = bounds_.size() + 1;
  rows_.resize(classes * words_);
  const auto allow = [this](std::size_t one, std::size_t state) {
    rows_[one * words_ + state / word_bits] |= Word{1} << (state % word_bits);
  };
  for (const auto& [state, atom] : moves_) {
    if (atom->kind == Segment::Atom::Kind::literal) {
      allow(class_of(atom->literal), state);
      continue;
    }
    for (std::size_t one = 0; one < classes; ++one) {
      const char32_t member = one == 0 ? 0 : bounds_[one - 1];
      if (atom->kind == Segment::Atom::Kind::any_one || atom->has(member)) allow(one, state);
    }
  }
}

std::vector<bool> SegmentSet::meet(std::string_view segment, Effort& effort) const {
  return Segment::is_pattern(segment) ? compare(segment, effort) : match(segment, effort);
}

std::vector<bool> SegmentSet::match(std::string_view name, Effort& effort) const {
  std::vector<bool> met(members_.size());
  const bool is_too_long = Segment::is_too_long(name);
  const std::string called = unquoted(name);
  const bool is_quoted = called.size() != name.size();
  std::vector<Word> states = first_;
  if (!is_too_long && !rows_.empty()) {
    const std::u32string characters = base::code_points(called);
    effort.take(characters.size() * words_);
    for (const char32_t c : characters) {
      const Word* row = &rows_[class_of(c) * words_];
      Word carry = 0;
      for (std::size_t word = 0; word < words_; ++word) {
        const Word moved = states[word] & row[word];
        states[word] = (moved << 1U) | carry | (states[word] & stars_[word]);
        carry = moved >> (word_bits - 1);
      }
    }
  }
  effort.take(2 * members_.size());
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const Member& member = members_[i];
    const bool has_states = !member.segment.chunks_.empty();
    if (!is_too_long && has_states) {
      met[i] = (states[member.last / word_bits] >> (member.last % word_bits) & 1U) != 0;
      // A pattern stands for its own text, too.
      if (is_quoted && member.segment.is_pattern_) met[i] = met[i] || member.text == called;
    } else {
      met[i] = member.text == name || member.segment.is_pattern_;
    }
  }
  return met;
}

std::vector<bool> SegmentSet::compare(std::string_view pattern, Effort& effort) const {
  std::vector<bool> met(members_.size());
  const Segment other(pattern);
  const bool has_star = other.chunks_.size() > 1;
  for (std::size_t i = 0; i < members_.size() && !effort.is_spent(); ++i) {
    const Member& member = members_[i];
    // Only where one side has a length is anything looked for.
    const bool is_plain = has_star && member.segment.chunks_.size() > 1;
    effort.take(is_plain ? 4 * (member.text.size() + pattern.size())
                         : 4 * member.text.size() * pattern.size());
    met[i] = member.segment.meets(other);
  }
  return met;
}

}  // namespace synapse::core
