// SPDX-License-Identifier: AGPL-3.0-or-later
// Sizes of what goes over the wire, in bytes: docs/protocol.md, Envelope.
#pragma once

#include <cstddef>

namespace synapse::wire {

inline constexpr std::size_t name_bytes_max = 256;
// What a client of the original takes, and so the largest frame that nobody asked for.
inline constexpr std::size_t broadcast_bytes_max = 1U << 20U;
// Of a note, a checkpoint or a data_ref in a broadcast, escapes included.
inline constexpr std::size_t told_text_bytes_max = 64U << 10U;
// Of a worktree, and of each text of a git context.
inline constexpr std::size_t place_bytes_max = 4096;
// Of the paths of a claim together, and of a card: as JSON.
inline constexpr std::size_t paths_bytes_max = 512U << 10U;
inline constexpr std::size_t card_bytes_max = 256U << 10U;
// Of a plan task, a progress note, a finding or an offer: the whole request as JSON.
inline constexpr std::size_t record_bytes_max = broadcast_bytes_max - (16U << 10U);
inline constexpr std::size_t thread_bytes_max = 128;
// Of a list of messages in a request, and of messages in an answer.
inline constexpr std::size_t message_ids_max = 1000;
// Of a chat, without what the hub stamps.
inline constexpr std::size_t chat_bytes_max = broadcast_bytes_max - (2U << 10U);

}  // namespace synapse::wire
