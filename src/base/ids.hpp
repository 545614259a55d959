// SPDX-License-Identifier: AGPL-3.0-or-later
// Identifiers as types of their own, so that an agent's name can't be passed where a task's id is
// meant. Ordered by their bytes: every table of the machine iterates in this order, on every run.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace synapse::base {

template <class Tag>
struct StringId {
  std::string text;

  StringId() = default;
  explicit StringId(std::string value) : text(std::move(value)) {}
  explicit StringId(std::string_view value) : text(value) {}
  explicit StringId(const char* value) : text(value) {}

  [[nodiscard]] bool empty() const { return text.empty(); }
  auto operator<=>(const StringId&) const = default;
};

template <class Tag>
struct NumberId {
  std::uint64_t value = 0;

  auto operator<=>(const NumberId&) const = default;
  [[nodiscard]] NumberId next() const { return {value + 1}; }
};

using AgentName = StringId<struct AgentNameTag>;
using TaskId = StringId<struct TaskIdTag>;

using Epoch = NumberId<struct EpochTag>;      // A lease's generation; hub-wide, never goes back.
using Version = NumberId<struct VersionTag>;  // A claim's changes under one epoch.
using MessageId = NumberId<struct MessageIdTag>;  // A chat message's place, from 1.
using SessionId = NumberId<struct SessionIdTag>;  // A socket of this process; never used twice.

}  // namespace synapse::base

namespace synapse {
using base::AgentName;
using base::Epoch;
using base::MessageId;
using base::SessionId;
using base::TaskId;
using base::Version;
}  // namespace synapse
