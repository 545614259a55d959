// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/webhook_delivery.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "a2a/webhook_address.hpp"
#include "base/strings.hpp"
#include "net/lookup.hpp"
#include "synapse/version.hpp"

namespace synapse::a2a {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
namespace asio = boost::asio;

constexpr int redirects_max = 3;
constexpr std::size_t addresses_max = 16;
constexpr milliseconds share_min{250};

// How soon a look-up notices that nobody wants it any more.
constexpr milliseconds stop_latency{50};

milliseconds left_until(Clock::time_point deadline) {
  return std::chrono::ceil<milliseconds>(deadline - Clock::now());
}

Result<WebhookWorld::Addresses> ask_system(const std::string& host, milliseconds patience,
                                           const std::atomic<bool>& is_stopping) {
  asio::io_context io{1};
  std::optional<Result<net::Lookup::Endpoints>> found;
  const auto lookup = net::Lookup::start(
      io.get_executor(), host, 0,
      [&found](Result<net::Lookup::Endpoints> got) { found.emplace(std::move(got)); });
  const Clock::time_point deadline = Clock::now() + patience;
  while (!found && !is_stopping && left_until(deadline) > milliseconds(0)) {
    io.run_for(std::min(stop_latency, left_until(deadline)));
  }
  lookup->cancel();
  if (!found) return fail(ErrorCode::timed_out, "the name server gave no answer in time");
  if (!*found) return found->error();
  WebhookWorld::Addresses addresses;
  for (const auto& endpoint : **found) addresses.push_back(endpoint.address());
  return addresses;
}

std::string origin_of(const net::Uri& uri) {
  return (uri.scheme == net::Uri::Scheme::https ? "https://" : "http://") +
         base::to_lower(uri.authority());
}

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 307 || status == 308;
}

DeliveryReport never(std::string why) { return {Delivery::never, std::move(why)}; }
DeliveryReport later(std::string why) { return {Delivery::later, std::move(why)}; }

class Try {
 public:
  Try(net::HttpClient& client, const WebhookWorld& world, const Webhook& webhook,
      milliseconds patience, const std::atomic<bool>& is_stopping)
      : client_(client),
        world_(world),
        webhook_(webhook),
        deadline_(Clock::now() + patience),
        is_stopping_(is_stopping) {}

  DeliveryReport run() {
    std::string url = webhook_.url;
    std::string first_origin;
    bool is_secure = false;  // The last address.
    for (int hop = 0; hop <= redirects_max; ++hop) {
      const Result<net::Uri> uri = check_webhook_url(url);
      if (!uri) return never(uri.error().message);
      if (hop == 0) first_origin = origin_of(*uri);
      const bool was_secure = std::exchange(is_secure, uri->scheme == net::Uri::Scheme::https);
      if (was_secure && uri->scheme == net::Uri::Scheme::http) {
        return never(uri->host + ": a redirect from https to http is not followed");
      }
      Result<net::HttpResponse> answer = fail(ErrorCode::unreachable);
      if (const auto failed = post(*uri, origin_of(*uri) == first_origin, answer)) return *failed;
      if (!is_redirect(answer->status)) return judged(*uri, answer->status);
      Result<std::string> next = redirected(*uri, answer->header("Location"));
      if (!next) return never(uri->host + ": " + next.error().message);
      url = *std::move(next);
    }
    return never("it is redirected more than " + std::to_string(redirects_max) + " times");
  }

 private:
  static DeliveryReport judged(const net::Uri& uri, unsigned status) {
    if (status / 100 == 2) return {};
    std::string why = uri.host + " answered " + std::to_string(status);
    const bool is_passing = status / 100 == 5 || status == 408 || status == 425 || status == 429;
    return is_passing ? later(std::move(why)) : never(std::move(why));
  }

  // The addresses to try: all of them judged, or a report of why none may be.
  std::optional<DeliveryReport> find(const net::Uri& uri, WebhookWorld::Addresses& addresses) {
    boost::system::error_code no_address;
    const asio::ip::address literal = asio::ip::make_address(uri.host, no_address);
    if (!no_address) {
      addresses = {literal};
    } else {
      Result<WebhookWorld::Addresses> found =
          world_.resolve(uri.host, std::max(left_until(deadline_), share_min), is_stopping_);
      if (!found) return later(uri.host + ": " + found.error().message);
      addresses = *std::move(found);
    }
    for (const asio::ip::address& address : addresses) {
      const std::string_view why = world_.judge(address);
      if (why.empty()) continue;
      return never("a webhook may not go to " + uri.host + ", which is " + address.to_string() +
                   ", " + std::string(why));
    }
    if (addresses.size() > addresses_max) addresses.resize(addresses_max);
    return std::nullopt;
  }

  std::optional<DeliveryReport> post(const net::Uri& uri, bool with_secrets,
                                     Result<net::HttpResponse>& answer) {
    WebhookWorld::Addresses addresses;
    if (auto refused = find(uri, addresses)) return refused;
    net::HttpCall call;
    call.uri = uri;
    net::HttpRequest& request = call.request;
    request.method = "POST";
    request.headers = {{"Content-Type", "application/a2a+json"},
                       {"User-Agent", "synapse/" + std::string(version())}};
    if (with_secrets && !webhook_.authorization.empty()) {
      request.headers.emplace_back("Authorization", webhook_.authorization);
    }
    if (with_secrets && !webhook_.token.empty()) {
      request.headers.emplace_back("X-A2A-Notification-Token", webhook_.token);
    }
    request.body = *webhook_.body;
    std::string why = uri.host + " gave no answer in time";
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      const milliseconds left = left_until(deadline_);
      if (left <= milliseconds(0)) break;
      // One that swallows packets must not hide a good one.
      call.timeout = std::max(left / static_cast<int>(addresses.size() - i), share_min);
      call.address = addresses[i].to_string();
      answer = client_.exchange(call);
      if (answer) return std::nullopt;
      why = answer.error().message;
      const bool never_arrived = answer.error().code == ErrorCode::unreachable ||
                                 answer.error().code == ErrorCode::timed_out;
      if (!never_arrived) break;
    }
    return later(why);
  }

  net::HttpClient& client_;
  const WebhookWorld& world_;
  const Webhook& webhook_;
  const Clock::time_point deadline_;
  const std::atomic<bool>& is_stopping_;
};

}  // namespace

WebhookWorld real_world() { return {ask_system, refused_class}; }

Result<std::string> redirected(const net::Uri& from, std::string_view location) {
  location = base::trim(location.substr(0, location.find('#')));
  if (location.empty()) {
    return fail(ErrorCode::bad_argument, "a redirect does not say where to");
  }
  const std::string origin = origin_of(from);
  if (location.starts_with("//")) {
    return origin.substr(0, origin.find(':') + 1) + std::string(location);
  }
  if (location.starts_with('/')) return origin + std::string(location);
  const std::size_t colon = location.find(':');
  if (colon != std::string_view::npos && location.find_first_of("/?") > colon) {
    return std::string(location);
  }
  const std::string_view path = std::string_view(from.target).substr(0, from.target.find('?'));
  return origin + std::string(path.substr(0, path.rfind('/') + 1)) + std::string(location);
}

DeliveryReport deliver(net::HttpClient& client, const WebhookWorld& world, const Webhook& webhook,
                       milliseconds patience, const std::atomic<bool>& is_stopping) {
  return Try(client, world, webhook, patience, is_stopping).run();
}

}  // namespace synapse::a2a
