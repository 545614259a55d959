// SPDX-License-Identifier: AGPL-3.0-or-later
// Tokens that are bound to names: a file with a line for each, `TOKEN NAME[,NAME…]`, of which the
// first name is the one that its holder goes by unless it says another. `#` begins a comment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "net/http_message.hpp"

namespace synapse::net {

class TokenBook {
 public:
  static constexpr std::size_t tokens_max = 10'000;

  struct Entry {
    std::string token;
    std::vector<std::string> names;
  };

  // Errors: bad_argument, which says what is wrong with which line; never the token.
  [[nodiscard]] static Result<TokenBook> parse(std::string_view text);

  // Whose token the request shows, as its bearer token; null: nobody's.
  [[nodiscard]] const Entry* find(const HttpRequest& request) const;
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  std::vector<Entry> entries_;
};

}  // namespace synapse::net
