// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/host_watch.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/error.hpp>

#include "base/descriptor.hpp"

namespace synapse::hub {

bool HostWatch::watch(SessionId id, const base::ProcessMark& process) {
  if (watched_.size() >= watched_max) return false;
  const long number = syscall(SYS_pidfd_open, static_cast<pid_t>(process.pid), 0U);
  if (number < 0) return false;
  base::Descriptor descriptor(static_cast<int>(number));
  // After it was opened: from here on the number is this process's.
  const std::optional<base::ProcessRow> row = base::process_row(process.pid);
  if (!row || row->mark != process) return false;
  boost::asio::posix::stream_descriptor watched(executor_);
  boost::system::error_code error;
  watched.assign(descriptor.release(), error);
  if (error) return false;
  const auto place = watched_.insert_or_assign(id, std::move(watched)).first;
  place->second.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [this, id](boost::system::error_code failed) {
                             if (failed) return;
                             watched_.erase(id);
                             ended_(id);
                           });
  return true;
}

}  // namespace synapse::hub
