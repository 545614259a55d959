// SPDX-License-Identifier: AGPL-3.0-or-later
// The fields of what is asked about mailboxes, as entry_fields.hpp has those of the rest.
#pragma once

#include "core/archive_fields.hpp"

namespace synapse::core {

template <>
inline constexpr std::uint64_t words_of<Letters> = 2;
template <>
inline constexpr std::uint64_t words_of<InboxWish::Which> = 2;

template <class Io>
void fields(Io& io, Is<InboxWish> auto& v) {
  auto& [since, limit, from, thread, which, bytes_max, ids] = v;
  io(since, limit, from, thread, which, bytes_max, ids);
}
template <class Io>
void fields(Io& io, Is<LetterWish> auto& v) {
  auto& [which, agent, ids, limit, bytes_max] = v;
  io(which, agent, ids, limit, bytes_max);
}
template <class Io>
void fields(Io& io, Is<ReadInbox> auto& v) {
  auto& [wish] = v;
  io(wish);
}
template <class Io>
void fields(Io& io, Is<NoteMail> auto& v) {
  auto& [state, ids, through] = v;
  io(state, ids, through);
}
template <class Io>
void fields(Io& io, Is<WithdrawMail> auto& v) {
  auto& [id] = v;
  io(id);
}
template <class Io>
void fields(Io& io, Is<ReadLetters> auto& v) {
  auto& [wish] = v;
  io(wish);
}
template <class Io>
void fields(Io& io, Is<RetryLetters> auto& v) {
  auto& [wish] = v;
  io(wish);
}
template <class Io>
void fields(Io& io, Is<ClearLetters> auto& v) {
  auto& [wish] = v;
  io(wish);
}

}  // namespace synapse::core
