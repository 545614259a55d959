// SPDX-License-Identifier: AGPL-3.0-or-later
// The event log in a SQLite file: what `--db FILE` means. Opened when the hub starts, read once by
// replay, then in the hands of the committer's thread.
//
// An append is one transaction. It is synced (synchronous=FULL) if any entry asks for it, and that
// syncs everything before it too; else it is only written (NORMAL): safe from a crash of the hub,
// not from a power cut. SQLite's WAL moves into the file about every 16 MB, so that few commits
// wait for it.
//
// Other programs may read at any time, and compact. Their transactions make an append wait, for
// minutes if need be, since nothing is lost by waiting; it fails only if that, or the disk, does,
// and then for good. So does a log whose files were deleted, moved or replaced while it is open:
// nothing is told as safe that nobody will find again.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/event_store.hpp"
#include "store/log_files.hpp"
#include "store/sqlite_database.hpp"

namespace synapse::store {

struct SqliteOptions {
  // One try of an append to get at a log that somebody else writes to; between two it looks whether
  // it should hurry.
  std::chrono::milliseconds busy_timeout{250};
  int busy_tries = 480;       // Two minutes.
  const char* vfs = nullptr;  // For tests, one that fails.
};

class SqliteStore final : public EventStore {
 public:
  // Makes the file, and its folder, if they are missing. What a process that was killed had written
  // and not yet synced outlives a power cut from here on: a start is about to tell of it. Errors
  // say what the file is instead of a log.
  [[nodiscard]] static Result<std::unique_ptr<SqliteStore>> open(const std::filesystem::path& named,
                                                                 const SqliteOptions& options = {});
  ~SqliteStore() override = default;

  [[nodiscard]] Result<> append(std::span<const Entry> entries) override;
  [[nodiscard]] Result<> check() override;
  void hurry() override { is_hurried_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] Result<> read(const std::function<bool(const RecordView&)>& sink) override;

  // Whether the log has notes of a hub of a cluster.
  [[nodiscard]] Result<bool> has_notes();
  // For such a hub: from here on entries may be of the table synapse_cluster.
  [[nodiscard]] Result<> keep_notes();
  // After that: what was written under this name last; nothing: nothing was.
  [[nodiscard]] Result<std::optional<std::string>> note(std::string_view name);
  // Whether the log has no event.
  [[nodiscard]] Result<bool> is_empty();

  // For a clean shutdown: moves everything into the file itself. All that comes after is refused.
  [[nodiscard]] Result<> close();

 private:
  SqliteStore(Database database, const SqliteOptions& options);

  [[nodiscard]] Result<> set_up();
  [[nodiscard]] Result<> prepare();
  [[nodiscard]] Result<> write(std::span<const Entry> entries);
  [[nodiscard]] Result<> set_sync(core::Durability durability);
  [[nodiscard]] Result<> merge(const std::function<bool(const RecordView&)>& sink);

  Database database_;
  LogWatch watch_;
  SqliteOptions options_;
  Statement insert_;
  Statement insert_own_;
  Statement select_;
  Statement select_own_;
  Statement put_note_;
  std::optional<core::Durability> sync_;
  std::atomic<bool> is_hurried_{false};
  std::optional<Error> error_;
};

}  // namespace synapse::store
