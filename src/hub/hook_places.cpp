// SPDX-License-Identifier: AGPL-3.0-or-later
// Edits that were refused: each keeps a place in the machine's queue, as a claim of its own for one
// path. When its turn comes the session is told at its next boundary, and has five minutes to write
// the file, which then joins the session's own claim.
#include <algorithm>

#include "core/file_name.hpp"
#include "hub/hook_work.hpp"

namespace synapse::hub {

namespace {

constexpr double wait_seconds = 1800;
constexpr double kept_seconds = 300;
constexpr std::size_t places_per_session = 16;
constexpr std::size_t place_notices_max = 32;

}  // namespace

Flow<> HookDesk::queue_up(Work& work, std::string path, wire::HookAnswer& answer) {
  Session& session = work.session;
  const auto known = std::find_if(session.places.begin(), session.places.end(),
                                  [&path](const auto& place) { return place.second == path; });
  if (known != session.places.end()) {
    answer.is_queued = machine().queue().find(session.name, known->first) != nullptr;
    co_return;
  }
  if (session.places.size() >= places_per_session) co_return;
  core::ClaimTask command;
  command.task_id = TaskId("edit/" + session.name.text + "/next-" + std::to_string(work.id.value) +
                           "-" + std::to_string(++session.last_place));
  command.ttl = kept_seconds;
  command.worktree = work.request.worktree;
  command.paths = {path};
  command.party = work.request.party;
  command.origin = session.is_watched ? core::Origin::local_hook : core::Origin::remote_hook;
  command.if_held = core::IfHeld::wait;
  command.wait_seconds = wait_seconds;
  const TaskId task = command.task_id;
  session.places.emplace(task, path);
  places_.emplace(task, work.id);
  const core::Outcome outcome = co_await act(work.job, std::move(command), work.now);
  // A wait that would never end, or one too many.
  if (outcome.refusal) {
    session.places.erase(task);
    places_.erase(task);
    co_return;
  }
  answer.is_queued = true;
}

Flow<> HookDesk::give_up_places(Work& work) {
  std::vector<TaskId> served;
  for (const auto& [task, path] : work.session.places) {
    const std::vector<std::string>& written = work.request.paths;
    const bool is_written = std::find(written.begin(), written.end(), path) != written.end();
    if (is_written) served.push_back(task);
  }
  for (TaskId& task : served) {
    core::ReleaseTask command{std::move(task), std::nullopt};
    static_cast<void>(co_await act(work.job, std::move(command), work.now));
  }
}

Flow<> HookDesk::undo(Work& work) {
  ended_to_write(work.session, work.now);
  for (std::size_t number = 1; number <= claims_per_party; ++number) {
    const core::Lease* lease =
        machine().leases().find(claim_id(work.session.name, work.request, number));
    if (lease == nullptr) break;
    core::ReleaseTask command{lease->task_id, std::nullopt, std::vector<std::string>()};
    for (const std::string& path : work.request.paths) {
      const bool is_held =
          std::find(lease->paths.begin(), lease->paths.end(), path) != lease->paths.end();
      if (is_held) command.paths->push_back(path);
    }
    if (command.paths->empty()) continue;
    static_cast<void>(co_await act(work.job, std::move(command), work.now));
  }
}

void HookDesk::saw(const std::vector<core::Event>& events, Moment now) {
  if (snapshot_) snapshot_->saw(events, machine(), now);
  if (places_.empty()) return;
  const auto forget = [this](const TaskId& task) {
    const auto place = places_.find(task);
    if (place == places_.end()) return;
    if (const auto session = sessions_.find(place->second); session != sessions_.end()) {
      session->second.places.erase(task);
    }
    places_.erase(place);
  };
  for (const core::Event& event : events) {
    if (const auto* granted = std::get_if<core::LeaseGranted>(&event)) {
      const auto place = places_.find(granted->lease.task_id);
      if (place == places_.end()) continue;
      const auto session = sessions_.find(place->second);
      if (session == sessions_.end() || session->second.due.size() >= place_notices_max) continue;
      wire::HookHolder about;
      about.name = session->second.name;
      about.path = core::unquoted(session->second.places.at(granted->lease.task_id));
      about.until = granted->lease.expires_at;
      session->second.due.push_back({wire::HookNotice::Kind::yours, std::move(about)});
    } else if (const auto* dropped = std::get_if<core::ClaimUnqueued>(&event)) {
      forget(TaskId(dropped->task_id));
    } else if (const auto* released = std::get_if<core::LeaseReleased>(&event)) {
      forget(TaskId(released->task_id));
    } else if (const auto* expired = std::get_if<core::LeaseExpired>(&event)) {
      forget(TaskId(expired->task_id));
    }
  }
}

}  // namespace synapse::hub
