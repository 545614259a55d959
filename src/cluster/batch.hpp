// SPDX-License-Identifier: AGPL-3.0-or-later
// What a hub of a bus adds to the log at once: entries of the machine, in the order in which they
// reached it, and what hubs tell each other of themselves.
//
// The bytes are `SYNB`, a version, the batch, each item as its kind and its size before it, and a
// digest of all that. Bytes whose digest is right and that can't be read were written by a newer
// version (ErrorCode::unknown_kind): a hub that meets them must stop, for it can't know what the
// others make of them. A wrong digest is ErrorCode::corrupt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "core/entry.hpp"
#include "core/limits.hpp"

namespace synapse::cluster {

// One run of a hub, by a number that it has drawn.
using Incarnation = base::NumberId<struct IncarnationTag>;

// Of a log that a bus goes on from, by a number that was drawn for it; 0: it begins with nothing.
using Origin = base::NumberId<struct OriginTag>;

// The place of a batch in the log: rises, not by one.
using Revision = std::uint64_t;

// The first batch of an incarnation says who it is. An earlier one of the same hub ends with it.
struct Hello {
  std::string hub;  // Kept with its log, over its runs.
  std::string url;  // Where its agents and the other hubs find it.
  std::string version;
  std::uint32_t rules = 1;  // The newest that it knows.
};
// I am here; and what I have made of the log up to a revision that all hubs tell of.
struct Beat {
  Revision revision = 0;
  std::uint64_t digest = 0;
};
// That hub has been silent for too long, or says goodbye itself.
struct Gone {
  Incarnation who;
};
// What a bus begins with; later ones are ignored.
struct Config {
  std::string bus;
  core::Limits limits;
  // The log of a hub that was alone: what is in it has happened before this. Whoever has not got it
  // can't begin here, and has the state from another hub.
  Origin origin = {};
};
// From here on everybody goes by these.
struct Rules {
  std::uint32_t number = 1;
};

// That hub takes no sockets any more, or takes some again.
struct Drain {
  Incarnation who;
  bool drains = false;
};
// After this batch all hubs take a snapshot, whether or not it is time for one.
struct Save {};

using Item = std::variant<core::Entry, Hello, Beat, Gone, Config, Rules, Drain, Save>;

struct BatchHead {
  Incarnation incarnation;
  std::uint64_t number = 0;  // From 1, without a gap.
  Mono time{0};              // The log's, as the hub that proposes it takes it to be.
  double wall = 0;           // By that hub's wall clock.
};
struct Batch {
  BatchHead head;
  std::vector<Item> items;
};

// An item's bytes, which are counted before it goes into a batch.
[[nodiscard]] std::string encode(const Item& item);
[[nodiscard]] std::string encode(const BatchHead& head, const std::vector<std::string>& items);
[[nodiscard]] Result<Batch> decode(std::string_view bytes);

}  // namespace synapse::cluster
