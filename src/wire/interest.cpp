// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/interest.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "wire/addressing.hpp"
#include "wire/bounds.hpp"
#include "wire/fields.hpp"

namespace synapse::wire {

namespace {

constexpr std::size_t types_max = 256;
// Each is matched with the target of every chat.
constexpr std::size_t names_max = 16;

Result<Interest::Chat> chat_of(const Fields& wish) {
  const std::string word = wish.text("chat", "all");
  if (word == "all") return Interest::Chat::all;
  if (word == "addressed") return Interest::Chat::addressed;
  if (word == "none") return Interest::Chat::none;
  return fail(ErrorCode::wrong_field_type, "interest.chat must be all, addressed or none");
}

}  // namespace

bool Interest::wants_chat(std::string_view target, std::string_view own_name) const {
  switch (chat) {
    case Chat::all:
      return true;
    case Chat::none:
      return false;
    case Chat::addressed:
      break;
  }
  return is_for_any(target, names, own_name);
}

std::size_t Interest::chat_steps(std::string_view target, std::string_view own_name) const {
  if (chat != Chat::addressed) return 1;
  constexpr std::size_t name_steps = 10;  // Of a comparison of two names.
  std::size_t characters = names.empty() ? own_name.size() : 0;
  for (const std::string& name : names) characters += name.size();
  const bool is_plain = target.find_first_of("*?[") == std::string_view::npos;
  const std::size_t count = std::max<std::size_t>(1, names.size());
  return (target.size() + 1) * (is_plain ? count * name_steps : 2 * characters);
}

Result<std::optional<Interest>> decode_interest(const Fields& fields) {
  const Json& value = fields.at("interest");
  if (value.is_null()) return std::optional<Interest>();
  if (!value.is_object()) {
    return fail(ErrorCode::wrong_field_type, "interest must be an object");
  }
  const Fields wish(value);
  Interest interest;
  for (const std::string& type : wish.list("types")) {
    if (type.size() > name_bytes_max || interest.types.size() >= types_max) {
      return fail(ErrorCode::field_too_long, "interest names too many types");
    }
    interest.types.insert(base::to_lower(base::trim(type)));
  }
  const Result<Interest::Chat> chat = chat_of(wish);
  if (!chat) return chat.error();
  interest.chat = *chat;
  interest.receipts = wish.truth("receipts");
  for (const std::string& name : wish.list("names")) {
    if (name.size() > name_bytes_max || interest.names.size() >= names_max) {
      return fail(ErrorCode::field_too_long, "interest has too many names, or too long ones");
    }
    if (!base::trim(name).empty()) interest.names.push_back(base::trimmed(name));
  }
  return std::optional<Interest>(std::move(interest));
}

}  // namespace synapse::wire
