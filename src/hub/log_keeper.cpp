// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/log_keeper.hpp"

#include "base/file.hpp"
#include "hub/cluster_notes.hpp"
#include "store/event_codec.hpp"
#include "store/frozen_store.hpp"
#include "store/wal_check.hpp"

namespace synapse::hub {

namespace {

Error damaged(const std::string& file, const store::WalDamage& damage) {
  return fail(
      ErrorCode::corrupt,
      base::quoted_path(file + "-wal") + " is damaged behind frame " +
          std::to_string(damage.frames) + ": " + std::to_string(damage.lost_commits) +
          " commits that were acknowledged can't be read; put a backup in place of the log, "
          "or start the hub with --accept-loss to go on without them");
}

}  // namespace

std::string_view advice(const Error& why) {
  switch (why.code) {
    case ErrorCode::disk_full:
      return "free space, then restart the hub";
    case ErrorCode::not_found:
      return "put the log back where it was, then restart the hub";
    case ErrorCode::locked:
      return "end the program that holds it, then restart the hub";
    default:
      return "mend that, then restart the hub";
  }
}

LogKeeper::Opened LogKeeper::open(Moment now, const std::atomic<bool>& is_unwanted) {
  auto lock = store::LogLock::acquire(options_.file);
  if (!lock) return lock.error();
  lock_.emplace(std::move(*lock));
  opened_at_ = now.wall;
  if (const Result<> sound = judge_newest_part(now); !sound) {
    return open_for_reading(sound.error(), now, is_unwanted);
  }
  auto opened = store::SqliteStore::open(options_.file);
  if (opened) {
    store_ = std::move(*opened);
    return open_for_writing(now, is_unwanted);
  }
  const ErrorCode why = opened.error().code;
  if (why != ErrorCode::disk_full && why != ErrorCode::io_error) return opened.error();
  return open_for_reading(opened.error(), now, is_unwanted);
}

Result<> LogKeeper::judge_newest_part(Moment now) {
  const Result<std::optional<store::WalDamage>> damage = store::find_wal_damage(options_.file);
  if (!damage) return damage.error();
  if (!*damage) return {};
  Error why = damaged(options_.file, **damage);
  if (!options_.accepts_loss) return why;
  const Result<std::filesystem::path> copy = store::keep_copy_of_wal(options_.file, now.wall);
  if (!copy) return copy.error();
  logger_.warning(why.message + ": it does, and a copy of the file is " + base::quoted_path(*copy));
  return {};
}

LogKeeper::Opened LogKeeper::open_for_writing(Moment now, const std::atomic<bool>& is_unwanted) {
  const Result<bool> has_left = leave_cluster(*store_);
  if (!has_left) return has_left.error();
  if (*has_left) {
    logger_.warning(
        "the log was that of a hub of a cluster; from now on it is that of a hub that is alone");
  }
  store::ReplayReport report;
  auto machine = replay(*store_, now, report, is_unwanted);
  if (!machine) return machine;
  tell(report);
  for (const TaskId& task_id : report.changed) {
    if (const core::Lease* lease = (*machine)->leases().find(task_id)) {
      changed_.push_back(store::encode_whole(*lease, now.wall));
    }
  }
  return machine;
}

LogKeeper::Opened LogKeeper::open_for_reading(const Error& why, Moment now,
                                              const std::atomic<bool>& is_unwanted) {
  auto opened = store::FrozenStore::open(options_.file, why);
  // There is nothing to serve either.
  if (!opened) return fail(why.code, why.message + "; " + std::string(advice(why)));
  store::ReplayReport report;
  auto machine = replay(**opened, now, report, is_unwanted);
  if (!machine) return machine;
  tell(report);
  lock_->share();
  read_only_ = why;
  logger_.error("the event log can't be written (" + why.message +
                "): the hub serves what it holds and refuses changes; " + std::string(advice(why)));
  return machine;
}

LogKeeper::Opened LogKeeper::replay(store::EventStore& store, Moment now,
                                    store::ReplayReport& report,
                                    const std::atomic<bool>& is_unwanted) {
  return replay_.machine(store, now, report, is_unwanted);
}

void LogKeeper::tell(const store::ReplayReport& report) const {
  replay_.tell(report);
  if (options_.compact_hint != 0 && report.records > options_.compact_hint) {
    logger_.warning("the log holds " + std::to_string(report.records) +
                    " events; `synapse compact` can make it smaller");
  }
}

void LogKeeper::start(store::Committer::Done done) {
  committer_ = std::make_unique<store::Committer>(*store_, std::move(done));
  std::vector<store::Entry> first = std::exchange(changed_, {});
  first.insert(first.begin(), store::encode_start(opened_at_));
  committer_->submit(0, std::move(first));
  committer_->wake();
}

Result<std::unique_ptr<core::Machine>> LogKeeper::rebuild(Moment now) {
  committer_->stop();
  store::ReplayReport report;
  // A hub that stops has to refuse what it held, too.
  static const std::atomic<bool> wanted{false};
  return replay(*store_, now, report, wanted);
}

void LogKeeper::stop() {
  if (!store_) return;
  if (committer_) {
    committer_->stop();
    // Nobody was told of what it could not write.
    if (const auto sound = store_->append({}); !sound) logger_.warning(sound.error().message);
  }
  if (const auto closed = store_->close(); !closed) logger_.warning(closed.error().message);
}

}  // namespace synapse::hub
