// SPDX-License-Identifier: AGPL-3.0-or-later
// Sends messages to an A2A bridge over kept connections, each as soon as the one before it is
// answered, and prints how many a second were answered with a task at work. Any other answer ends
// the program with exit 1: a rate of refusals is no rate. Run by a2a.sh.
//   synapse_a2a_load PORT [CONNECTIONS [SECONDS [CORE [BRIDGE_PID]]]]
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "failure.hpp"

namespace synapse::bench {

namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
  std::uint16_t port = 0;
  int connections = 64;
  int seconds = 5;
  int core = -1;
  pid_t bridge = 0;
};

struct Connection {
  int socket = -1;
  std::string input;
  Clock::time_point asked;
};

std::string request_text(std::uint16_t port) {
  const std::string body =
      R"({"message":{"messageId":"6f1c0e2a-0b7a-4d53-9a55-6a4d3f1c0e2a","role":"ROLE_USER",)"
      R"("parts":[{"text":"Please look at src/shop/cart.cpp and say whether the total )"
      R"(is right."}]}})";
  return "POST /message:send HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
         "\r\nContent-Type: application/a2a+json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

int connect_to(std::uint16_t port) {
  const int number = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (number < 0 || connect(number, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail_errno("connect to the bridge");
  }
  const int on = 1;
  setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return number;
}

void ask(Connection& connection, const std::string& request) {
  connection.asked = Clock::now();
  // Smaller than any socket's buffer, so it leaves in one piece.
  if (send(connection.socket, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    fail_errno("send");
  }
}

// Whether a whole answer was there; it is taken off.
bool take_answer(Connection& connection) {
  const std::size_t end = connection.input.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::size_t at = connection.input.find("Content-Length: ");
  if (at > end) throw Failure("an answer without a length: " + connection.input);
  const std::size_t length = std::strtoul(connection.input.c_str() + at + 16, nullptr, 10);
  if (connection.input.size() < end + 4 + length) return false;
  if (!connection.input.starts_with("HTTP/1.1 200") ||
      connection.input.find("TASK_STATE_WORKING") == std::string::npos) {
    throw Failure("not a task at work: " + connection.input);
  }
  connection.input.erase(0, end + 4 + length);
  return true;
}

void read_some(Connection& connection) {
  std::array<char, 16384> bytes{};
  const ssize_t got = recv(connection.socket, bytes.data(), bytes.size(), 0);
  if (got < 0) fail_errno("recv");
  if (got == 0) throw Failure("the bridge closed a connection");
  connection.input.append(bytes.data(), static_cast<std::size_t>(got));
}

double cpu_seconds(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (process == 0 || clock_getcpuclockid(process, &clock) != 0 ||
      clock_gettime(clock, &time) != 0) {
    return 0;
  }
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void run(const Settings& settings) {
  if (settings.core >= 0) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(static_cast<std::size_t>(settings.core), &cores);
    if (sched_setaffinity(0, sizeof cores, &cores) != 0) fail_errno("sched_setaffinity");
  }
  const std::string request = request_text(settings.port);
  std::vector<Connection> connections(static_cast<std::size_t>(settings.connections));
  std::vector<pollfd> waits;
  for (Connection& connection : connections) {
    connection.socket = connect_to(settings.port);
    waits.push_back({connection.socket, POLLIN, 0});
    ask(connection, request);
  }
  std::vector<double> latencies;
  const double cpu_before = cpu_seconds(settings.bridge);
  const Clock::time_point begin = Clock::now();
  const Clock::time_point end = begin + std::chrono::seconds(settings.seconds);
  while (Clock::now() < end) {
    fail_if_signalled();
    if (poll(waits.data(), waits.size(), 5000) <= 0) throw Failure("no answer for 5 s");
    for (std::size_t i = 0; i < waits.size(); ++i) {
      if (waits[i].revents == 0) continue;
      Connection& connection = connections[i];
      read_some(connection);
      if (!take_answer(connection)) continue;
      latencies.push_back(
          std::chrono::duration<double, std::milli>(Clock::now() - connection.asked).count());
      ask(connection, request);
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const double cpu = cpu_seconds(settings.bridge) - cpu_before;
  if (latencies.empty()) throw Failure("nothing was answered");
  std::sort(latencies.begin(), latencies.end());
  const auto count = static_cast<double>(latencies.size());
  std::printf("message:send/s      %.0f\n", count / seconds);
  std::printf("latency p50, p99    %.2f ms, %.2f ms\n", latencies[latencies.size() / 2],
              latencies[latencies.size() * 99 / 100]);
  if (settings.bridge != 0) {
    std::printf("bridge cpu          %.1f us a message, %.0f %% of a core\n", cpu * 1e6 / count,
                cpu * 100 / seconds);
  }
}

}  // namespace

}  // namespace synapse::bench

int main(int argc, char** argv) {
  using namespace synapse::bench;
  Settings settings;
  const auto word = [&](int at, int fallback) {
    return argc > at ? std::atoi(argv[at]) : fallback;
  };
  settings.port = static_cast<std::uint16_t>(word(1, 0));
  settings.connections = word(2, settings.connections);
  settings.seconds = word(3, settings.seconds);
  settings.core = word(4, settings.core);
  settings.bridge = word(5, 0);
  if (settings.port == 0 || settings.connections < 1 || settings.seconds < 1) {
    std::fputs("usage: synapse_a2a_load PORT [CONNECTIONS [SECONDS [CORE [BRIDGE_PID]]]]\n",
               stderr);
    return 2;
  }
  try {
    mark_signals();
    run(settings);
  } catch (const Failure& failure) {
    std::fprintf(stderr, "synapse_a2a_load: %s\n", failure.what());
    return 1;
  }
  return 0;
}
