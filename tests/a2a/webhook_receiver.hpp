// SPDX-License-Identifier: AGPL-3.0-or-later
// A web server on loopback that gets webhooks: notes each request and answers as the test says.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <string>
#include <thread>

#include "net/mailbox.hpp"
#include "support/fd.hpp"

namespace synapse::test {

struct ReceivedHook {
  std::string head;  // With the first line.
  std::string body;

  [[nodiscard]] std::string path() const;
  [[nodiscard]] std::string header(const std::string& name) const;  // Blank: there is none.
};

class WebhookReceiver {
 public:
  // What to answer, whole; blank: nothing, until the receiver goes.
  using Answer = std::function<std::string(const ReceivedHook&)>;

  explicit WebhookReceiver(Answer answer = {});
  ~WebhookReceiver();
  WebhookReceiver(const WebhookReceiver&) = delete;
  WebhookReceiver& operator=(const WebhookReceiver&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // The next request; fails the test when none comes.
  [[nodiscard]] ReceivedHook next();
  [[nodiscard]] int requests() const { return requests_; }

  [[nodiscard]] static std::string status(const std::string& line, const std::string& headers = "");

 private:
  void accept_all();
  void serve(int socket);

  const Answer answer_;
  Fd listener_;
  Fd stop_read_;
  Fd stop_write_;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_ = 0;
  net::Mailbox<ReceivedHook> received_{10'000};
  std::list<std::thread> connections_;
  std::thread thread_;
};

}  // namespace synapse::test
