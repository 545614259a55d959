// SPDX-License-Identifier: AGPL-3.0-or-later
// A log that is read and never written: for a hub that has its lock and can't write, or must not.
#pragma once

#include <filesystem>
#include <memory>

#include "store/event_store.hpp"
#include "store/log_reader.hpp"

namespace synapse::store {

class FrozenStore final : public EventStore {
 public:
  // `why` is what appends are refused with. An error if there is no log in the file.
  [[nodiscard]] static Result<std::unique_ptr<FrozenStore>> open(const std::filesystem::path& file,
                                                                 Error why);

  [[nodiscard]] Result<> append(std::span<const Entry>) override { return why_; }
  [[nodiscard]] Result<> read(const std::function<bool(const RecordView&)>& sink) override;

 private:
  FrozenStore(LogReader log, Error why) : log_(std::move(log)), why_(std::move(why)) {}

  LogReader log_;
  Error why_;
};

}  // namespace synapse::store
