// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/token_book.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>

#include "base/assert.hpp"
#include "base/constant_time.hpp"
#include "base/hex.hpp"
#include "base/printable.hpp"
#include "base/strings.hpp"
#include "net/http_rules.hpp"

namespace synapse::net {

namespace {

Error wrong_line(std::size_t number, const std::string& why) {
  return fail(ErrorCode::bad_argument, "line " + std::to_string(number) + ": " + why);
}

// Half of its SHA-256, which is more than enough to tell tokens apart.
std::string digest_of(std::string_view token) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  const int made =
      EVP_Digest(token.data(), token.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  SYNAPSE_ASSERT(made == 1);
  constexpr std::size_t kept = 16;
  return base::hex_of(digest.data(), kept);
}

bool is_all(std::string_view text, int (*is_one)(int)) {
  return std::all_of(text.begin(), text.end(),
                     [is_one](char c) { return is_one(static_cast<unsigned char>(c)) != 0; });
}

// `-rx`, `-presence`, `-lock-` with four hexadecimal digits, or `-` with at most three digits.
bool is_helpers_suffix(std::string_view suffix) {
  constexpr std::string_view lock = "-lock-";
  if (suffix == "-rx" || suffix == "-presence") return true;
  if (suffix.starts_with(lock)) {
    return suffix.size() == lock.size() + 4 && is_all(suffix.substr(lock.size()), std::isxdigit);
  }
  return suffix.size() >= 2 && suffix.size() <= 4 && suffix[0] == '-' &&
         is_all(suffix.substr(1), std::isdigit);
}

bool is_pattern(std::string_view name) { return name.ends_with('*'); }

bool is_helper_of_any(std::string_view name, const std::set<std::string, std::less<>>& listed) {
  for (std::size_t at = name.find('-'); at != std::string_view::npos; at = name.find('-', at + 1)) {
    if (is_helpers_suffix(name.substr(at)) && listed.contains(name.substr(0, at))) return true;
  }
  return false;
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
    Entry entry{digest_of(line.substr(0, gap)), {}};
    for (const std::string_view name : base::split(line.substr(gap), ',')) {
      std::string trimmed = base::trimmed(name);
      if (trimmed.empty() || trimmed.size() > 256 || base::has_unprintable(trimmed)) {
        return wrong_line(number, "a name has 1 to 256 printable bytes");
      }
      entry.names.push_back(std::move(trimmed));
    }
    if (book.entries_.count(entry.holder) > 0) {
      return wrong_line(number, "that token has a line already");
    }
    if (book.entries_.size() == tokens_max) {
      return wrong_line(number, "there are more tokens than " + std::to_string(tokens_max));
    }
    std::string key = entry.holder;
    book.entries_.emplace(std::move(key), std::move(entry));
  }
  if (book.empty()) return fail(ErrorCode::bad_argument, "there is no token in it");
  auto listed = std::make_shared<std::set<std::string, std::less<>>>();
  for (const auto& [holder, entry] : book.entries_) {
    std::copy_if(entry.names.begin(), entry.names.end(), std::inserter(*listed, listed->end()),
                 [](const std::string& name) { return !is_pattern(name); });
  }
  for (auto& [holder, entry] : book.entries_) entry.listed = listed;
  return book;
}

const TokenBook::Entry* TokenBook::find(std::string_view token) const {
  if (entries_.empty()) return nullptr;
  const auto found = entries_.find(digest_of(token));
  return found == entries_.end() ? nullptr : &found->second;
}

bool TokenBook::Entry::allows(std::string_view name) const {
  if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  if (listed && listed->contains(name)) return false;
  const bool is_helpers = std::any_of(names.begin(), names.end(), [name](std::string_view own) {
    return name.starts_with(own) && is_helpers_suffix(name.substr(own.size()));
  });
  if (is_helpers) return true;
  const bool is_like_own = std::any_of(names.begin(), names.end(), [name](std::string_view own) {
    return is_pattern(own) && name.starts_with(own.substr(0, own.size() - 1));
  });
  return is_like_own && !(listed && is_helper_of_any(name, *listed));
}

std::string TokenBook::Entry::first_name() const {
  return is_pattern(names.front()) ? std::string() : names.front();
}

std::optional<Pass> TokenGate::admit(std::string_view token) const {
  if (const TokenBook::Entry* const entry = book_.find(token)) return Pass{entry->holder, entry};
  if (is_open()) return Pass();
  if (!token_.empty() && base::constant_time_equal(token_, token)) return Pass();
  return std::nullopt;
}

std::optional<Pass> TokenGate::admit(const HttpRequest& request) const {
  return admit(bearer_token(request));
}

}  // namespace synapse::net
