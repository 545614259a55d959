// SPDX-License-Identifier: AGPL-3.0-or-later
// synapse::Hub: a coordination hub inside your program, on threads of its own. The same hub as
// `synapse hub`.
//
// It leaves the process as it is: limits, signal handlers, the allocator and stderr are the
// program's. Its threads block every signal, so that signals arrive where the program expects them.
// Each connection is a descriptor; raise RLIMIT_NOFILE if you expect many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "synapse/api.hpp"
#include "synapse/result.hpp"

namespace synapse {

struct HubOptions {
  enum class LogLevel { info, warning, error };
  // Is told what people who run the program may want to know, a line at a time, from any of the
  // hub's threads. Must not throw, nor stop the hub.
  using Log = std::function<void(LogLevel level, std::string_view message)>;

  std::string host = "localhost";  // 127.0.0.1 and, where there is one, ::1. Others need a token.
  std::uint16_t port = 0;          // 0: a free one; Hub::port() tells.
  std::optional<std::string> db;   // The event log; nothing: state ends with the hub.
  // A Unix socket to listen at too, for processes of the same user, who need no token there.
  std::optional<std::string> socket;
  std::string token;  // What agents must present; blank: none.
  std::size_t max_clients = 1024;
  Log log;  // Nothing: the hub keeps it to itself.
};

class SYNAPSE_API Hub {
 public:
  explicit Hub(HubOptions options);
  ~Hub();  // Stops.
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Opens the log, binds the port and serves in the background. Errors: locked (another hub has the
  // log), corrupt, io_error (the port, the file), bad_argument (an unsafe host). Once.
  [[nodiscard]] Result<> start();
  // Where it listens, once started.
  [[nodiscard]] std::uint16_t port() const;
  // The URI for agents on this machine, such as "ws://localhost:8876".
  [[nodiscard]] std::string uri() const;
  // Closes every socket, commits and ends, within 5 s. More than once is fine.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace synapse
