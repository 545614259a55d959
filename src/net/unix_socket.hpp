// SPDX-License-Identifier: AGPL-3.0-or-later
// Unix sockets of servers: where they lie, and how one is made and goes.
#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "net/server_stream.hpp"

namespace synapse::net {

// Where the hub of that port has its socket: $XDG_RUNTIME_DIR/synapse/PORT.sock, in a folder that
// is its user's alone. Blank: there is no such folder.
[[nodiscard]] std::string default_socket_path(std::uint16_t port);
// An error for a path that the system can't take: it has room for 107 bytes.
[[nodiscard]] Result<> check_socket_path(const std::string& path);

// A listening socket's file, which is removed with this object; but not one that somebody else has
// put in its place.
class SocketFile {
 public:
  // Of the file that is there now.
  explicit SocketFile(std::string path);
  ~SocketFile();
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

 private:
  const std::string path_;
  dev_t device_ = 0;
  ino_t number_ = 0;
};

// Binds and listens, for this user alone (mode 0600), and makes the path's last folder if it is
// missing (0700). A socket that nobody listens at any more is replaced. Errors: locked, when
// somebody does; bad_argument, io_error.
[[nodiscard]] Result<ServerStream::Acceptor> listen_at_path(
    const boost::asio::any_io_executor& executor, const std::string& path);

}  // namespace synapse::net
