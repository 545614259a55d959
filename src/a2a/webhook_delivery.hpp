// SPDX-License-Identifier: AGPL-3.0-or-later
// One try to deliver one webhook, redirects included. Blocks, for as long as it is given; used by
// webhook_sender's threads.
//
// A name is looked up once a hop. If any address that comes back is refused, nothing is sent at
// all; else the connection goes to one of the very addresses that were judged, so a name that
// answers otherwise the next time gains nothing. A redirect is a URL like the first: judged anew,
// and what is secret stays behind when it leads to another origin.
#pragma once

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "a2a/webhook.hpp"
#include "base/error.hpp"
#include "net/http_client.hpp"

namespace synapse::a2a {

// How the world outside is asked. Tests put their own in.
struct WebhookWorld {
  using Addresses = std::vector<boost::asio::ip::address>;
  // All addresses of a name, at least one, within the time; sooner once the flag is up. Errors:
  // unreachable, timed_out.
  std::function<Result<Addresses>(const std::string& host, std::chrono::milliseconds patience,
                                  const std::atomic<bool>& is_stopping)>
      resolve;
  // As refused_class().
  std::function<std::string_view(const boost::asio::ip::address&)> judge;
};

// The system's resolver and the rule of webhook_address.hpp.
[[nodiscard]] WebhookWorld real_world();

enum class Delivery {
  done,
  later,  // Worth another try.
  never,
};
struct DeliveryReport {
  Delivery delivery = Delivery::done;
  std::string why;  // With the host, but nothing else of the URL: paths hold secrets.
};

[[nodiscard]] DeliveryReport deliver(net::HttpClient& client, const WebhookWorld& world,
                                     const Webhook& webhook, std::chrono::milliseconds patience,
                                     const std::atomic<bool>& is_stopping);

// The URL that a redirect from `from` means. Errors: bad_argument.
[[nodiscard]] Result<std::string> redirected(const net::Uri& from, std::string_view location);

}  // namespace synapse::a2a
