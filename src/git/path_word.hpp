// SPDX-License-Identifier: AGPL-3.0-or-later
// What people and models write where a path is due: `~/x`, `file:///x%20y`, `@src/a.py`,
// `a.py:12-40`, `src/{a,b}.c`. Read as what they mean, for a claim of a name that no file will ever
// have would be granted and exclude nobody.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "base/error.hpp"

namespace synapse::git {

// The paths that a word stands for, in the folder that relative ones are taken from. A file that is
// called as the word is written is meant as it is written, and so is any word that begins with `./`
// where it is not decorated. An Error: it can't be a path, with the reason.
[[nodiscard]] Result<std::vector<std::string>> read_path_word(const std::string& word,
                                                              const std::filesystem::path& folder,
                                                              const base::Environment& environment);

}  // namespace synapse::git
