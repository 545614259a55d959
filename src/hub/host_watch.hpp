// SPDX-License-Identifier: AGPL-3.0-or-later
// Tells when processes of this machine end, by pidfds: at once, without asking again and again, and
// never of another process that got the same number. Belongs to the executor that it is given.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <map>
#include <memory>

#include "base/ids.hpp"
#include "base/process_row.hpp"

namespace synapse::hub {

class HostWatch {
 public:
  using Ended = std::function<void(SessionId)>;

  HostWatch(boost::asio::any_io_executor executor, Ended ended)
      : executor_(std::move(executor)), ended_(std::move(ended)) {}

  // False: the process is gone already, is another one by now, or can't be watched.
  [[nodiscard]] bool watch(SessionId id, const base::ProcessMark& process);
  void forget(SessionId id) { watched_.erase(id); }
  void stop() { watched_.clear(); }

 private:
  static constexpr std::size_t watched_max = 1024;

  void wait(SessionId id);
  void look(SessionId id);

  boost::asio::any_io_executor executor_;
  Ended ended_;
  std::map<SessionId, boost::asio::posix::stream_descriptor> watched_;
};

}  // namespace synapse::hub
