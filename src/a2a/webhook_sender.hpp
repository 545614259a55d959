// SPDX-License-Identifier: AGPL-3.0-or-later
// Sends webhooks beside everything else. What is to be sent waits in a line a host, bounded, and
// leaves in its order; each try runs on one of a few threads, and what fails is tried again after
// growing pauses. So a host that hangs delays its own webhooks and no request of anybody.
//
// Used from the thread that runs the io_context, where its state lives.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "a2a/webhook_delivery.hpp"

namespace synapse::a2a {

struct WebhookOptions {
  WebhookWorld world = real_world();
  std::chrono::milliseconds try_patience{5000};
  // Before the second try, the third …; after the last one it is given up.
  std::vector<std::chrono::milliseconds> pauses{std::chrono::seconds(1), std::chrono::seconds(5),
                                                std::chrono::seconds(25)};
  std::size_t threads = 8;
  std::size_t waiting_max = 1024;
  std::size_t waiting_of_host_max = 256;         // The oldest gives way.
  std::string tls_ca;                            // PEM roots for https; blank: the system's.
  std::function<void(const std::string&)> tell;  // A line for the operator.
};

class WebhookSender {
 public:
  WebhookSender(boost::asio::io_context& io, WebhookOptions options);
  ~WebhookSender();  // As stop().
  WebhookSender(const WebhookSender&) = delete;
  WebhookSender& operator=(const WebhookSender&) = delete;

  void send(Webhook webhook);
  // Ends tries that are under way. What was not delivered: what waited, and what was being tried,
  // for nobody knows whether it arrived. The last call but counts().
  std::vector<Webhook> stop();

  struct Counts {
    std::uint64_t delivered = 0;
    std::uint64_t given_up = 0;
    std::uint64_t dropped = 0;  // Too many waited.
    std::size_t waiting = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace synapse::a2a
