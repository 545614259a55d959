// SPDX-License-Identifier: AGPL-3.0-or-later
// What a hub of a cluster keeps in its --db: the events of its bus, as an ordinary log, and beside
// them what it has to know when it starts again: who it is, which store its bus is in, a snapshot,
// and how much of the bus's log the events are of.
//
// The bus's log is the truth, not this file: nobody waits for it. The events of one batch are
// written together, with the place of the batch, so that a restart writes none twice and leaves
// none out. A state that the hub has from elsewhere becomes rows (store/state_rows.hpp): so at any
// time the file is a log that a hub which is alone can go on with.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hub/cluster_snapshot.hpp"
#include "hub/log_replay.hpp"
#include "store/committer.hpp"
#include "store/log_lock.hpp"
#include "store/sqlite_store.hpp"

namespace synapse::hub {

class ClusterKeeper final : public store::LogWriter {
 public:
  explicit ClusterKeeper(std::string file) : file_(std::move(file)) {}

  // Errors: locked, corrupt, io_error; bad_argument: the file is the log of a hub that was alone.
  [[nodiscard]] Result<> open();
  // Blank: it has none yet.
  [[nodiscard]] const std::string& hub() const { return hub_; }
  [[nodiscard]] const std::string& store_id() const { return store_id_; }
  // Where the last run left off; nothing: nowhere.
  [[nodiscard]] std::optional<ClusterState> take_saved() {
    return std::exchange(saved_, std::nullopt);
  }
  // Why what it left can't be used.
  [[nodiscard]] const std::optional<Error>& lost() const { return lost_; }
  // What a bus is to begin with: the file is the log of a hub that was alone, marked by `synapse
  // cluster import`. Zero: nobody has drawn its number yet.
  [[nodiscard]] const std::optional<cluster::Origin>& import() const { return import_; }

  // All of this before start(): it is on disk when it returns.
  [[nodiscard]] Result<> introduce(const std::string& hub, const std::string& store_id);
  [[nodiscard]] Result<> keep_origin(cluster::Origin origin);
  // What its events come to.
  [[nodiscard]] Result<std::unique_ptr<core::Machine>> replay(const LogReplay& how, Moment now,
                                                              const std::atomic<bool>& is_unwanted);
  // The events are not older than that already.
  [[nodiscard]] bool has_events_up_to(cluster::Revision revision) const {
    return written_ >= revision;
  }
  // Goes on from there; `rows` lead the events to it.
  [[nodiscard]] Result<> adopt(const ClusterSnapshot& snapshot, std::vector<store::Entry> rows);
  // The same of a hub that begins a bus with its events: what they come to is that state.
  [[nodiscard]] Result<> found(const std::string& hub, const std::string& store_id,
                               const ClusterSnapshot& snapshot);

  void start(store::Committer::Done done);
  // Of the turns of the batch that comes out of the log. With passed() they are written.
  void submit(std::uint64_t turn, std::vector<store::Entry> entries) override;
  void passed(cluster::Revision revision);
  // It is on disk when `done` tells of this number, or a later one.
  std::uint64_t save(const ClusterSnapshot& snapshot);
  // The next start is without one.
  void forget_snapshot();
  // After start() was not called, nothing is there to be stopped.
  void stop();

 private:
  [[nodiscard]] Result<> read();
  [[nodiscard]] Result<> read_import();
  void note(std::string name, std::string value, core::Durability durability);
  void note_who(const std::string& hub, const std::string& store_id);
  void flush();
  [[nodiscard]] Result<> write_now();

  const std::string file_;
  std::string hub_;
  std::string store_id_;
  std::optional<ClusterState> saved_;
  std::optional<Error> lost_;
  std::optional<cluster::Origin> import_;
  cluster::Revision written_ = 0;  // The file has the events up to this.
  cluster::Revision passed_ = 0;
  std::optional<store::LogLock> lock_;  // Outlives the store.
  std::unique_ptr<store::SqliteStore> store_;
  std::unique_ptr<store::Committer> committer_;
  std::vector<store::Entry> gathered_;
  std::uint64_t last_submit_ = 0;
};

}  // namespace synapse::hub
