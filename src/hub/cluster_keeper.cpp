// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/cluster_keeper.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/file.hpp"
#include "hub/cluster_notes.hpp"

namespace synapse::hub {

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
  const auto hub = read_note(*store_, note::hub);
  if (!hub) return hub.error();
  if (!*hub) return read_import();
  const auto alone = read_note(*store_, note::alone);
  if (!alone) return alone.error();
  if (*alone) {
    return fail(ErrorCode::bad_argument,
                "a hub that was alone has gone on with this log, so it is not the bus's any more: "
                "name another file, or begin a new bus with it (synapse cluster import)");
  }
  hub_ = **hub;
  const auto store_id = read_note(*store_, note::store);
  if (!store_id) return store_id.error();
  store_id_ = store_id->value_or("");
  const auto written = read_note(*store_, note::written);
  if (!written) return written.error();
  if (*written) {
    if (Result<> done = unpack(**written, written_); !done) return done;
  }
  const auto snapshot = read_note(*store_, note::snapshot);
  if (!snapshot) return snapshot.error();
  if (!*snapshot) return {};
  Result<ClusterState> saved = read_snapshot(**snapshot);
  // Such as one of another version: the log itself has all that it had.
  if (!saved) {
    lost_ = saved.error();
    return {};
  }
  saved_ = *std::move(saved);
  return {};
}

Result<> ClusterKeeper::read_import() {
  const auto import = read_note(*store_, note::import);
  if (!import) return import.error();
  if (*import) return unpack(**import, import_.emplace());
  const Result<bool> is_empty = store_->is_empty();
  if (!is_empty) return is_empty.error();
  if (*is_empty) return {};
  return fail(ErrorCode::bad_argument,
              "this is the log of a hub that was alone; name another file, or make it what a new "
              "bus begins with (synapse cluster import)");
}

Result<std::unique_ptr<core::Machine>> ClusterKeeper::replay(const LogReplay& how, Moment now,
                                                             const std::atomic<bool>& is_unwanted) {
  store::ReplayReport report;
  auto machine = how.machine(*store_, now, report, is_unwanted);
  if (machine) how.tell(report);
  return machine;
}

void ClusterKeeper::start(store::Committer::Done done) {
  committer_ = std::make_unique<store::Committer>(*store_, std::move(done));
}

void ClusterKeeper::note(std::string name, std::string value, core::Durability durability) {
  gathered_.push_back(note_entry(std::move(name), std::move(value), durability));
}

void ClusterKeeper::flush() {
  committer_->submit(++last_submit_, std::exchange(gathered_, {}));
  committer_->wake();
}

Result<> ClusterKeeper::write_now() { return store_->append(std::exchange(gathered_, {})); }

void ClusterKeeper::note_who(const std::string& hub, const std::string& store_id) {
  hub_ = hub;
  store_id_ = store_id;
  import_.reset();
  note(note::hub, hub, core::Durability::synced);
  note(note::store, store_id, core::Durability::synced);
  note(note::import, "", core::Durability::synced);
}

Result<> ClusterKeeper::introduce(const std::string& hub, const std::string& store_id) {
  note_who(hub, store_id);
  return write_now();
}

Result<> ClusterKeeper::keep_origin(cluster::Origin origin) {
  import_ = origin;
  note(note::import, packed(origin), core::Durability::synced);
  return write_now();
}

Result<> ClusterKeeper::adopt(const ClusterSnapshot& snapshot, std::vector<store::Entry> rows) {
  gathered_.insert(gathered_.end(), std::make_move_iterator(rows.begin()),
                   std::make_move_iterator(rows.end()));
  written_ = std::max(written_, snapshot.revision);
  passed_ = snapshot.revision;
  note(note::written, packed(written_), core::Durability::synced);
  note(note::snapshot, snapshot.bytes, core::Durability::synced);
  return write_now();
}

Result<> ClusterKeeper::found(const std::string& hub, const std::string& store_id,
                              const ClusterSnapshot& snapshot) {
  note_who(hub, store_id);
  return adopt(snapshot, {});
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
  note(note::written, packed(revision), core::Durability::written);
  flush();
}

std::uint64_t ClusterKeeper::save(const ClusterSnapshot& snapshot) {
  note(note::snapshot, snapshot.bytes, core::Durability::synced);
  flush();
  return last_submit_;
}

void ClusterKeeper::forget_snapshot() {
  note(note::snapshot, "", core::Durability::synced);
  flush();
}

void ClusterKeeper::stop() {
  if (committer_) committer_->stop();
  if (store_) static_cast<void>(store_->close());
}

}  // namespace synapse::hub
