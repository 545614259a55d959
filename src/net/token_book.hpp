// SPDX-License-Identifier: AGPL-3.0-or-later
// Tokens that are bound to names: a file with a line for each, `TOKEN NAME[,NAME…]`, of which the
// first name is the one that its holder goes by unless it says another. A name that ends in `*` is
// every name that begins so. `#` begins a comment.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
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
    std::string holder;  // What tells its token from others, and is no secret: its digest.
    std::vector<std::string> names;
    // The names of all entries, patterns left out.
    std::shared_ptr<const std::set<std::string, std::less<>>> listed = {};

    // Whether its holder may go by that name: one of its own, or one that commands make of it for
    // a helper (NAME-rx, NAME-presence, NAME-lock-1a2b) or for a second window (NAME-2). One that
    // is listed for somebody else is theirs, and so are those of its helpers.
    [[nodiscard]] bool allows(std::string_view name) const;
    // The name of a holder who says none; blank: it must say one.
    [[nodiscard]] std::string first_name() const;
  };

  // Errors: bad_argument, which says what is wrong with which line; never the token.
  [[nodiscard]] static Result<TokenBook> parse(std::string_view text);

  // Whose token that is; null: nobody's. How long that takes tells nothing of the tokens.
  [[nodiscard]] const Entry* find(std::string_view token) const;
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  std::map<std::string, Entry, std::less<>> entries_;  // By the digest of the token.
};

// What a token that was shown is good for.
struct Pass {
  std::string holder;                       // Blank: the token for all, or none is needed.
  const TokenBook::Entry* bound = nullptr;  // To which names; null: to none.

  [[nodiscard]] bool allows(std::string_view name) const {
    return bound == nullptr || bound->allows(name);
  }
};

// The tokens that open a door: one that all may know, and those of a book.
class TokenGate {
 public:
  TokenGate() = default;
  TokenGate(std::string token, TokenBook book) : token_(std::move(token)), book_(std::move(book)) {}

  // Nobody has to show anything.
  [[nodiscard]] bool is_open() const { return token_.empty() && book_.empty(); }
  // Nothing: that token opens nothing.
  [[nodiscard]] std::optional<Pass> admit(std::string_view token) const;
  // By the bearer token of the request.
  [[nodiscard]] std::optional<Pass> admit(const HttpRequest& request) const;

 private:
  std::string token_;
  TokenBook book_;
};

}  // namespace synapse::net
