// SPDX-License-Identifier: AGPL-3.0-or-later
// How many bytes of memory a thing takes in the tables, near enough for their bounds: its texts,
// and a price for the places that it and its parts have. Measured with glibc's allocator; a bench
// holds the sum against what a full hub really needs (tests/bench/full_hub.cpp).
#pragma once

#include <cstddef>

#include "core/event.hpp"

namespace synapse::core {

[[nodiscard]] std::size_t footprint(const Lease& lease);
[[nodiscard]] std::size_t footprint(const ClaimTask& claim);  // As it waits in the queue.
[[nodiscard]] std::size_t footprint(const PlanTask& task);
[[nodiscard]] std::size_t footprint(const ProgressNote& note);
[[nodiscard]] std::size_t footprint(const Offer& offer);
[[nodiscard]] std::size_t footprint(const Card& card);
[[nodiscard]] std::size_t footprint(const AnswerRemembered& answer);
[[nodiscard]] std::size_t footprint(const TaskId& task_id, const std::string& checkpoint);

}  // namespace synapse::core
