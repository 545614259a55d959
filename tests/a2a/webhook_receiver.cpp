// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/webhook_receiver.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>

#include "base/strings.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"

namespace synapse::test {

std::string ReceivedHook::path() const {
  const std::size_t begin = head.find(' ') + 1;
  return head.substr(begin, head.find(' ', begin) - begin);
}

std::string ReceivedHook::header(const std::string& name) const {
  const std::string key = "\r\n" + base::to_lower(name) + ":";
  const std::size_t at = base::to_lower(head).find(key);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + key.size();
  return base::trimmed(head.substr(begin, head.find("\r\n", begin) - begin));
}

WebhookReceiver::WebhookReceiver(Answer answer)
    : answer_(std::move(answer)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(bind(listener_.get(), raw, size) == 0);
  REQUIRE(listen(listener_.get(), 64) == 0);
  REQUIRE(getsockname(listener_.get(), raw, &size) == 0);
  port_ = ntohs(address.sin_port);
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  stop_read_ = Fd(ends[0]);
  stop_write_ = Fd(ends[1]);
  thread_ = std::thread([this] { accept_all(); });
}

WebhookReceiver::~WebhookReceiver() {
  stop_write_.reset();
  thread_.join();
  for (std::thread& connection : connections_) connection.join();
}

ReceivedHook WebhookReceiver::next() {
  auto hook = received_.take(patience);
  REQUIRE(hook.has_value());
  return *std::move(hook);
}

std::string WebhookReceiver::status(const std::string& line, const std::string& headers) {
  return "HTTP/1.1 " + line + "\r\n" + headers + "Content-Length: 0\r\nConnection: close\r\n\r\n";
}

void WebhookReceiver::accept_all() {
  for (;;) {
    std::array<pollfd, 2> waits{
        {{listener_.get(), POLLIN, 0}, {stop_read_.get(), POLLIN | POLLHUP, 0}}};
    poll(waits.data(), waits.size(), -1);
    if (waits[1].revents != 0) return;
    const int connection = accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) connections_.emplace_back([this, connection] { serve(connection); });
  }
}

void WebhookReceiver::serve(int number) {
  const Fd connection(number);
  std::string text;
  std::size_t end = std::string::npos;
  std::size_t length = 0;
  std::array<char, 4096> bytes{};
  ReceivedHook hook;
  bool is_answered = false;
  for (;;) {
    std::array<pollfd, 2> waits{
        {{connection.get(), POLLIN, 0}, {stop_read_.get(), POLLIN | POLLHUP, 0}}};
    poll(waits.data(), waits.size(), -1);
    if (waits[1].revents != 0) return;
    const ssize_t got = recv(connection.get(), bytes.data(), bytes.size(), 0);
    if (got <= 0) return;
    text.append(bytes.data(), static_cast<std::size_t>(got));
    if (end == std::string::npos && (end = text.find("\r\n\r\n")) != std::string::npos) {
      hook.head = text.substr(0, end + 2);
      length = std::strtoul(hook.header("Content-Length").c_str(), nullptr, 10);
    }
    if (is_answered || end == std::string::npos || text.size() < end + 4 + length) continue;
    is_answered = true;
    hook.body = text.substr(end + 4);
    ++requests_;
    const std::string reply = answer_ ? answer_(hook) : status("204 No Content");
    received_.put(hook);
    if (reply.empty()) continue;
    static_cast<void>(send(connection.get(), reply.data(), reply.size(), MSG_NOSIGNAL));
    return;
  }
}

}  // namespace synapse::test
