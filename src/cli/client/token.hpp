// SPDX-License-Identifier: AGPL-3.0-or-later
// Where a command's shared secret comes from.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "cli/args/option_set.hpp"
#include "cli/context.hpp"
#include "net/token_book.hpp"

namespace synapse::cli {

struct TokenOptions {
  std::optional<std::string> token;
  std::optional<std::string> file;
};

void add_token_options(OptionSet& set, TokenOptions& options);

// The first of --token, --token-file and $SYNAPSE_TOKEN that there is, without white space around
// it; blank: none of them. A file that others than its owner may read or write is refused: a secret
// that everybody on the machine can read is none.
[[nodiscard]] Result<std::string> find_token(const Context& context, const TokenOptions& options);

// The same of --operator-token, --operator-token-file and $SYNAPSE_OPERATOR_TOKEN; `what` says in
// the help what it is to the command.
void add_operator_options(OptionSet& set, TokenOptions& options, const char* what);
[[nodiscard]] Result<std::string> find_operator_token(const Context& context,
                                                      const TokenOptions& options);

// The content of such a file; `option` is what an error calls it by.
[[nodiscard]] Result<std::string> read_token_file(const std::string& path, std::string_view option);
// The file of --tokens, of at most 4 MiB; empty without one.
[[nodiscard]] Result<net::TokenBook> read_token_book(const std::optional<std::string>& path);

}  // namespace synapse::cli
