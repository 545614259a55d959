// SPDX-License-Identifier: AGPL-3.0-or-later
// What is said to a model server and what it says: the chat completions of OpenAI's API, which
// Ollama, vLLM, llama.cpp and most others speak, and Ollama's list of models. Pure, so that
// whatever a server sends can be tried on it by tests and a fuzzer.
//
// A server's words are others' text, and may hold the key that it was sent. Nothing that comes out
// of here does: redacted() is applied to replies and errors alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace synapse::workers {

struct ModelAnswer {
  unsigned status = 0;
  std::string_view content_type;
  std::string_view retry_after;
  std::string_view body;
};

struct CompletionWish {
  std::string model;
  std::string system;
  std::string user;
  std::optional<double> temperature;  // Nothing: the model's own.
};
// The body of a POST to BASE/chat/completions.
[[nodiscard]] std::string completion_request(const CompletionWish& wish);
// Whether the server wants nothing but the temperature left out: models that reason take none.
[[nodiscard]] bool refuses_temperature(const ModelAnswer& answer);

// What the model said, without what it thought before. Errors, each a sentence for people:
// unreachable (the server answered with a status of failure), corrupt (there is no reply in its
// answer).
[[nodiscard]] Result<std::string> completion_of(const ModelAnswer& answer, std::string_view key);

// The names of the models that an Ollama has, from its /api/tags; at most 1000. Errors: as above.
[[nodiscard]] Result<std::vector<std::string>> models_of(const ModelAnswer& answer);

// The text with `***` in place of the secret and of every part of it of eight bytes or more:
// servers like to repeat a key shortened. A secret of fewer bytes is only replaced whole.
[[nodiscard]] std::string redacted(std::string_view text, std::string_view secret);

}  // namespace synapse::workers
