// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/token_book.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "base/strings.hpp"
#include "net/http_rules.hpp"

namespace synapse::net {

namespace {

Error wrong_line(std::size_t number, const std::string& why) {
  return fail(ErrorCode::bad_argument, "line " + std::to_string(number) + ": " + why);
}

}  // namespace

Result<TokenBook> TokenBook::parse(std::string_view text) {
  TokenBook book;
  std::size_t number = 0;
  for (std::string_view line : base::split(text, '\n')) {
    ++number;
    line = base::trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t gap = line.find_first_of(" \t");
    if (gap == std::string_view::npos) {
      return wrong_line(number, "a token and the names that it may use are wanted");
    }
    Entry entry{std::string(line.substr(0, gap)), {}};
    for (const std::string_view name : base::split(line.substr(gap), ',')) {
      std::string trimmed = base::trimmed(name);
      if (trimmed.empty() || trimmed.size() > 256 || base::has_unprintable(trimmed)) {
        return wrong_line(number, "a name has 1 to 256 printable bytes");
      }
      entry.names.push_back(std::move(trimmed));
    }
    const bool is_twice = std::any_of(book.entries_.begin(), book.entries_.end(),
                                      [&entry](const Entry& e) { return e.token == entry.token; });
    if (is_twice) return wrong_line(number, "that token has a line already");
    if (book.entries_.size() == tokens_max) {
      return wrong_line(number, "there are more tokens than " + std::to_string(tokens_max));
    }
    book.entries_.push_back(std::move(entry));
  }
  if (book.empty()) return fail(ErrorCode::bad_argument, "there is no token in it");
  return book;
}

const TokenBook::Entry* TokenBook::find(const HttpRequest& request) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&request](const Entry& entry) {
    return is_authorized(request, entry.token);
  });
  return found == entries_.end() ? nullptr : &*found;
}

}  // namespace synapse::net
