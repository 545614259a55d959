// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/footprint.hpp"

#include <algorithm>

namespace synapse::core {

namespace {

// A string, a node of a map and its share of an index.
constexpr std::size_t place_bytes = 128;
constexpr std::size_t record_bytes = 1024;
constexpr std::size_t segment_bytes = 160;  // A node of the tree of scopes.

std::size_t text_bytes(const std::string& text) { return text.size(); }

template <class Texts>
std::size_t list_bytes(const Texts& texts) {
  std::size_t bytes = 0;
  for (const auto& text : texts) bytes += text.size() + place_bytes;
  return bytes;
}

// Each segment of a path has a node of the index, at worst.
std::size_t scope_bytes(const std::vector<std::string>& paths) {
  std::size_t bytes = 0;
  for (const std::string& path : paths) {
    const auto slashes = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
    bytes += 2 * path.size() + place_bytes + (slashes + 1) * segment_bytes;
  }
  return bytes;
}

std::size_t git_bytes(const std::optional<GitContext>& git) {
  return git ? git->branch.size() + git->base.size() + git->repo.size() + place_bytes : 0;
}

}  // namespace

std::size_t footprint(const Lease& lease) {
  return record_bytes + 3 * lease.task_id.text.size() + 2 * lease.owner.text.size() +
         text_bytes(lease.note) + text_bytes(lease.data_ref) + text_bytes(lease.worktree) +
         text_bytes(lease.checkpoint) + text_bytes(lease.party) + scope_bytes(lease.paths) +
         git_bytes(lease.git);
}

// The queue keeps the claim, and beside it the lease that it would be.
std::size_t footprint(const ClaimTask& claim) {
  std::size_t paths = 0;
  for (const std::string& path : claim.paths) paths += path.size() + place_bytes;
  return 2 * record_bytes + 4 * claim.task_id.text.size() + text_bytes(claim.note) +
         2 * text_bytes(claim.worktree) + 2 * text_bytes(claim.party) + scope_bytes(claim.paths) +
         paths + git_bytes(claim.git);
}

std::size_t footprint(const PlanTask& task) {
  std::size_t dependencies = 0;
  for (const TaskId& id : task.depends_on) dependencies += 2 * id.text.size() + 2 * place_bytes;
  return record_bytes + 2 * task.task_id.text.size() + text_bytes(task.title) +
         text_bytes(task.description) + text_bytes(task.suggested_owner) +
         text_bytes(task.created_by) + dependencies;
}

std::size_t footprint(const ProgressNote& note) {
  return place_bytes + text_bytes(note.task_id.text) + text_bytes(note.author) +
         text_bytes(note.text);
}

std::size_t footprint(const Offer& offer) {
  return record_bytes + 3 * (offer.agent.text.size() + offer.kind.size() + offer.name.size()) +
         text_bytes(offer.meta.text);
}

std::size_t footprint(const Card& card) {
  return record_bytes + 3 * card.agent.text.size() + text_bytes(card.description) +
         list_bytes(card.skills) + list_bytes(card.task_classes) + text_bytes(card.model) +
         text_bytes(card.meta.text);
}

std::size_t footprint(const AnswerRemembered& answer) {
  return record_bytes + 2 * (answer.key.size() + answer.sender.text.size() + answer.type.size()) +
         text_bytes(answer.digest) + text_bytes(answer.response);
}

std::size_t footprint(const TaskId& task_id, const std::string& checkpoint) {
  return 2 * place_bytes + 2 * task_id.text.size() + text_bytes(checkpoint);
}

}  // namespace synapse::core
