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
  mail,     // chats of the same agents with receipts, from each to the next
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
  // Two loads of one server must not have a number in common: theirs begin at `first`.
  LeanLoad(const Place& place, std::size_t clients, std::size_t first = 0);
  ~LeanLoad();
  LeanLoad(const LeanLoad&) = delete;
  LeanLoad& operator=(const LeanLoad&) = delete;

  // So many answered requests, all clients together; the time of each in µs.
  std::vector<double> run(std::size_t operations);
  // The same at so many a second, whatever the answers take: a request's time counts from when it
  // was due, and one whose client still waits is late.
  std::vector<double> run_at(double rate, std::size_t operations);
  // Each client takes so many claims and keeps them.
  void hold(std::size_t claims_each);

 private:
  struct Client;

  void connect(Client& client, const Place& place, std::size_t number);
  void greet(Client& client, const Place& place, std::size_t number);
  void ask(Client& client);
  struct Schedule;
  // As many as are due by now, and have a client that waits for nothing.
  void ask_due(Schedule& schedule);
  // How many are ready now.
  [[nodiscard]] std::size_t wait(int patience_ms);
  // Whether its answer is complete.
  bool hear(Client& client);

  const std::size_t first_;
  std::vector<Client> clients_;
  int epoll_ = -1;
  std::vector<std::size_t> ready_;  // Clients that have something to read.
};

// Whether something listens there.
bool is_listening(const Place& place);

}  // namespace synapse::bench
