// SPDX-License-Identifier: AGPL-3.0-or-later
// Bytes to values. Total: a count can't be larger than the bytes that follow it, texts are taken
// only as far as there are bytes, and whatever is wrong ends in failed(). Nothing nests deeper than
// the types themselves.
#pragma once

#include <bit>
#include <chrono>
#include <cmath>
#include <string_view>
#include <utility>
#include <variant>

#include "base/clock.hpp"
#include "core/archive.hpp"

namespace synapse::core {

class ArchiveReader {
 public:
  explicit ArchiveReader(std::string_view bytes) : bytes_(bytes) {}

  template <class... Values>
  void operator()(Values&... values) {
    (get(values), ...);
  }
  void fail() { failed_ = true; }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

 private:
  static constexpr std::int64_t time_max = std::int64_t{1} << 62U;

  std::uint64_t get_number() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) break;
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      number |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) return number;
    }
    failed_ = true;
    return 0;
  }
  std::uint64_t get_fixed() {
    if (bytes_.size() < 8) {
      failed_ = true;
      return 0;
    }
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < 8; ++i) {
      bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes_[i])) << (8 * i);
    }
    bytes_.remove_prefix(8);
    return bits;
  }
  // Every member takes a byte at least.
  std::size_t get_count() {
    const std::uint64_t count = get_number();
    if (count <= bytes_.size()) return static_cast<std::size_t>(count);
    failed_ = true;
    return 0;
  }
  template <class T>
  void get(T& value) {
    if (failed_) return;
    if constexpr (std::same_as<T, std::string>) {
      const std::size_t size = get_count();
      value.assign(bytes_.substr(0, size));
      bytes_.remove_prefix(size);
    } else if constexpr (std::same_as<T, SharedText>) {
      const std::size_t size = get_count();
      value = bytes_.substr(0, size);
      bytes_.remove_prefix(size);
    } else if constexpr (std::same_as<T, bool>) {
      const std::uint64_t number = get_number();
      if (number > 1) failed_ = true;
      value = number == 1;
    } else if constexpr (std::unsigned_integral<T>) {
      value = static_cast<T>(get_number());
    } else if constexpr (std::signed_integral<T>) {
      value = static_cast<T>(get_fixed());
    } else if constexpr (std::same_as<T, double>) {
      value = std::bit_cast<double>(get_fixed());
      if (!std::isfinite(value)) failed_ = true;
    } else if constexpr (std::is_enum_v<T>) {
      static_assert(words_of<T> > 0);
      const std::uint64_t number = get_number();
      if (number >= words_of<T>) failed_ = true;
      if (!failed_) value = static_cast<T>(number);
    } else if constexpr (requires {
                           value.count();
                           value.zero();
                         }) {
      const auto count = static_cast<std::int64_t>(get_fixed());
      // Far from where sums overflow; and never.
      const bool is_sane = (count > -time_max && count < time_max) || Mono(count) == Mono::max();
      if (!is_sane) failed_ = true;
      value = std::chrono::duration_cast<T>(Mono(is_sane ? count : 0));
    } else if constexpr (Numbered<T>) {
      value.value = get_number();
    } else if constexpr (Named<T>) {
      get(value.text);
    } else if constexpr (requires { value.has_value(); }) {
      bool has_value = false;
      get(has_value);
      if (has_value) get(value.emplace());
    } else if constexpr (OneOf<T>) {
      get_one(value, get_number());
    } else if constexpr (Listed<T>) {
      value.clear();
      for (std::size_t left = get_count(); left > 0 && !failed_; --left) {
        typename T::value_type one{};
        get(one);
        value.push_back(std::move(one));
      }
    } else if constexpr (Keyed<T>) {
      get_keyed(value);
    } else if constexpr (requires {
                           value.first;
                           value.second;
                         }) {
      get(value.first);
      get(value.second);
    } else {
      fields(*this, value);
    }
  }
  template <std::size_t place = 0, class T>
  void get_one(T& value, std::uint64_t index) {
    if constexpr (place == std::variant_size_v<T>) {
      failed_ = true;
    } else if (index == place) {
      get(value.template emplace<place>());
    } else {
      get_one<place + 1>(value, index);
    }
  }
  // Keys must rise, as they do when they are written.
  template <class T>
  void get_keyed(T& value) {
    value.clear();
    for (std::size_t left = get_count(); left > 0 && !failed_; --left) {
      if constexpr (requires { typename T::mapped_type; }) {
        std::pair<typename T::key_type, typename T::mapped_type> one{};
        get(one);
        if (!value.empty() && !(value.rbegin()->first < one.first)) failed_ = true;
        value.insert_or_assign(value.end(), std::move(one.first), std::move(one.second));
      } else {
        typename T::key_type one{};
        get(one);
        if (!value.empty() && !(*value.rbegin() < one)) failed_ = true;
        value.insert(value.end(), std::move(one));
      }
    }
  }

  std::string_view bytes_;
  bool failed_ = false;
};

}  // namespace synapse::core
