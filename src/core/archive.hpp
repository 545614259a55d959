// SPDX-License-Identifier: AGPL-3.0-or-later
// How values are told apart that the machine's saved state consists of: each type's fields are
// named once, in a function fields(io, value) that writing and reading both use; the archives deal
// with containers and numbers by themselves.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>

#include "base/shared_text.hpp"
#include "core/is.hpp"

namespace synapse::core {

template <class T>
concept Listed = requires(T list) {
  list.push_back(typename T::value_type{});
}
&&!std::same_as<T, std::string>;
template <class T>
concept Keyed = requires {
  typename T::key_type;
};
template <class T>
concept Named = requires(T id) {
  id.text;
}
&&sizeof(T) == sizeof(std::string);
template <class T>
concept Numbered = requires(T id) {
  id.next();
};
template <class T>
concept OneOf = requires(T value) {
  value.index();
  value.valueless_by_exception();
};

// How many words an enumeration has; each that is saved says so.
template <class Enum>
inline constexpr std::uint64_t words_of = 0;

}  // namespace synapse::core
