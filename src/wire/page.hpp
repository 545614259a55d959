// SPDX-License-Identifier: AGPL-3.0-or-later
// One page of a snapshot: its lists in their order, each from where the page before ended, until
// the page is full. Private to wire.
//
// A place between two pages is named by the last item before it: the list and the item's key, as a
// list of texts. So what changes meanwhile makes nobody miss what stays.
//
// An item that alone is too large for a page is written with its texts cut, and if it is too large
// even so it is passed over; the page then says `truncated`, like one that is not the last.
#pragma once

#include <algorithm>
#include <concepts>
#include <deque>
#include <iterator>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "wire/inbound.hpp"
#include "wire/record_writer.hpp"

namespace synapse::wire {

// Of a text in a list of many items; the whole is the answer to a question about that one.
inline constexpr std::size_t listed_text_bytes_max = 4096;

// How the places of a map are named.
template <class Tag>
std::vector<std::string> place_of(const base::StringId<Tag>& key) {
  return {key.text};
}
inline std::vector<std::string> place_of(const std::string& key) { return {key}; }
inline std::vector<std::string> place_of(std::uint64_t key) { return {std::to_string(key)}; }
// As place_of() writes it; 0 for what is no number.
inline std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text.substr(0, 18)) {
    if (c < '0' || c > '9') return 0;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}
template <class Parts>
requires requires { std::tuple_size<Parts>::value; }
std::vector<std::string> place_of(const Parts& key) {
  return std::apply(
      [](const auto&... part) {
        std::vector<std::string> place;
        (place.push_back(place_of(part).front()), ...);
        return place;
      },
      key);
}

template <class Key>
Key key_at(const std::vector<std::string>& place, std::size_t part = 0) {
  const std::string text = part < place.size() ? place[part] : std::string();
  if constexpr (std::same_as<Key, std::string>) {
    return text;
  } else if constexpr (std::same_as<Key, std::uint64_t>) {
    return number_in(text);
  } else if constexpr (requires { std::tuple_size<Key>::value; }) {
    return [&]<std::size_t... at>(std::index_sequence<at...>) {
      return Key(key_at<std::tuple_element_t<at, Key>>(place, part + at)...);
    }
    (std::make_index_sequence<std::tuple_size_v<Key>>());
  } else {
    return Key(text);
  }
}

class Page {
 public:
  Page(const PageWish& wish, std::size_t bytes_max)
      : wish_(wish), left_(bytes_max - std::min(bytes_max, overhead_bytes)) {
    has_begun_ = wish.after.empty();
  }

  // The entries of a map. write_item(json, entry, limit) writes one as a JSON value, for which the
  // page takes `beside` more bytes elsewhere.
  template <class Map, class Write>
  void list(JsonWriter& json, std::string_view name, const Map& items, const Write& write_item,
            std::size_t (*beside)(const typename Map::key_type&) = nullptr) {
    json.key(name).begin_array();
    for (auto at = first_of(name, items); at != items.end() && !is_full_; ++at) {
      const auto place = [&] { return placed(name, place_of(at->first)); };
      const std::size_t extra = beside == nullptr ? 0 : beside(at->first);
      take(json, extra, place,
           [&](JsonWriter& one, TextLimit& limit) { write_item(one, *at, limit); });
    }
    json.end_array();
  }

  // The newest of a row of items that are numbered from `first`, in their order: as many as fit, of
  // those before the place where the page before ended.
  template <class Row, class Write>
  void newest(JsonWriter& json, std::string_view name, const Row& items, std::uint64_t first,
              const Write& write_item) {
    std::size_t end = items.size();
    if (!has_begun_ && wish_.after.front() == name) {
      const std::uint64_t before = number_at(1);
      end = before <= first ? 0 : std::min<std::uint64_t>(end, before - first);
      has_begun_ = true;
    } else if (!has_begun_) {
      end = 0;
    }
    std::vector<std::string> kept;
    for (; end > 0 && !is_full_; --end) {
      JsonWriter one;
      const auto place = [&] { return placed(name, {std::to_string(first + end - 1)}); };
      take(one, 0, place,
           [&](JsonWriter& item, TextLimit& limit) { write_item(item, items[end - 1], limit); });
      if (!one.text().empty()) kept.push_back(one.take());
    }
    json.key(name).begin_array();
    for (auto item = kept.rbegin(); item != kept.rend(); ++item) json.raw(*item);
    json.end_array();
  }

  // The last item so far: its list and its key; empty if there is none.
  [[nodiscard]] const std::vector<std::string>& last() const { return last_; }
  void finish(JsonWriter& json) const {
    if (is_full_ || has_cut_) json.key("truncated").boolean(true);
    if (is_full_) json.field("next", last_.empty() ? wish_.after : last_);
  }

 private:
  // For the envelope, and for a place of the longest keys.
  static constexpr std::size_t overhead_bytes = 8192;
  // Items that fit no page, tried on one page.
  static constexpr std::size_t misfits_max = 16;

  static std::vector<std::string> placed(std::string_view list, std::vector<std::string> key) {
    key.insert(key.begin(), std::string(list));
    return key;
  }

  template <class Map>
  [[nodiscard]] auto first_of(std::string_view name, const Map& items) {
    if (has_begun_) return items.begin();
    if (wish_.after.front() != name) return items.end();  // On an earlier page.
    has_begun_ = true;
    const std::vector<std::string> key(wish_.after.begin() + 1, wish_.after.end());
    return items.upper_bound(key_at<typename Map::key_type>(key));
  }

  [[nodiscard]] std::uint64_t number_at(std::size_t part) const {
    return part < wish_.after.size() ? number_in(wish_.after[part]) : 0;
  }

  template <class Place, class Write>
  void take(JsonWriter& json, std::size_t extra, const Place& place, const Write& write_item) {
    if (wish_.limit && taken_ >= *wish_.limit) {
      is_full_ = true;
      return;
    }
    const auto fits = [&](TextLimit limit) {
      JsonWriter one;
      write_item(one, limit);
      if (one.text().empty()) return true;  // It is not to be shown.
      const std::size_t bytes = one.text().size() + 1 + extra;
      if (bytes > left_) return false;
      left_ -= bytes;
      json.raw(one.text());
      return true;
    };
    if (!fits(TextLimit{})) {
      if (taken_ > 0 || misfits_ == misfits_max) {
        is_full_ = true;
        return;
      }
      has_cut_ = true;
      if (!fits(TextLimit{listed_text_bytes_max})) {
        ++misfits_;
        last_ = place();
        return;
      }
    }
    ++taken_;
    last_ = place();
  }

  const PageWish& wish_;
  std::size_t left_;
  bool has_begun_ = false;
  bool is_full_ = false;
  bool has_cut_ = false;
  std::size_t taken_ = 0;
  std::size_t misfits_ = 0;
  std::vector<std::string> last_;
};

}  // namespace synapse::wire
