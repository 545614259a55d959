// SPDX-License-Identifier: AGPL-3.0-or-later
// Keeps the state file up to date, on a thread of its own: no request waits for the disk but those
// that want to.
//
// Written whole each time, atomically and synced. Changes that come while a write is under way go
// into the next one together, so the file is never more than two writes behind. A client that asked
// with when_saved() is told once a write that began later is on the disk: a client is then told of
// a task that a crash can't take back.
//
// Used from the thread that runs the io_context, where its state lives.
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "a2a/state_codec.hpp"
#include "store/file_lock.hpp"

namespace synapse::a2a {

// Nothing in it if there is no such file. Errors: corrupt, io_error, naming the file, which is left
// as it is.
[[nodiscard]] Result<SavedState> load_state(const std::filesystem::path& file);

// Errors: io_error, naming the file.
[[nodiscard]] Result<> save_state(const std::filesystem::path& file, const StateDraft& draft);

class StateKeeper {
 public:
  using Snapshot = std::function<StateDraft()>;
  using Saved = std::function<void(const Result<>&)>;
  using Tell = std::function<void(const std::string&)>;

  // The lock says that this bridge alone writes the file.
  StateKeeper(boost::asio::io_context& io, std::filesystem::path file, store::FileLock lock,
              Snapshot snapshot, Tell tell);
  ~StateKeeper();  // What has changed and is not written yet is, before this returns.
  StateKeeper(const StateKeeper&) = delete;
  StateKeeper& operator=(const StateKeeper&) = delete;

  // Something has changed.
  void touch();
  // The same, and tells of the write that has it in it.
  void when_saved(Saved saved);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace synapse::a2a
