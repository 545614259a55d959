// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/lease_snapshot.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/file.hpp"
#include "core/scope.hpp"
#include "net/unix_socket.hpp"
#include "wire/hook_leases.hpp"

namespace synapse::hub {

namespace {

namespace fs = std::filesystem;

// Past so many a comparison with each costs more than the file.
constexpr std::size_t over_max = 64;
constexpr std::size_t lease_overhead = 256;  // Bytes beside the texts.

bool is_inside(const std::string& inner, const std::string& outer) {
  return inner.starts_with(outer + "/");
}

std::size_t bytes_of(const core::Lease& lease) {
  std::size_t bytes = lease_overhead + lease.worktree.size() + lease.owner.text.size();
  for (const std::string& path : lease.paths) bytes += path.size() + 4;
  return bytes;
}

}  // namespace

LeaseSnapshot::LeaseSnapshot(File file, std::string hub_id, std::string boot)
    : file_(std::move(file)), hub_id_(std::move(hub_id)), boot_(std::move(boot)) {
  file_.remove();
}

void LeaseSnapshot::begin() {
  is_active_ = true;
  is_dirty_ = true;
}

void LeaseSnapshot::end() {
  if (!std::exchange(is_active_, false)) return;
  file_.remove();
  told_.clear();
  over_.clear();
  written_at_.reset();
}

void LeaseSnapshot::saw(const std::vector<core::Event>& events, const core::Machine& machine,
                        Moment now) {
  if (!is_active_) return;
  bool is_urgent = false;
  const auto given = [&](const core::Lease& lease) {
    is_dirty_ = true;
    is_urgent = is_urgent || is_anothers_now(lease);
  };
  for (const core::Event& event : events) {
    if (const auto* granted = std::get_if<core::LeaseGranted>(&event)) {
      over(granted->lease.task_id);
      given(granted->lease);
    } else if (const auto* extended = std::get_if<core::LeaseExtended>(&event)) {
      given(extended->lease);
    } else if (const auto* handed = std::get_if<core::LeaseHandedOff>(&event)) {
      over(handed->lease.task_id);
      given(handed->lease);
    } else if (const auto* narrowed = std::get_if<core::LeaseNarrowed>(&event)) {
      over(narrowed->lease.task_id);
    } else if (const auto* released = std::get_if<core::LeaseReleased>(&event)) {
      over(released->task_id);
    } else if (const auto* expired = std::get_if<core::LeaseExpired>(&event)) {
      over(expired->task_id);
    } else if (std::holds_alternative<core::LeaseRenewed>(event)) {
      is_dirty_ = true;
    }
  }
  if (is_urgent || over_.size() > over_max) write(machine, now);
}

void LeaseSnapshot::over(const TaskId& task) {
  if (!told_.contains(task)) return;
  over_.insert(task);
  is_dirty_ = true;
}

// Whether the file gives some of it to somebody else still.
bool LeaseSnapshot::is_anothers_now(const core::Lease& lease) const {
  if (lease.coverage == core::Coverage::none) return false;
  return std::any_of(over_.begin(), over_.end(), [&](const TaskId& task) {
    const Told& told = told_.at(task);
    const bool is_same_party =
        told.party.empty() || lease.party.empty() || told.party == lease.party;
    if (told.owner == lease.owner && is_same_party) return false;
    if (told.worktree == lease.worktree) return core::scopes_contend(told.paths, lease.paths);
    return is_inside(told.worktree, lease.worktree) || is_inside(lease.worktree, told.worktree);
  });
}

void LeaseSnapshot::pass_time(const core::Machine& machine, Moment now) {
  const std::optional<Mono> due = next_deadline();
  if (due && *due <= now.mono) write(machine, now);
}

std::optional<Mono> LeaseSnapshot::next_deadline() const {
  if (!is_active_) return std::nullopt;
  if (!written_at_) return Mono(0);
  return *written_at_ + (is_dirty_ ? Mono(delay) : Mono(refreshed_after));
}

void LeaseSnapshot::write(const core::Machine& machine, Moment now) {
  wire::HookLeases leases;
  leases.hub = hub_id_;
  leases.boot = boot_;
  leases.valid_until = now.wall + std::chrono::duration<double>(valid_for).count();
  std::size_t bytes = lease_overhead;
  told_.clear();
  over_.clear();
  for (const auto& [task, lease] : machine.leases().all()) {
    if (lease.coverage == core::Coverage::none) continue;
    bytes += bytes_of(lease);
    const bool fits =
        leases.leases.size() < wire::hook_leases_max && bytes <= wire::hook_leases_bytes_max / 2;
    if (!fits) break;
    const bool is_hooks = lease.origin != core::Origin::request;
    leases.leases.push_back({lease.owner, lease.party, is_hooks ? TaskId() : task, lease.worktree,
                             lease.paths, lease.claimed_at, lease.expires_at});
    told_.emplace(task, Told{lease.owner, lease.party, lease.worktree, lease.paths});
  }
  written_at_ = now.mono;
  is_dirty_ = false;
  if (file_.write(wire::encode_hook_leases(leases))) return;
  // What stands there is not true any more.
  file_.remove();
  told_.clear();
  is_dirty_ = true;
}

std::optional<LeaseSnapshot::File> lease_snapshot_file(std::uint16_t port) {
  const fs::path socket = net::default_socket_path(port);
  if (socket.empty()) return std::nullopt;
  const fs::path file = socket.parent_path() / ("leases-" + std::to_string(port));
  return LeaseSnapshot::File{[file](const std::string& text) {
                               constexpr mode_t for_user_alone = 0700;
                               mkdir(file.parent_path().c_str(), for_user_alone);
                               const base::FileTraits traits{0600, base::FileTraits::Mode::exact,
                                                             base::FileTraits::Sync::no};
                               return !base::replace_file(file, text, traits);
                             },
                             [file] {
                               std::error_code ignored;
                               fs::remove(file, ignored);
                             }};
}

}  // namespace synapse::hub
