// SPDX-License-Identifier: AGPL-3.0-or-later
// A language model behind an HTTP server that speaks OpenAI's chat completions: their own, an
// Ollama, or any other.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "net/http_client.hpp"
#include "workers/chat_backend.hpp"

namespace synapse::workers {

struct ModelOptions {
  net::Uri base;  // Of the API, such as http://localhost:11434/v1.
  std::string model;
  std::string key;  // Sent as a bearer token; blank: none is.
  std::string tls_ca;
  std::optional<double> temperature = 0.2;  // Nothing: none is sent.
  std::chrono::milliseconds timeout{60'000};
  std::size_t answer_bytes_max = 1UL << 20U;
};

// The address of an API. Errors: bad_argument, also for a query, which no path could follow.
[[nodiscard]] Result<net::Uri> parse_base_url(const std::string& text);
// Whether what is sent there stays on this machine, by the host alone.
[[nodiscard]] bool is_on_this_machine(const net::Uri& uri);

// A model that takes no temperature is asked without one, from then on.
class ModelBackend final : public ChatBackend {
 public:
  explicit ModelBackend(ModelOptions options);
  [[nodiscard]] Result<std::string> answer(const Prompt& prompt) override;
  void cancel() override;

 private:
  [[nodiscard]] Result<net::HttpResponse> ask(const Prompt& prompt);

  const ModelOptions options_;
  std::optional<double> temperature_;
  net::HttpClient client_;
};

}  // namespace synapse::workers
