// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/segment.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "core/file_name.hpp"
#include "core/glob_doubt.hpp"

namespace synapse::core {

namespace {

constexpr std::size_t file_name_bytes_max = 255;  // NAME_MAX of every file system we know.

}  // namespace

Segment::Segment(std::string_view text) : text_(text), is_pattern_(is_pattern(text)) {
  if (is_too_long(text)) return;  // Meets every pattern.
  if (!is_pattern_) {
    chunks_ = verbatim(unquoted(text));
    return;
  }
  const std::optional<Doubt> doubt = find_doubt(text);
  chunks_ = parse(doubt ? text.substr(0, doubt->at) : text);
  if (doubt) chunks_.emplace_back();  // Any end.
}

bool Segment::is_too_long(std::string_view text) { return text.size() > file_name_bytes_max; }

bool Segment::is_pattern(std::string_view text) {
  return has_pattern_sign(text) && reads_as_pattern(text) && !is_quoted(text);
}

bool Segment::meets(std::string_view other) const {
  if (text_ == other) return true;
  if (!is_pattern_ && !is_pattern(other)) return false;
  return meets(Segment(other));
}

bool Segment::meets(const Segment& other) const {
  if (text_ == other.text_) return true;
  if (!is_pattern_ && !other.is_pattern_) return false;
  if (std::max(text_.size(), other.text_.size()) > file_name_bytes_max) return true;
  return share_a_name(chunks_, other.chunks_) ||
         (other.is_pattern_ && share_a_name(chunks_, verbatim(other.text_))) ||
         (is_pattern_ && share_a_name(verbatim(text_), other.chunks_));
}

bool Segment::Atom::has(char32_t c) const {
  const bool found = std::any_of(ranges.begin(), ranges.end(), [c](const auto& range) {
    return range.first <= c && c <= range.second;
  });
  return found != negated;
}

bool Segment::Atom::meets(const Atom& other) const {
  if (kind == Kind::any_one || other.kind == Kind::any_one) return true;
  if (kind == Kind::literal) {
    return other.kind == Kind::literal ? literal == other.literal : other.has(literal);
  }
  if (other.kind == Kind::literal) return has(other.literal);
  if (negated || other.negated) return true;
  return std::any_of(ranges.begin(), ranges.end(), [&other](const auto& x) {
    return std::any_of(other.ranges.begin(), other.ranges.end(),
                       [&x](const auto& y) { return x.first <= y.second && y.first <= x.second; });
  });
}

Segment::Chunks Segment::verbatim(std::string_view text) {
  Chunks chunks(1);
  chunks.front().reserve(text.size());
  for (const char32_t c : base::code_points(text)) {
    chunks.front().push_back({Atom::Kind::literal, c, false, {}});
  }
  return chunks;
}

Segment::Chunks Segment::parse(std::string_view text_bytes) {
  const std::u32string text = base::code_points(text_bytes);
  Chunks chunks(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == U'*') {
      if (i == 0 || text[i - 1] != U'*') chunks.emplace_back();
      continue;
    }
    Chunk& chunk = chunks.back();
    if (text[i] == U'?') {
      chunk.push_back({Atom::Kind::any_one, 0, false, {}});
      continue;
    }
    const std::size_t body =
        i + 1 < text.size() && (text[i + 1] == U'!' || text[i + 1] == U'^') ? i + 2 : i + 1;
    // A `]` right after the opening is a member, as in every shell.
    const std::size_t close = text[i] == U'[' ? text.find(U']', body + 1) : std::u32string::npos;
    if (close == std::u32string::npos) {
      chunk.push_back({Atom::Kind::literal, text[i], false, {}});
      continue;
    }
    Atom one{Atom::Kind::one_of, 0, body == i + 2, {}};
    for (std::size_t m = body; m < close; ++m) {
      if (m + 2 < close && text[m + 1] == U'-') {
        one.ranges.emplace_back(text[m], text[m + 2]);
        m += 2;
      } else {
        one.ranges.emplace_back(text[m], text[m]);
      }
    }
    chunk.push_back(std::move(one));
    i = close;
  }
  return chunks;
}

// Whether a chunk can stand at a place of a sequence; at its end if it is too short for all of the
// chunk.
bool Segment::agree(const Chunk& chunk, const Chunk& fixed, std::size_t at) {
  const std::size_t count = std::min(chunk.size(), fixed.size() - at);
  for (std::size_t i = 0; i < count; ++i) {
    if (!chunk[i].meets(fixed[at + i])) return false;
  }
  return true;
}

bool Segment::fits(const Chunks& starred, const Chunk& fixed) {
  const Chunk& first = starred.front();
  const Chunk& last = starred.back();
  if (first.size() + last.size() > fixed.size()) return false;
  const std::size_t end = fixed.size() - last.size();
  if (!agree(first, fixed, 0) || !agree(last, fixed, end)) return false;
  std::size_t at = first.size();
  for (std::size_t c = 1; c + 1 < starred.size(); ++c) {
    const Chunk& chunk = starred[c];
    while (at + chunk.size() <= end && !agree(chunk, fixed, at)) ++at;
    if (at + chunk.size() > end) return false;
    at += chunk.size();
  }
  return true;
}

bool Segment::share_a_name(const Chunks& a, const Chunks& b) {
  if (a.size() == 1 && b.size() == 1) {
    return a.front().size() == b.front().size() && agree(a.front(), b.front(), 0);
  }
  if (b.size() == 1) return fits(a, b.front());
  if (a.size() == 1) return fits(b, a.front());
  const std::size_t last = std::min(a.back().size(), b.back().size());
  const auto tail = [last](const Chunk& chunk) {
    return Chunk(chunk.end() - static_cast<std::ptrdiff_t>(last), chunk.end());
  };
  return agree(a.front(), b.front(), 0) && agree(tail(a.back()), tail(b.back()), 0);
}

}  // namespace synapse::core
