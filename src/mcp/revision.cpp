// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/revision.hpp"

#include <array>

namespace synapse::mcp {

namespace {

constexpr Support no = Support::absent;
constexpr Support yes = Support::present;

constexpr std::array<Revision, 4> table{{
    //              batches  annotations  structured  title  details  greeting  argument errors
    {"2024-11-05", no, no, no, no, no, no, no},
    {"2025-03-26", yes, yes, no, no, no, no, no},
    {"2025-06-18", no, yes, yes, yes, no, no, no},
    {"2025-11-25", no, yes, yes, yes, yes, yes, yes},
}};
constexpr Revision modern{"2026-07-28", no, yes, yes, yes, yes, no, yes};

}  // namespace

const Revision& modern_revision() { return modern; }

std::span<const Revision> revisions() { return table; }

const Revision& newest_revision() { return table.back(); }

const Revision* find_revision(std::string_view name) {
  for (const Revision& revision : table) {
    if (revision.name == name) return &revision;
  }
  return nullptr;
}

}  // namespace synapse::mcp
