// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/webhook_sender.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <optional>
#include <thread>

#include "base/control.hpp"
#include "base/quiet_thread.hpp"
#include "base/strings.hpp"
#include "net/mailbox.hpp"
#include "net/tls.hpp"

namespace synapse::a2a {

namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::size_t answer_bytes_max = 64UL << 10U;
constexpr std::chrono::seconds telling_pause{1};

net::HttpClientOptions client_options(const WebhookOptions& options) {
  net::HttpClientOptions client;
  client.tls_ca = options.tls_ca;
  client.timeout = options.try_patience;
  client.body_bytes_max = answer_bytes_max;
  return client;
}

}  // namespace

class WebhookSender::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, WebhookOptions options)
      : io_(io),
        options_(std::move(options)),
        client_count_(std::max<std::size_t>(options_.threads, 1)),
        tries_(options_.waiting_max + 1) {}

  void start() {
    for (std::size_t i = 0; i < client_count_; ++i) {
      clients_.push_back(std::make_unique<net::HttpClient>(client_options(options_)));
      threads_.push_back(
          base::quiet_thread([this, client = clients_.back().get()] { work(*client); }));
    }
  }

  std::vector<Webhook> stop() {
    if (is_stopping_.exchange(true)) return {};
    tries_.close(fail(ErrorCode::cancelled));
    for (const auto& client : clients_) client->cancel();
    for (std::thread& thread : threads_) thread.join();
    std::vector<Webhook> left;
    for (auto& [key, host] : hosts_) {
      for (Webhook& webhook : host.waiting) left.push_back(std::move(webhook));
    }
    hosts_.clear();
    return left;
  }

  void send(Webhook webhook) {
    const Result<net::Uri> uri = net::parse_http_uri(webhook.url);
    if (!uri) return give_up(uri.error().message);
    const std::string key = base::to_lower(uri->host) + ":" + std::to_string(uri->port);
    if (counts_.waiting >= options_.waiting_max) return drop(uri->host);
    Host& host = hosts_.try_emplace(key, io_).first->second;
    if (host.waiting.size() >= std::max<std::size_t>(options_.waiting_of_host_max, 2)) {
      // The one at the front is on its way.
      host.waiting.erase(host.waiting.begin() + 1);
      --counts_.waiting;
      drop(uri->host);
    }
    host.waiting.push_back(std::move(webhook));
    ++counts_.waiting;
    if (!host.is_busy) try_first(key, host);
  }

  [[nodiscard]] Counts counts() const { return counts_; }

 private:
  struct Host {
    explicit Host(asio::io_context& io) : timer(io) {}
    std::deque<Webhook> waiting;
    asio::steady_timer timer;  // To the next try of the one at the front.
    std::size_t tries = 0;     // Of that one.
    bool is_busy = false;      // It is being tried, or waits for its next try.
  };
  struct Job {
    std::string key;
    Webhook webhook;
  };

  // On a thread of its own.
  void work(net::HttpClient& client) {
    while (const std::optional<Job> job = tries_.take()) {
      if (is_stopping_) return;
      DeliveryReport report =
          deliver(client, options_.world, job->webhook, options_.try_patience, is_stopping_);
      asio::post(io_, [weak = weak_from_this(), key = job->key, report = std::move(report)] {
        if (const auto self = weak.lock()) self->tried(key, report);
      });
    }
  }

  void try_first(const std::string& key, Host& host) {
    host.is_busy = true;
    tries_.put({key, host.waiting.front()});
  }

  void tried(const std::string& key, const DeliveryReport& report) {
    const auto found = hosts_.find(key);
    if (found == hosts_.end()) return;
    Host& host = found->second;
    if (report.delivery == Delivery::later && host.tries < options_.pauses.size()) {
      host.timer.expires_after(options_.pauses[host.tries++]);
      host.timer.async_wait([weak = weak_from_this(), key](boost::system::error_code code) {
        const auto self = weak.lock();
        if (code || !self) return;
        const auto again = self->hosts_.find(key);
        if (again != self->hosts_.end()) self->try_first(key, again->second);
      });
      return;
    }
    if (report.delivery == Delivery::done) {
      ++counts_.delivered;
    } else {
      give_up(report.why);
    }
    host.waiting.pop_front();
    --counts_.waiting;
    host.tries = 0;
    host.is_busy = false;
    if (host.waiting.empty()) {
      hosts_.erase(found);
    } else {
      try_first(key, host);
    }
  }

  void give_up(const std::string& why) {
    ++counts_.given_up;
    tell("a webhook was given up: " + why);
  }

  void drop(const std::string& host) {
    ++counts_.dropped;
    tell("too many webhooks wait; one to " + host + " was dropped");
  }

  // Clients choose the URLs, so they must not be able to flood the operator.
  void tell(const std::string& line) {
    const Clock::time_point now = Clock::now();
    if (!options_.tell || (told_at_ && now - *told_at_ < telling_pause)) return;
    told_at_ = now;
    options_.tell(base::escape_control(line, base::LineBreaks::escape));
  }

  asio::io_context& io_;
  const WebhookOptions options_;
  const std::size_t client_count_;
  net::Mailbox<Job> tries_;
  std::atomic<bool> is_stopping_ = false;
  std::map<std::string, Host> hosts_;
  Counts counts_;
  std::optional<Clock::time_point> told_at_;
  std::vector<std::unique_ptr<net::HttpClient>> clients_;
  std::vector<std::thread> threads_;
};

WebhookSender::WebhookSender(asio::io_context& io, WebhookOptions options)
    : impl_(std::make_shared<Impl>(io, std::move(options))) {
  impl_->start();
}

WebhookSender::~WebhookSender() { stop(); }

std::vector<Webhook> WebhookSender::stop() { return impl_->stop(); }

void WebhookSender::send(Webhook webhook) { impl_->send(std::move(webhook)); }

WebhookSender::Counts WebhookSender::counts() const { return impl_->counts(); }

}  // namespace synapse::a2a
