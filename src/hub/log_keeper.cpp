// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/log_keeper.hpp"

#include "store/event_codec.hpp"

namespace synapse::hub {

namespace {

constexpr std::size_t undecodable_told_max = 100;

}  // namespace

Result<std::unique_ptr<core::Machine>> LogKeeper::open(const std::string& file, Moment now,
                                                       std::size_t compact_hint) {
  auto lock = store::FileLock::acquire(file);
  if (!lock) return lock.error();
  lock_.emplace(std::move(*lock));
  auto opened = store::SqliteStore::open(file);
  if (!opened) return opened.error();
  store_ = std::move(*opened);
  store::ReplayReport report;
  auto machine = replay(now, report);
  if (!machine) return machine;
  if (compact_hint != 0 && report.records > compact_hint) {
    logger_.warning("the log holds " + std::to_string(report.records) +
                    " events; `synapse compact` can make it smaller");
  }
  // What the run before had no more time for.
  std::vector<store::Entry> whole;
  for (const TaskId& task_id : report.renewed) {
    whole.push_back(store::encode_whole(*(*machine)->leases().find(task_id), now.wall));
  }
  if (auto written = store_->append(whole); !written) return written.error();
  return machine;
}

Result<std::unique_ptr<core::Machine>> LogKeeper::replay(Moment now, store::ReplayReport& report) {
  auto machine = std::make_unique<core::Machine>(limits_, hub_id_);
  std::size_t told = 0;
  auto replayed =
      store::replay(*store_, *machine, now, [this, &told](std::int64_t seq, const Error& why) {
        if (++told > undecodable_told_max) return;
        logger_.warning("event " + std::to_string(seq) + " of the log is skipped: " + why.message);
      });
  if (!replayed) return replayed.error();
  report = std::move(*replayed);
  if (told > undecodable_told_max) {
    logger_.warning(std::to_string(told - undecodable_told_max) +
                    " more events of the log can't be read and were skipped");
  }
  if (const std::string cut = machine->fit(); !cut.empty()) {
    logger_.warning("the log holds more than a hub may keep: " + cut);
  }
  if (report.unknown > 0) {
    logger_.warning(std::to_string(report.unknown) +
                    " events of the log are of a kind that this "
                    "version doesn't know, and were skipped");
  }
  return machine;
}

void LogKeeper::start(store::Committer::Done done) {
  committer_ = std::make_unique<store::Committer>(*store_, std::move(done));
}

Result<std::unique_ptr<core::Machine>> LogKeeper::rebuild(Moment now) {
  committer_->stop();
  store::ReplayReport report;
  return replay(now, report);
}

void LogKeeper::stop() {
  if (committer_) {
    committer_->stop();
    // Nobody was told of what it could not write.
    if (const auto sound = store_->append({}); !sound) logger_.warning(sound.error().message);
  }
  if (const auto closed = store_->close(); !closed) logger_.warning(closed.error().message);
}

}  // namespace synapse::hub
