// SPDX-License-Identifier: AGPL-3.0-or-later
// File scopes: what a path or a glob of a claim covers, and when two of them contend.
//
// A path is a list of segments. Normalising splits at `/`, drops empty and `.` segments and lets
// `..` pop, so a leading `/` goes; after a pattern it leaves the literal part alone. A segment with
// `*`, `?` or `[` is a pattern; a segment that is just `**` stands for any number of segments, and
// notation that others read as a pattern for whatever it could mean (glob_doubt.hpp). A scope path
// covers every path that it matches and everything below it. Two scope paths contend when some path
// is covered by both, that is, when a match of one is an ancestor of, or the same as, a match of
// the other.
//
// So segments are compared in pairs only until one path ends or has a `**`: from there on, the rest
// of each can be laid below the rest of the other. On doubt about a pair they contend: see
// segment.hpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/limits.hpp"
#include "core/segment.hpp"

namespace synapse::core {

// The normalised form: segments joined by `/`; "" covers the whole worktree.
[[nodiscard]] std::string normalise_path(std::string_view path);

// A claim's paths as they are stored: normalised, without duplicates, in the order given; {""} (the
// whole worktree) if one of them is that, is too long or has unprintable characters, or there are
// more than paths_per_claim distinct ones, or they are too long together. Patterns past
// patterns_per_claim, or longer than pattern_bytes_max, become their literal_part.
[[nodiscard]] std::vector<std::string> normalise_scope(const std::vector<std::string>& paths,
                                                       const Limits& limits);

// Of a segment, or of a path with one that is.
[[nodiscard]] bool is_pattern(std::string_view path);

// The first segment of a path that is not blank; `path` keeps what follows it.
std::string_view take_segment(std::string_view& path);

// The segments before the first pattern segment: the folder that a normalised path can't leave.
[[nodiscard]] std::string_view literal_part(std::string_view path);

// A normalised path in two: its literal part, and what of the rest decides whether it contends with
// another: up to the first segment that may stand for several, without `**` itself, unless that is
// all. A blank rest: the path is literal.
struct ScopePath {
  std::string_view folder;
  std::string_view pattern;
};
[[nodiscard]] ScopePath split_path(std::string_view path);

// The segments up to the first one that may stand for several, without `**` itself: all that
// decides whether the path contends with another.
[[nodiscard]] std::vector<Segment> deciding_segments(std::string_view path);

// Whether some one name could match both segments.
[[nodiscard]] bool segments_meet(std::string_view a, std::string_view b);

// Whether two normalised paths contend; the first may be given by its deciding segments.
[[nodiscard]] bool paths_contend(std::string_view a, std::string_view b);
[[nodiscard]] bool paths_contend(const std::vector<Segment>& deciding, std::string_view path);

// Whether two normalised scopes of one worktree contend; an empty one is the whole worktree.
[[nodiscard]] bool scopes_contend(const std::vector<std::string>& a,
                                  const std::vector<std::string>& b);

}  // namespace synapse::core
