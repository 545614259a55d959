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

// The servers' own explanation: {"error": {"message": "..."}}, or {"error": "..."}.
std::string detail_of(std::string_view body) {
  const Json error = member(Json::parse(body, nullptr, false), "error");
  std::string detail = text_of(error);
  if (detail.empty()) detail = text_of(member(error, "message"));
  return detail;
}

std::string failure(const ModelAnswer& answer) {
  const std::string status = "HTTP " + std::to_string(answer.status);
  switch (answer.status) {
    case 401:
    case 403:
      // Its own words are left out: they are about the key.
      return "the model server refused the key (" + status + "); see --api-key-env";
    case 429: {
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
  std::string detail = detail_of(answer.body);
  if (!detail.empty()) detail = ": " + detail;
  return "the model server answered " + status + detail;
}

// `content` is a text, or a list of parts of which some are text.
std::string content_of(const Json& content) {
  if (!content.is_array()) return text_of(content);
  std::string whole;
  for (const Json& part : content) whole += text_of(member(part, "text"));
  return whole;
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

std::string completion_request(const std::string& model, const std::string& system,
                               const std::string& user) {
  const Json request = {{"model", model},
                        {"messages", Json::array({{{"role", "system"}, {"content", system}},
                                                  {{"role", "user"}, {"content", user}}})},
                        {"temperature", 0.2}};
  return wire::json_text(request);
}

Result<std::string> completion_of(const ModelAnswer& answer, std::string_view key) {
  if (answer.status < 200 || answer.status > 299) {
    const std::string why = one_line(failure(answer), 2 * detail_characters_max);
    return fail(ErrorCode::unreachable, one_line(redacted(why, key), detail_characters_max));
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
    return fail(ErrorCode::corrupt, "the model server's answer holds no reply; see --base-url");
  }
  const std::string said = content_of(member(member(choices.front(), "message"), "content"));
  if (base::trim(said).empty()) return fail(ErrorCode::corrupt, "the model said nothing");
  return redacted(said, key);
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
