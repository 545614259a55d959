// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/frozen_store.hpp"

#include <limits>

namespace synapse::store {

Result<std::unique_ptr<FrozenStore>> FrozenStore::open(const std::filesystem::path& file,
                                                       Error why) {
  Result<LogReader> log = LogReader::open_frozen(file);
  if (!log) return log.error();
  return std::unique_ptr<FrozenStore>(new FrozenStore(std::move(*log), std::move(why)));
}

Result<> FrozenStore::read(const std::function<bool(const RecordView&)>& sink) {
  LogFilter everything;
  everything.after = std::numeric_limits<std::int64_t>::min();
  everything.own = LogFilter::Own::read;
  return log_.read(everything, sink);
}

}  // namespace synapse::store
