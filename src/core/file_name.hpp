// SPDX-License-Identifier: AGPL-3.0-or-later
// Names of files in scope paths. Programs that hold a file by its name mean that file, though the
// name may read as a pattern: `app/[id]/page.tsx`. Quoted, each character that a pattern or a doubt
// begins with stands in a class of its own, as Python's glob.escape() writes it:
// `app/[[]id]/page.tsx`. Everybody who matches globs reads that alike, clients of the original
// included.
//
// A name has one spelling: what reads as no pattern stays as it is, and what is quoted in another
// way is a pattern like any other.
#pragma once

#include <string>
#include <string_view>

namespace synapse::core {

// The path that stands for just the file of this path, and what is below it.
[[nodiscard]] std::string quoted_path(std::string_view path);

// Whether quoted_path() has made a segment out of another.
[[nodiscard]] bool is_quoted(std::string_view segment);

// A path, or a segment, with its quoted segments as the files are called; for people, and for the
// file system.
[[nodiscard]] std::string unquoted(std::string_view path);

// Whether a segment that nobody has quoted would be a pattern, or a doubt.
[[nodiscard]] bool reads_as_pattern(std::string_view segment);

}  // namespace synapse::core
