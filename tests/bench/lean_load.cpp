// SPDX-License-Identifier: AGPL-3.0-or-later
#include "lean_load.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <string_view>
#include <utility>

#include "failure.hpp"
#include "frame_text.hpp"
#include "websocket.hpp"

namespace synapse::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int silence_max_ms = 30'000;
constexpr std::size_t answer_bytes_max = 64 * 1024;

// A connected socket, or -1.
int dial(const Place& place) {
  const bool is_unix = !place.socket.empty();
  const int fd = ::socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail_errno("socket");
  int failed = 0;
  if (is_unix) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& path = place.socket.native();
    if (path.size() >= sizeof address.sun_path) throw Failure("the path is too long: " + path);
    std::copy(path.begin(), path.end(), static_cast<char*>(address.sun_path));
    failed = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(place.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    failed = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  if (failed == 0) return fd;
  ::close(fd);
  return -1;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) fail_errno("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string as_frame(std::string_view text) {
  std::string frame;
  append_frame(frame, Opcode::text, text);
  return frame;
}

std::string printable(std::string text) {
  for (char& c : text) c = c >= ' ' && c <= '~' ? c : '.';
  return text;
}

double microseconds_since(Clock::time_point then) {
  return std::chrono::duration<double, std::micro>(Clock::now() - then).count();
}

std::string as_redis(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return text;
}

}  // namespace

// Asks two things in turn.
struct LeanLoad::Client {
  int fd = -1;
  Dialect dialect = Dialect::synapse;
  std::array<std::string, 2> requests;
  std::array<std::string, 2> answers;  // What stands in them.
  std::size_t turn = 0;
  std::string in;
  Clock::time_point asked;
};

LeanLoad::LeanLoad(const Place& place, std::size_t clients, std::size_t first)
    : first_(first), clients_(clients) {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) fail_errno("epoll_create1");
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    connect(clients_[i], place, first_ + i);
    // A crowd takes longer to come than a hub waits for the answer to a ping.
    if (wait(0) == 0) continue;
    for (const std::size_t number : ready_) static_cast<void>(hear(clients_[number]));
  }
}

LeanLoad::~LeanLoad() {
  for (const Client& client : clients_) {
    if (client.fd >= 0) ::close(client.fd);
  }
  ::close(epoll_);
}

void LeanLoad::connect(Client& client, const Place& place, std::size_t number) {
  client.fd = dial(place);
  if (client.fd < 0) fail_errno("connect");
  client.dialect = place.dialect;
  const std::string name = agent_name(number);
  const std::string task = "task-" + std::to_string(number);
  const std::string path = "src/own-" + std::to_string(number) + "/main.cpp";
  if (place.dialect == Dialect::redis) {
    client.requests = {as_redis({"SET", "lock:" + path, name, "NX", "PX", "30000"}),
                       as_redis({"DEL", "lock:" + path})};
    client.answers = {"+OK\r\n", ":1\r\n"};
  } else if (place.dialect == Dialect::mail) {
    const std::string next = agent_name(first_ + (number - first_ + 1) % clients_.size());
    client.requests.fill(as_frame(mail_text(name, next)));
    client.answers.fill("chat_accepted");
  } else {
    client.requests = {as_frame(claim_text(name, task, path)), as_frame(release_text(name, task))};
    client.answers = {"claim_granted", "release_granted"};
  }
  if (place.dialect == Dialect::synapse || place.dialect == Dialect::mail) {
    greet(client, place, number);
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = number - first_;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event) != 0) fail_errno("epoll_ctl");
}

// The upgrade, the hello, and a question whose answer shows that nothing else is on its way; one
// that is short, however many agents there are.
void LeanLoad::greet(Client& client, const Place& place, std::size_t number) {
  std::string in;
  const auto receive = [&] {
    std::array<char, 4096> bytes;
    const ssize_t got = ::recv(client.fd, bytes.data(), bytes.size(), 0);
    if (got <= 0) fail_errno("the server's greeting");
    in.append(bytes.data(), static_cast<std::size_t>(got));
  };
  send_all(client.fd, upgrade_request(place.port));
  std::optional<std::size_t> upgraded;
  while (!(upgraded = upgrade_answer_size(in))) receive();
  in.erase(0, *upgraded);
  const std::string name = agent_name(number);
  send_all(client.fd, as_frame(deaf_heartbeat_text(name)) + as_frame(board_request_text(name)));
  for (;;) {
    const std::optional<Frame> frame = next_frame(in);
    if (!frame) {
      receive();
      continue;
    }
    const std::string_view type = type_of(frame->payload);
    expect_no_refusal(type, frame->payload);
    if (type == "board_snapshot") return;
    in.erase(0, frame->size);
  }
}

void LeanLoad::ask(Client& client) {
  client.asked = Clock::now();
  send_all(client.fd, client.requests[client.turn]);
}

bool LeanLoad::hear(Client& client) {
  std::array<char, 4096> bytes;
  const ssize_t got = ::recv(client.fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got == 0) throw Failure("the server closed a socket");
  if (got < 0 && errno == EAGAIN) return false;
  if (got < 0) fail_errno("recv");
  client.in.append(bytes.data(), static_cast<std::size_t>(got));
  if (client.in.size() > answer_bytes_max) throw Failure("an answer never ends");
  if (client.dialect == Dialect::redis) {
    if (!client.in.ends_with("\r\n")) return false;
    if (client.in != client.answers[client.turn]) throw Failure("answered " + printable(client.in));
    client.in.clear();
  } else {
    bool is_answered = false;
    while (const std::optional<Frame> frame = next_frame(client.in)) {
      if (frame->opcode == Opcode::ping) {
        std::string pong;
        append_frame(pong, Opcode::pong, frame->payload);
        send_all(client.fd, pong);
      } else if (client.dialect == Dialect::mail && type_of(frame->payload) == "chat") {
        // Its own, which comes before the answer, or one for it.
      } else if (is_answered || (client.dialect != Dialect::bytes &&
                                 type_of(frame->payload) != client.answers[client.turn])) {
        throw Failure("answered " + printable(client.in));
      } else {
        is_answered = true;
      }
      client.in.erase(0, frame->size);
    }
    if (!is_answered) return false;
  }
  client.turn = 1 - client.turn;
  return true;
}

std::vector<double> LeanLoad::run(std::size_t operations) {
  std::vector<double> times;
  times.reserve(operations);
  std::size_t asked = 0;
  for (Client& client : clients_) {
    if (asked == operations) break;
    ask(client);
    ++asked;
  }
  while (times.size() < operations) {
    if (wait(silence_max_ms) == 0) throw Failure("nothing comes any more");
    for (const std::size_t number : ready_) {
      Client& client = clients_[number];
      if (!hear(client)) continue;
      times.push_back(microseconds_since(client.asked));
      if (asked == operations) continue;
      ask(client);
      ++asked;
    }
  }
  return times;
}

std::size_t LeanLoad::wait(int patience_ms) {
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_, events.data(), events.size(), patience_ms);
  fail_if_signalled();
  if (count < 0 && errno != EINTR) fail_errno("epoll_wait");
  ready_.clear();
  for (int i = 0; i < count; ++i) {
    ready_.push_back(static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64));
  }
  return ready_.size();
}

struct LeanLoad::Schedule {
  Clock::time_point begin;
  std::chrono::duration<double> interval;
  std::size_t operations;
  std::size_t asked = 0;
  std::deque<std::size_t> idle;  // Clients, the one that has waited longest first.

  [[nodiscard]] Clock::time_point due() const {
    return begin +
           std::chrono::duration_cast<Clock::duration>(interval * static_cast<double>(asked));
  }
};

void LeanLoad::ask_due(Schedule& schedule) {
  while (schedule.asked < schedule.operations && !schedule.idle.empty()) {
    const Clock::time_point due = schedule.due();
    if (due > Clock::now()) return;
    Client& client = clients_[schedule.idle.front()];
    schedule.idle.pop_front();
    ask(client);
    client.asked = due;
    ++schedule.asked;
  }
}

std::vector<double> LeanLoad::run_at(double rate, std::size_t operations) {
  Schedule schedule{Clock::now(), std::chrono::duration<double>(1 / rate), operations, 0, {}};
  for (std::size_t i = 0; i < clients_.size(); ++i) schedule.idle.push_back(i);
  std::vector<double> times;
  times.reserve(operations);
  Clock::time_point heard = Clock::now();
  while (times.size() < operations) {
    ask_due(schedule);
    // This program has a core of its own, and a sleep would be late.
    if (wait(0) != 0) heard = Clock::now();
    if (Clock::now() - heard > std::chrono::milliseconds(silence_max_ms)) {
      throw Failure("nothing comes any more");
    }
    for (const std::size_t number : ready_) {
      Client& client = clients_[number];
      if (!hear(client)) continue;
      times.push_back(microseconds_since(client.asked));
      schedule.idle.push_back(number);
    }
  }
  return times;
}

void LeanLoad::hold(std::size_t claims_each) {
  for (std::size_t number = 0; number < clients_.size(); ++number) {
    Client& client = clients_[number];
    const std::string name = agent_name(first_ + number);
    for (std::size_t i = 0; i < claims_each; ++i) {
      const std::string which = std::to_string(number) + "-" + std::to_string(i);
      send_all(client.fd,
               as_frame(claim_text(name, "kept-" + which, "kept/" + which + "/main.cpp")));
      // As a release is answered, so is this; its turn comes back to where it was.
      const std::string expected = std::exchange(client.answers[client.turn], "claim_granted");
      while (!hear(client)) {
        if (wait(silence_max_ms) == 0) throw Failure("nothing comes any more");
      }
      client.turn = 1 - client.turn;
      client.answers[client.turn] = expected;
    }
  }
}

bool is_listening(const Place& place) {
  const int fd = dial(place);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

}  // namespace synapse::bench
