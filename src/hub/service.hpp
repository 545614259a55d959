// SPDX-License-Identifier: AGPL-3.0-or-later
// A hub that runs: the engine on its strand, the server on the I/O threads, the log on the store's
// thread, the relay file on another.
//
// A session decodes on its own strand and queues the command; the hub's strand takes all that is
// queued, runs a turn for each, looks once more, and only then opens the gate and starts the
// writers: so what belongs together leaves in one write a socket.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "hub/run.hpp"

namespace synapse::hub {

class Logger;

class Service {
 public:
  // Both must outlive the service.
  Service(const RunOptions& options, const Clock& clock, const Logger& logger);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Opens and replays the log, binds the port. Errors: locked, corrupt, io_error, bad_argument.
  [[nodiscard]] Result<> start();
  [[nodiscard]] std::uint16_t port() const;
  // Serves until stop(); returns why it had to end by itself, if it had to.
  [[nodiscard]] Result<> run();
  // Any thread, also before run(): accepts no more, drains the gate, closes the sockets, commits;
  // within 5 s.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace synapse::hub
