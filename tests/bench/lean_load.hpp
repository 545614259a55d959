// SPDX-License-Identifier: AGPL-3.0-or-later
// The least that can load a lock server: sockets that each take a lock and give it back, as fast as
// they are answered. Every request is made before the run, so that a request costs the load one
// send, one receive and a comparison; what is measured along is small and the same for all servers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace synapse::bench {

enum class Dialect : std::uint8_t {
  synapse,  // claim and release, of agents that asked for no broadcasts
  redis,    // SET key value NX PX 30000, and DEL
  bytes,    // the same frames as for synapse, without its upgrade and hello
};

struct Place {
  Dialect dialect = Dialect::synapse;
  std::uint16_t port = 0;        // of 127.0.0.1
  std::filesystem::path socket;  // a Unix socket in its place, unless it is blank
};

class LeanLoad {
 public:
  // Connects, and is welcome when this returns. Throws Failure, as everything here does when an
  // answer isn't the expected one or a socket ends.
  LeanLoad(const Place& place, std::size_t clients);
  ~LeanLoad();
  LeanLoad(const LeanLoad&) = delete;
  LeanLoad& operator=(const LeanLoad&) = delete;

  // So many answered requests, all clients together; the time of each in µs.
  std::vector<double> run(std::size_t operations);

 private:
  struct Client;

  void connect(Client& client, const Place& place, std::size_t number);
  void greet(Client& client, const Place& place, std::size_t number);
  void ask(Client& client);
  // Whether its answer is complete.
  bool hear(Client& client);

  std::vector<Client> clients_;
  int epoll_ = -1;
};

// Whether something listens there.
bool is_listening(const Place& place);

}  // namespace synapse::bench
