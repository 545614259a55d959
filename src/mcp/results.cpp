// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/results.hpp"

#include <utility>

#include "synapse/version.hpp"

namespace synapse::mcp {

namespace {

constexpr std::string_view what_to_do =
    "Other agents work on the same files. Before you edit, claim the task with its paths; if that "
    "is refused, do something else or ask the holder. Release when done. synapse_inbox has what "
    "others tell you.";

Json text_content(const std::string& text) { return {{"type", "text"}, {"text", text}}; }

}  // namespace

Json server_info(const Revision& revision) {
  Json server{{"name", "synapse"}, {"version", std::string(version())}};
  if (revision.server_title == Support::present) server["title"] = "Synapse";
  if (revision.server_details == Support::present) {
    server["description"] = "Coordinates coding agents that work side by side";
  }
  return server;
}

Json server_capabilities() {
  return {{"tools", Json::object()}, {"resources", {{"subscribe", true}}}};
}

std::string server_instructions(std::string_view name) {
  std::string text;
  if (!name.empty()) text.append("You are ").append(name).append(". ");
  return text.append(what_to_do);
}

Json tool_result(const Outcome& outcome, const std::vector<std::string>& notes,
                 const Revision& revision) {
  Json content = Json::array({text_content(outcome.text)});
  for (const std::string& note : notes) content.push_back(text_content(note));
  Json result = with_one("content", std::move(content));
  if (outcome.verdict != Verdict::done) result["isError"] = true;
  if (revision.structured_output == Support::present) {
    result["structuredContent"] = outcome.structured;
  }
  return result;
}

Json argument_result(const std::string& why) {
  return {{"content", Json::array({text_content(why)})}, {"isError", true}};
}

Json resource_result(const std::string& uri, const Outcome& outcome) {
  const Json contents{{"uri", uri},
                      {"mimeType", "application/json"},
                      {"text", wire::json_text(outcome.structured)}};
  return with_one("contents", Json::array({contents}));
}

Json with_one(const char* name, Json&& value) {
  Json object = Json::object();
  object[name] = std::move(value);
  return object;
}

const std::string* text_or_null(const Json& object, const char* name) {
  const Json& value = rpc::member(object, name);
  return value.is_string() ? &value.get_ref<const std::string&>() : nullptr;
}

}  // namespace synapse::mcp
