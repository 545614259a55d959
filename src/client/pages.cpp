// SPDX-License-Identifier: AGPL-3.0-or-later
#include "client/pages.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace synapse::client {

namespace {

// A type of snapshot, and where its lists are: in a member, or in the frame itself.
struct PagedKind {
  std::string_view request;
  const char* lists;
};

constexpr auto paged_kinds = std::to_array<PagedKind>({{"state_request", "snapshot"},
                                                       {"board_request", "board"},
                                                       {"manifest_request", ""},
                                                       {"page_request", ""}});

const PagedKind* paged_kind(const Json& request) {
  const std::string type = type_of(request);
  const auto* found = std::find_if(paged_kinds.begin(), paged_kinds.end(),
                                   [&](const PagedKind& kind) { return kind.request == type; });
  return found == paged_kinds.end() ? nullptr : found;
}

bool is_place(const Json& next) { return next.is_array() && !next.empty(); }

// Of the plan's notes a page has those before the ones of the page before it.
void join(Json& list, const Json& more, bool is_before) {
  if (!list.is_array() || !more.is_array()) return;
  if (!is_before) {
    list.insert(list.end(), more.begin(), more.end());
    return;
  }
  Json joined = more;
  joined.insert(joined.end(), list.begin(), list.end());
  list = std::move(joined);
}

}  // namespace

bool Pages::are_asked(const Json& request) {
  constexpr std::array<const char*, 4> own{"max_bytes", "limit", "after", "task_id"};
  return paged_kind(request) != nullptr &&
         std::none_of(own.begin(), own.end(), [&](auto* name) { return request.contains(name); });
}

Pages::Pages(Json request) : request_(std::move(request)) {
  request_["max_bytes"] = page_bytes_max;
}

std::optional<Json> Pages::next() const {
  if (pages_ == 0) return request_;
  if (!is_place(after_) || pages_ == pages_max) return std::nullopt;
  Json request = request_;
  request["after"] = after_;
  return request;
}

void Pages::add(const Json& page) {
  ++pages_;
  // A hub that came to no other place would be asked for ever.
  const bool moves = member(page, "next") != after_;
  after_ = moves ? member(page, "next") : Json();
  if (whole_.is_null()) {
    whole_ = page;
  } else {
    const std::string place = paged_kind(request_)->lists;
    Json& lists = place.empty() ? whole_ : whole_[place];
    const Json& more = place.empty() ? page : member(page, place.c_str());
    if (lists.is_object() && more.is_object()) {
      for (const auto& [name, items] : more.items()) {
        if (lists.contains(name)) join(lists[name], items, name == "progress");
      }
    }
  }
  // What an earlier page left out is in later ones.
  whole_.erase("next");
  whole_.erase("truncated");
  const bool is_last = !is_place(after_);
  if (flag_member(page, "truncated") && (is_last || pages_ == pages_max)) {
    whole_["truncated"] = true;
  }
}

SharedFrame Pages::whole() const { return std::make_shared<const Json>(whole_); }

}  // namespace synapse::client
