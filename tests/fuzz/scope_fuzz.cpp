// SPDX-License-Identifier: AGPL-3.0-or-later
// Lines as the paths of two scopes, a blank line between them. Contending is symmetric and
// reflexive, a path covers its subtree, and what contends with a path contends with its folder.
#include "base/assert.hpp"
#include "base/strings.hpp"
#include "core/file_name.hpp"
#include "core/scope.hpp"

using namespace synapse;
using Paths = std::vector<std::string>;

namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

void check_normal(const std::string& path) {
  bool named = false;
  if (path.empty()) return;
  for (const std::string_view segment : base::split(path, '/')) {
    SYNAPSE_ASSERT(!segment.empty() && segment != ".");
    SYNAPSE_ASSERT(segment != ".." || !named);
    named = named || segment != "..";
  }
  SYNAPSE_ASSERT(base::trim(path) != path || core::normalise_path(path) == path);
}

// A file's name is no pattern, and the pattern that it reads as stands for it, too; unless that is
// a quoted name.
void check_quoted(const std::string& path) {
  const std::string quoted = core::quoted_path(path);
  SYNAPSE_ASSERT(core::unquoted(quoted) == path && !core::is_pattern(quoted));
  if (core::unquoted(path) != path) return;
  SYNAPSE_ASSERT(core::paths_contend(quoted, path) && core::paths_contend(path, quoted));
}

void check_pair(const std::string& a, const std::string& b) {
  const bool contend = core::paths_contend(a, b);
  SYNAPSE_ASSERT(contend == core::paths_contend(b, a));
  if (!contend) return;
  SYNAPSE_ASSERT(core::paths_contend(folder_of(a), b));
  SYNAPSE_ASSERT(core::paths_contend(a, folder_of(b)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  Paths given[2];
  std::size_t side = 0;
  for (const std::string_view line :
       base::split({reinterpret_cast<const char*>(data), size}, '\n')) {
    if (line.empty()) {
      side = 1;
    } else if (given[side].size() < 8) {
      given[side].emplace_back(line);
    }
  }
  core::Limits limits;
  limits.patterns_per_claim = 4;
  const Paths a = core::normalise_scope(given[0], limits);
  const Paths b = core::normalise_scope(given[1], limits);
  for (const std::string& path : a) {
    check_normal(path);
    check_quoted(path);
    SYNAPSE_ASSERT(core::paths_contend(path, path));
    SYNAPSE_ASSERT(core::paths_contend(path, ""));
    const std::string below = path.empty() ? "x" : path + "/x";
    SYNAPSE_ASSERT(core::paths_contend(path, below));
    SYNAPSE_ASSERT(core::paths_contend(below, path));
    for (const std::string& other : b) check_pair(path, other);
  }
  SYNAPSE_ASSERT(core::scopes_contend(a, b) == core::scopes_contend(b, a));
  SYNAPSE_ASSERT(core::scopes_contend(a, a));
  return 0;
}
