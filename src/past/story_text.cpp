// SPDX-License-Identifier: AGPL-3.0-or-later
// Events of a log as people and programs read them.
#include <algorithm>

#include "base/control.hpp"
#include "base/time_text.hpp"
#include "past/story.hpp"

namespace synapse::past {

namespace {

std::string shown(std::string_view text) {
  return base::escape_control(text, base::LineBreaks::escape);
}

std::string files_of(const PastEvent& event) {
  if (!event.has_files) return "'" + shown(event.task_id) + "'";
  constexpr std::size_t paths_shown = 4;
  std::string list;
  for (std::size_t i = 0; i < std::min(paths_shown, event.paths.size()); ++i) {
    list += (i == 0 ? "" : ", ") +
            (event.paths[i].empty() ? "the whole work tree" : shown(event.paths[i]));
  }
  if (event.paths.empty()) list = "the whole work tree";
  if (event.paths.size() > paths_shown) {
    list += " and " + std::to_string(event.paths.size() - paths_shown) + " more";
  }
  return list + " under '" + shown(event.task_id) + "'";
}

std::string spaced(std::string words) {
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string held_for(const PastEvent& event) {
  return event.held_for ? " after " + base::span_of(*event.held_for) : "";
}

std::string waited(const PastEvent& event) {
  return event.waited ? " after " + base::span_of(*event.waited) + " of waiting" : "";
}

std::string with_text(const PastEvent& event) {
  return event.text.empty() ? "" : ": " + shown(event.text);
}

}  // namespace

std::string sentence(const PastEvent& event) {
  const std::string agent = event.agent.empty() ? "somebody" : shown(event.agent);
  const std::string task = "'" + shown(event.task_id) + "'";
  const std::string& kind = event.kind;
  if (kind == "claimed") {
    return agent + " claimed " + files_of(event) + waited(event) + with_text(event);
  }
  if (kind == "extended") return agent + " also claimed " + files_of(event);
  if (kind == "narrowed") return agent + " gave back " + files_of(event);
  if (kind == "renewed") return agent + " renewed " + task;
  if (kind == "released") return agent + " released " + files_of(event) + held_for(event);
  if (kind == "expired") {
    return "the lease of " + agent + " on " + files_of(event) + " ran out" + held_for(event);
  }
  if (kind == "handed-off") {
    return shown(event.other) + " handed " + files_of(event) + " to " + agent + held_for(event) +
           with_text(event);
  }
  if (kind == "status") {
    return agent + " is " + spaced(shown(event.text)) + " on " + task;
  }
  if (kind == "checkpoint") return agent + " saved a checkpoint of " + task + with_text(event);
  if (kind == "refused") {
    const std::string why = event.other.empty() ? ": " + spaced(shown(event.text))
                                                : ": " + shown(event.other) + " has it";
    return agent + " was refused " + files_of(event) +
           (event.count > 1 ? " " + std::to_string(event.count) + " times" : "") + why;
  }
  if (kind == "waits") return agent + " waits for " + shown(event.other) + ": " + files_of(event);
  if (kind == "waits-no-more") {
    return agent + " waits no more for " + task + waited(event) + ": " + spaced(shown(event.text));
  }
  if (kind == "wrote-across") {
    return agent + " wrote " + shown(event.paths.front()) + ", which " + shown(event.other) +
           " holds under " + task;
  }
  if (kind == "operated") return shown(event.text);
  if (kind == "started") return "the hub started";
  if (kind == "joined") return agent + " came";
  if (kind == "left") return agent + " left";
  if (kind == "planned") return task + " on the plan is " + shown(event.other) + with_text(event);
  if (kind == "forgotten") return task + " is off the plan";
  if (kind == "progress") {
    return agent + (event.task_id.empty() ? "" : " on " + task) + with_text(event);
  }
  if (kind == "said") {
    const bool is_directed = !event.other.empty() && event.other != "all";
    return agent + (is_directed ? " to " + shown(event.other) : "") + with_text(event);
  }
  if (kind == "delivered") return agent + ": " + shown(event.other) + " " + event.text;
  if (kind == "offered") return agent + " offers " + shown(event.text);
  if (kind == "found") return agent + " found" + with_text(event);
  if (kind == "recalled") return agent + " asked a memory" + with_text(event);
  return agent + " was here for the first time";
}

Json to_json(const PastEvent& event) {
  Json json{{"seq", event.seq}, {"ts", event.ts}, {"kind", event.kind}};
  const auto text = [&json](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = value;
  };
  text("agent", event.agent);
  text("other", event.other);
  text("task_id", event.task_id);
  text("worktree", event.worktree);
  if (event.has_files) json["paths"] = event.paths;
  text("text", event.text);
  if (event.until) json["lease_expires_at"] = *event.until;
  if (event.held_for) json["held_seconds"] = *event.held_for;
  if (event.waited) json["waited_seconds"] = *event.waited;
  if (event.count > 1) json["count"] = event.count;
  json["sentence"] = sentence(event);
  return json;
}

}  // namespace synapse::past
