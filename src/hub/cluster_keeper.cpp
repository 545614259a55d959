// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/cluster_keeper.hpp"

#include <algorithm>
#include <utility>

#include "base/file.hpp"
#include "core/archive_reader.hpp"
#include "core/archive_writer.hpp"

namespace synapse::hub {

namespace {

constexpr const char* hub_note = "hub";
constexpr const char* store_note = "store";
constexpr const char* written_note = "written";
constexpr const char* snapshot_note = "snapshot";

template <class... Values>
std::string packed(const Values&... values) {
  core::ArchiveWriter writer;
  writer(values...);
  return writer.take();
}

template <class... Values>
Result<> unpack(std::string_view bytes, Values&... values) {
  core::ArchiveReader reader(bytes);
  reader(values...);
  if (!reader.failed() && reader.at_end()) return {};
  return fail(ErrorCode::corrupt, "what the log says of the cluster makes no sense");
}

}  // namespace

Result<> ClusterKeeper::open() {
  auto lock = store::LogLock::acquire(file_);
  if (!lock) return lock.error();
  lock_.emplace(std::move(*lock));
  auto opened = store::SqliteStore::open(file_);
  if (!opened) return opened.error();
  store_ = std::move(*opened);
  if (Result<> ready = store_->keep_notes(); !ready) return ready;
  if (Result<> done = read(); !done) {
    return fail(done.error().code, base::quoted_path(file_) + ": " + done.error().message);
  }
  return {};
}

Result<> ClusterKeeper::read() {
  const auto hub = store_->note(hub_note);
  if (!hub) return hub.error();
  if (!*hub) {
    const Result<bool> is_empty = store_->is_empty();
    if (!is_empty) return is_empty.error();
    if (*is_empty) return {};
    return fail(ErrorCode::bad_argument,
                "this is the log of a hub that was alone; a hub of a cluster begins with a log of "
                "its own, so name another file");
  }
  hub_ = **hub;
  const auto store_id = store_->note(store_note);
  if (!store_id) return store_id.error();
  store_id_ = store_id->value_or("");
  const auto written = store_->note(written_note);
  if (!written) return written.error();
  if (*written) {
    if (Result<> done = unpack(**written, written_); !done) return done;
  }
  const auto snapshot = store_->note(snapshot_note);
  if (!snapshot) return snapshot.error();
  if (!*snapshot || (*snapshot)->empty()) return {};
  Result<ClusterState> saved = read_snapshot(**snapshot);
  // Such as one of another version: the log itself has all that it had.
  if (!saved) {
    lost_ = saved.error();
    return {};
  }
  saved_ = *std::move(saved);
  return {};
}

void ClusterKeeper::start(store::Committer::Done done) {
  committer_ = std::make_unique<store::Committer>(*store_, std::move(done));
}

void ClusterKeeper::note(std::string name, std::string value, core::Durability durability) {
  gathered_.push_back(
      {0, std::move(name), std::move(value), durability, store::Table::synapse_cluster});
}

void ClusterKeeper::flush() {
  committer_->submit(++last_submit_, std::exchange(gathered_, {}));
  committer_->wake();
}

void ClusterKeeper::introduce(const std::string& hub, const std::string& store_id) {
  hub_ = hub;
  store_id_ = store_id;
  note(hub_note, hub, core::Durability::synced);
  note(store_note, store_id, core::Durability::synced);
  flush();
}

void ClusterKeeper::submit(std::uint64_t, std::vector<store::Entry> entries) {
  for (store::Entry& entry : entries) {
    // The bus's log is synced; this only has to be whole.
    entry.durability = core::Durability::written;
    gathered_.push_back(std::move(entry));
  }
}

void ClusterKeeper::passed(cluster::Revision revision) {
  passed_ = revision;
  if (revision <= written_) return gathered_.clear();
  if (gathered_.empty()) return;
  written_ = revision;
  note(written_note, packed(revision), core::Durability::written);
  flush();
}

std::uint64_t ClusterKeeper::save(const ClusterSnapshot& snapshot) {
  note(snapshot_note, snapshot.bytes, core::Durability::synced);
  flush();
  return last_submit_;
}

void ClusterKeeper::adopt(const ClusterSnapshot& snapshot) {
  written_ = std::max(written_, snapshot.revision);
  passed_ = snapshot.revision;
  note(written_note, packed(written_), core::Durability::synced);
  save(snapshot);
}

void ClusterKeeper::forget_snapshot() {
  note(snapshot_note, "", core::Durability::synced);
  flush();
}

void ClusterKeeper::stop() {
  if (committer_) committer_->stop();
  if (store_) static_cast<void>(store_->close());
}

}  // namespace synapse::hub
