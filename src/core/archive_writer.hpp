// SPDX-License-Identifier: AGPL-3.0-or-later
// Values to bytes: unsigned numbers seven bits a byte, all others in eight bytes, texts and
// containers after their size, and which of several types a value is before it.
#pragma once

#include <bit>
#include <chrono>
#include <utility>
#include <variant>

#include "core/archive.hpp"

namespace synapse::core {

class ArchiveWriter {
 public:
  template <class... Values>
  void operator()(const Values&... values) {
    (put(values), ...);
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  void put_number(std::uint64_t number) {
    for (; number >= 0x80; number >>= 7U) bytes_ += static_cast<char>(number | 0x80U);
    bytes_ += static_cast<char>(number);
  }
  void put_fixed(std::uint64_t bits) {
    for (unsigned shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>(bits >> shift);
  }
  template <class T>
  void put(const T& value) {
    if constexpr (std::same_as<T, std::string>) {
      put_number(value.size());
      bytes_ += value;
    } else if constexpr (std::same_as<T, SharedText>) {
      put_number(value.size());
      bytes_ += value.view();
    } else if constexpr (std::same_as<T, bool> || std::unsigned_integral<T>) {
      put_number(static_cast<std::uint64_t>(value));
    } else if constexpr (std::signed_integral<T>) {
      put_fixed(static_cast<std::uint64_t>(value));
    } else if constexpr (std::same_as<T, double>) {
      put_fixed(std::bit_cast<std::uint64_t>(value));
    } else if constexpr (std::is_enum_v<T>) {
      put_number(static_cast<std::uint64_t>(value));
    } else if constexpr (requires {
                           value.count();
                           value.zero();
                         }) {
      put_fixed(static_cast<std::uint64_t>(std::chrono::nanoseconds(value).count()));
    } else if constexpr (Numbered<T>) {
      put_number(value.value);
    } else if constexpr (Named<T>) {
      put(value.text);
    } else if constexpr (requires { value.has_value(); }) {
      put(value.has_value());
      if (value) put(*value);
    } else if constexpr (OneOf<T>) {
      put_number(value.index());
      std::visit([this](const auto& one) { this->put(one); }, value);
    } else if constexpr (Listed<T> || Keyed<T>) {
      put_number(value.size());
      for (const auto& one : value) put(one);
    } else if constexpr (requires {
                           value.first;
                           value.second;
                         }) {
      put(value.first);
      put(value.second);
    } else {
      fields(*this, value);
    }
  }

  std::string bytes_;
};

}  // namespace synapse::core
