// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/card.hpp"

#include <algorithm>
#include <set>

#include "base/strings.hpp"
#include "synapse/version.hpp"

namespace synapse::a2a {

namespace {

constexpr const char* what_it_does =
    "A bridge to coding agents that share one local bus: they claim files, talk, and work from one "
    "plan.";

Json modes() { return {"text/plain", "application/json"}; }

// A name as the end of an id: letters and digits, with one hyphen for whatever is between them.
std::string slug(const std::string& name) {
  std::string text;
  for (const char c : base::to_lower(name)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      text += c;
    } else if (!text.empty() && text.back() != '-') {
      text += '-';
    }
  }
  while (text.ends_with('-')) text.pop_back();
  return text.empty() ? "agent" : text;
}

std::string shown(const Json& value) {
  return value.is_string() ? base::trimmed(value.get_ref<const std::string&>()) : std::string();
}

void add_tags(Json& tags, std::set<std::string>& known, const Json& list) {
  if (!list.is_array()) return;
  for (const Json& item : list) {
    std::string tag = shown(item);
    if (!tag.empty() && known.insert(tag).second) tags.push_back(std::move(tag));
  }
}

Json skill_of(const Json& card, std::set<std::string>& ids) {
  std::string agent = shown(member(card, "agent"));
  if (agent.empty()) agent = "agent";
  // Two names may have one slug, and an id is to be one skill's.
  const std::string first = "synapse-" + slug(agent);
  std::string id = first;
  for (int n = 2; !ids.insert(id).second; ++n) id = first + "-" + std::to_string(n);
  std::string description = shown(member(card, "description"));
  if (description.empty()) description = "What " + agent + " does, which says nothing more of it.";
  Json tags = Json::array();
  std::set<std::string> known;
  add_tags(tags, known, member(card, "task_classes"));
  add_tags(tags, known, member(card, "skills"));
  add_tags(tags, known, Json::array({"synapse"}));
  return {{"id", id},     {"name", agent},         {"description", description},
          {"tags", tags}, {"inputModes", modes()}, {"outputModes", modes()}};
}

Json fallback_skill() {
  return {{"id", "synapse-coordination"},
          {"name", "Coordination"},
          {"description", what_it_does},
          {"tags", {"coordination", "claims", "chat", "plan", "synapse"}},
          {"inputModes", modes()},
          {"outputModes", modes()}};
}

Json interface_of(const CardOptions& options, const char* binding) {
  return {{"url", options.endpoint_url}, {"protocolBinding", binding}, {"protocolVersion", "1.0"}};
}

}  // namespace

Json agent_card(const Json& manifest, const CardOptions& options) {
  const bool has_auth = options.auth == CardOptions::Auth::bearer;
  Json skills = Json::array();
  std::set<std::string> ids;
  if (manifest.is_array()) {
    for (const Json& card : manifest) {
      if (card.is_object()) skills.push_back(skill_of(card, ids));
    }
  }
  if (skills.empty()) skills.push_back(fallback_skill());
  Json card{{"name", options.name},
            {"description", options.description.empty() ? what_it_does : options.description},
            {"supportedInterfaces", Json::array({interface_of(options, "HTTP+JSON")})},
            {"provider",
             {{"organization", "Synapse"},
              {"url", options.documentation_url.empty() ? options.endpoint_url
                                                        : options.documentation_url}}},
            {"version", std::string(version())},
            {"capabilities",
             {{"streaming", options.is_served},
              {"pushNotifications", options.is_served},
              {"extendedAgentCard", options.is_served && has_auth}}},
            {"defaultInputModes", modes()},
            {"defaultOutputModes", modes()},
            {"skills", std::move(skills)}};
  card["documentationUrl"] = options.documentation_url;
  if (options.is_served) card["supportedInterfaces"].push_back(interface_of(options, "JSONRPC"));
  if (has_auth) {
    card["securitySchemes"]["synapseBearer"]["httpAuthSecurityScheme"] = {
        {"scheme", "Bearer"}, {"description", "The token of the bridge."}};
    Json& required = card["securityRequirements"] = Json::array({Json::object()});
    required[0]["schemes"]["synapseBearer"]["list"] = Json::array();
  }
  return card;
}

}  // namespace synapse::a2a
