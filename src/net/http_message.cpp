// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_message.hpp"

#include <algorithm>

namespace synapse::net {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_in_any_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view HttpServerRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_in_any_case(key, name)) return value;
  }
  return {};
}

}  // namespace synapse::net
