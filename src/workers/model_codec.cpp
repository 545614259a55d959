// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/model_codec.hpp"

#include <algorithm>

#include "base/control.hpp"
#include "base/strings.hpp"
#include "wire/json_document.hpp"
#include "workers/one_line.hpp"

namespace synapse::workers {

namespace {

using wire::Json;
using wire::member;

constexpr std::size_t detail_characters_max = 160;
constexpr std::size_t models_max = 1000;

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

// The server's own explanation: {"error": {"message": "..."}} or {"error": "..."}, as OpenAI and
// Ollama have it; {"object": "error", "message": "..."} of vLLM; {"detail": "..."} or
// {"detail": [{"msg": "..."}]} of what is made with FastAPI.
std::string detail_of(const Json& document) {
  const Json& error = member(document, "error");
  const Json& detail = member(document, "detail");
  const Json first = detail.is_array() && !detail.empty() ? detail[0] : Json();
  for (const Json* value : {&error, &member(error, "message"), &member(document, "message"),
                            &detail, &member(first, "msg")}) {
    if (std::string text = text_of(*value); !text.empty()) return text;
  }
  return {};
}

bool has_no_quota(const Json& document) {
  const Json& error = member(document, "error");
  return member(error, "code") == "insufficient_quota" ||
         member(error, "type") == "insufficient_quota";
}

std::string failure(const ModelAnswer& answer) {
  const std::string status = "HTTP " + std::to_string(answer.status);
  const Json document = Json::parse(answer.body, nullptr, false);
  switch (answer.status) {
    case 401:
    case 403:
      // Its own words are left out: they are about the key.
      return "the model server refused the key (" + status + "); see --api-key-env";
    case 404:
      if (!document.is_object()) {
        return "the model server has nothing at that address (" + status + "); see --base-url";
      }
      break;
    case 429: {
      if (has_no_quota(document)) {
        return "the quota of the model server's account is used up (" + status + ")";
      }
      const std::string wait = one_line(answer.retry_after, 40);
      const bool is_seconds = !wait.empty() && std::all_of(wait.begin(), wait.end(), [](char c) {
        return c >= '0' && c <= '9';
      });
      return "the model server has too much to do (" + status + "); " +
             (is_seconds ? "it says to try again in " + wait + " s" : "try again later");
    }
    default:
      break;
  }
  const bool is_elsewhere = answer.status >= 300 && answer.status < 400;
  if (is_elsewhere) {
    return "the model server sends us elsewhere (" + status +
           "), which is not followed; see "
           "--base-url";
  }
  std::string detail = detail_of(document);
  if (!detail.empty()) detail = ": " + detail;
  return "the model server answered " + status + detail;
}

// A server's words in a sentence of ours, short and without the key.
Error told(ErrorCode code, const std::string& sentence, std::string_view key) {
  const std::string why = one_line(sentence, 2 * detail_characters_max);
  return fail(code, one_line(redacted(why, key), detail_characters_max));
}

// `content` is a text, or a list of parts of which some are text.
std::string content_of(const Json& content) {
  if (!content.is_array()) return text_of(content);
  std::string whole;
  for (const Json& part : content) whole += text_of(member(part, "text"));
  return whole;
}

// Models that reason aloud put that before their answer; some leave out where it begins.
std::string_view without_thoughts(std::string_view text) {
  constexpr std::string_view end = "</think>";
  const std::size_t at = text.rfind(end);
  if (at != std::string_view::npos) return text.substr(at + end.size());
  return base::trim(text).starts_with("<think>") ? std::string_view() : text;
}

// Why there is no answer in a choice.
std::string silence_of(const Json& choice) {
  const Json& message = member(choice, "message");
  if (const std::string refusal = text_of(member(message, "refusal")); !refusal.empty()) {
    return "the model refuses to answer: " + refusal;
  }
  const Json& calls = member(message, "tool_calls");
  if (calls.is_array() && !calls.empty()) {
    return "the model wants to use a tool, and has none here";
  }
  if (member(choice, "finish_reason") == "length") {
    return "the model was cut short before it answered: its limit of tokens is too low";
  }
  return "the model said nothing";
}

// Whether some `length` bytes of the text from `at` on are in the secret; the longest such length.
std::size_t shared_length(std::string_view text, std::size_t at, std::string_view secret,
                          std::size_t length_min) {
  std::size_t length = 0;
  while (at + length < text.size() && length < secret.size() &&
         secret.find(text.substr(at, length + 1)) != std::string_view::npos) {
    ++length;
  }
  return length >= length_min ? length : 0;
}

}  // namespace

std::string completion_request(const CompletionWish& wish) {
  Json request = {{"model", wish.model},
                  {"messages", Json::array({{{"role", "system"}, {"content", wish.system}},
                                            {{"role", "user"}, {"content", wish.user}}})}};
  if (wish.temperature) request["temperature"] = *wish.temperature;
  return wire::json_text(request);
}

bool refuses_temperature(const ModelAnswer& answer) {
  if (answer.status != 400) return false;
  const Json document = Json::parse(answer.body, nullptr, false);
  return member(member(document, "error"), "param") == "temperature" ||
         base::to_lower(detail_of(document)).find("temperature") != std::string::npos;
}

Result<std::string> completion_of(const ModelAnswer& answer, std::string_view key) {
  if (answer.status < 200 || answer.status > 299) {
    return told(ErrorCode::unreachable, failure(answer), key);
  }
  if (base::to_lower(answer.content_type).starts_with("text/event-stream")) {
    return fail(ErrorCode::corrupt,
                "the model server streams its answer, though it was asked for a whole one");
  }
  const Json document = Json::parse(answer.body, nullptr, false);
  if (document.is_discarded()) {
    return fail(ErrorCode::corrupt, "the model server's answer is no JSON; see --base-url");
  }
  const Json& choices = member(document, "choices");
  if (!choices.is_array() || choices.empty()) {
    // LM Studio says what is wrong under a status of success.
    std::string detail = detail_of(document);
    if (!detail.empty()) detail = " (" + detail + ")";
    return told(ErrorCode::corrupt,
                "the model server's answer holds no reply" + detail + "; see --base-url", key);
  }
  const std::string said = content_of(member(member(choices.front(), "message"), "content"));
  const std::string_view meant = without_thoughts(said);
  if (base::trim(meant).empty()) return told(ErrorCode::corrupt, silence_of(choices.front()), key);
  return redacted(meant, key);
}

Result<std::vector<std::string>> models_of(const ModelAnswer& answer) {
  if (answer.status != 200) {
    return fail(ErrorCode::unreachable, "it answered HTTP " + std::to_string(answer.status));
  }
  const Json document = Json::parse(answer.body, nullptr, false);
  const Json& models = member(document, "models");
  if (!models.is_array()) return fail(ErrorCode::corrupt, "its answer is no list of models");
  std::vector<std::string> names;
  for (const Json& model : models) {
    const std::string name = text_of(member(model, "name"));
    if (!name.empty() && !base::has_control(name) && names.size() < models_max) {
      names.push_back(name);
    }
  }
  return names;
}

std::string redacted(std::string_view text, std::string_view secret) {
  if (secret.empty()) return std::string(text);
  const std::size_t length_min = std::min<std::size_t>(secret.size(), 8);
  std::string clean;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t shared = shared_length(text, at, secret, length_min);
    if (shared == 0) {
      clean += text[at++];
      continue;
    }
    clean += "***";
    at += shared;
  }
  return clean;
}

}  // namespace synapse::workers
