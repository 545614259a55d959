// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/host_watch.hpp"

#include <poll.h>
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
  watched_.insert_or_assign(id, std::move(watched));
  wait(id);
  return true;
}

void HostWatch::wait(SessionId id) {
  const auto watched = watched_.find(id);
  watched->second.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                             [this, id](boost::system::error_code failed) {
                               if (!failed) look(id);
                             });
}

// Asio may wake a wait for an event of another descriptor that had the same number before.
void HostWatch::look(SessionId id) {
  const auto watched = watched_.find(id);
  if (watched == watched_.end()) return;
  pollfd one{watched->second.native_handle(), POLLIN, 0};
  if (poll(&one, 1, 0) == 0) return wait(id);
  watched_.erase(watched);
  ended_(id);
}

}  // namespace synapse::hub
