// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/unix_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/descriptor.hpp"
#include "base/environment.hpp"

namespace synapse::net {

namespace {

constexpr int socket_backlog = 4096;

Error socket_failure(const std::string& path, const std::string& why) {
  return fail(ErrorCode::io_error, "can't listen at " + path + ": " + why);
}

// Sees to it that nothing is at the path, unless somebody listens there.
Result<> make_way(const std::string& path) {
  struct stat there {};
  if (lstat(path.c_str(), &there) != 0) {
    if (errno == ENOENT) return {};
    return socket_failure(path, std::strerror(errno));
  }
  if (!S_ISSOCK(there.st_mode)) {
    return fail(ErrorCode::bad_argument, path + " is there already, and is no socket");
  }
  const base::Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const boost::asio::local::stream_protocol::endpoint endpoint(path);
  const int connected =
      connect(probe.number(), endpoint.data(), static_cast<socklen_t>(endpoint.size()));
  if (connected == 0 || errno == EAGAIN) {
    return fail(ErrorCode::locked, "another process listens at " + path);
  }
  if (errno != ECONNREFUSED) return socket_failure(path, std::strerror(errno));
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return socket_failure(path, std::strerror(errno));
  }
  return {};
}

}  // namespace

std::string default_socket_path(std::uint16_t port) {
  const std::string folder = base::ProcessEnvironment().get("XDG_RUNTIME_DIR").value_or("");
  // One that is not absolute is none (XDG Base Directory Specification).
  if (!folder.starts_with('/')) return {};
  return folder + "/synapse/" + std::to_string(port) + ".sock";
}

Result<> check_socket_path(const std::string& path) {
  constexpr std::size_t bytes_max = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty()) return fail(ErrorCode::bad_argument, "the path of the Unix socket is blank");
  if (path.size() <= bytes_max) return {};
  return fail(ErrorCode::bad_argument,
              "the path of the Unix socket, " + path + ", is " + std::to_string(path.size()) +
                  " bytes long; the system takes " + std::to_string(bytes_max) + " at most");
}

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat status {};
  if (lstat(path_.c_str(), &status) != 0) return;
  device_ = status.st_dev;
  number_ = status.st_ino;
}

SocketFile::~SocketFile() {
  struct stat status {};
  if (lstat(path_.c_str(), &status) != 0) return;
  if (status.st_dev == device_ && status.st_ino == number_) unlink(path_.c_str());
}

Result<ServerStream::Acceptor> listen_at_path(const boost::asio::any_io_executor& executor,
                                              const std::string& path) {
  if (const Result<> fits = check_socket_path(path); !fits) return fits.error();
  const std::size_t slash = path.rfind('/');
  if (slash != path.npos && slash > 0) (void)mkdir(path.substr(0, slash).c_str(), 0700);
  if (const Result<> free = make_way(path); !free) return free.error();
  boost::system::error_code error;
  ServerStream::Acceptor acceptor(executor);
  const boost::asio::local::stream_protocol::endpoint endpoint(path);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.bind(endpoint, error);
  // Nobody can connect before listen(), so nobody finds it with another mode.
  if (!error && chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
    error.assign(errno, boost::system::system_category());
  }
  if (!error) acceptor.listen(socket_backlog, error);
  if (error) return socket_failure(path, error.message());
  return acceptor;
}

}  // namespace synapse::net
