// SPDX-License-Identifier: AGPL-3.0-or-later
#include "past/moment.hpp"

namespace synapse::past {

Result<double> wall_of(store::LogReader& log, const When& when) {
  if (!when.seq) return when.wall;
  store::LogFilter only;
  only.after = *when.seq - 1;
  only.limit = 1;
  double wall = when.wall;
  const Result<> read = log.read(only, [&](const store::RecordView& record) {
    wall = record.ts;
    return false;
  });
  if (!read) return read.error();
  return wall;
}

Result<std::optional<LogBeginning>> beginning_of(store::LogReader& log) {
  std::optional<LogBeginning> first;
  store::LogFilter only;
  only.limit = 1;
  const Result<> read = log.read(only, [&](const store::RecordView& record) {
    first = LogBeginning{record.seq, record.ts};
    return false;
  });
  if (!read) return read.error();
  if (first && first->seq <= 1) first.reset();
  return first;
}

}  // namespace synapse::past
