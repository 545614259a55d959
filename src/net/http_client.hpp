// SPDX-License-Identifier: AGPL-3.0-or-later
// One HTTP(S) exchange at a time: a request out, its answer back, both bounded in size and time.
//
// exchange() blocks the thread that calls it, one at a time, and runs the connection there;
// cancel() comes from any other thread, ends the exchange under way at once and refuses all later
// ones. No redirect is followed: a request may carry a secret, which is meant for the host that it
// names. Each exchange has a connection of its own.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>

#include "base/error.hpp"
#include "net/http_client_codec.hpp"

namespace synapse::net {

enum class TlsVerify;

struct HttpClientOptions {
  std::string tls_ca;  // PEM roots for https; blank: the system's.
  TlsVerify tls_verify{};
  std::chrono::milliseconds timeout{60'000};  // Of a whole exchange, the look-up of the host too.
  std::size_t body_bytes_max = 1UL << 20U;
};

class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any status is an answer. Errors: bad_argument, unreachable, tls_failed, timed_out, closed,
  // corrupt, field_too_long, cancelled; no message holds anything of the request but its host.
  [[nodiscard]] Result<HttpResponse> exchange(const HttpCall& call);
  void cancel();

 private:
  const HttpClientOptions options_;
  std::mutex mutex_;
  bool is_cancelled_ = false;
  std::function<void()> cancel_current_;  // Nothing: no exchange is under way.
};

}  // namespace synapse::net
