// SPDX-License-Identifier: AGPL-3.0-or-later
// Whether two values are the same, member by member, for types that don't say it themselves.
#pragma once

#include <algorithm>
#include <boost/pfr.hpp>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

namespace synapse::test {

template <class T>
bool same(const T& a, const T& b);

template <class T>
bool same(const std::optional<T>& a, const std::optional<T>& b) {
  return a.has_value() == b.has_value() && (!a || same(*a, *b));
}

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const T& one, const T& other) { return same(one, other); });
}

template <class... T>
bool same(const std::variant<T...>& a, const std::variant<T...>& b) {
  return a.index() == b.index() &&
         std::visit(
             [&b](const auto& one) { return same(one, std::get<std::decay_t<decltype(one)>>(b)); },
             a);
}

template <class T>
bool same(const T& a, const T& b) {
  if constexpr (std::is_aggregate_v<T>) {
    const auto members = boost::pfr::structure_tie(b);
    bool are = true;
    boost::pfr::for_each_field(a, [&](const auto& member, auto index) {
      are = are && same(member, std::get<index.value>(members));
    });
    return are;
  } else {
    return a == b;
  }
}

}  // namespace synapse::test
