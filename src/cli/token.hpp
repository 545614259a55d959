// SPDX-License-Identifier: AGPL-3.0-or-later
// Where a command's shared secret comes from.
#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "cli/context.hpp"
#include "cli/option_set.hpp"

namespace synapse::cli {

struct TokenOptions {
  std::optional<std::string> token;
  std::optional<std::string> file;
};

// How a secret's options are called, and the variable that it may stand in.
struct TokenNames {
  const char* token = "--token";
  const char* file = "--token-file";
  const char* variable = "SYNAPSE_TOKEN";
};

void add_token_options(OptionSet& set, TokenOptions& options);

// The first of the option, the file and the variable that there is, without white space around it;
// blank: none of them. A file that others than its owner may read or write is refused: a secret
// that everybody on the machine can read is none.
[[nodiscard]] Result<std::string> find_token(const Context& context, const TokenOptions& options,
                                             const TokenNames& names = {});

}  // namespace synapse::cli
