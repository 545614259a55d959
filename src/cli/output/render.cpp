// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/output/render.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "base/control.hpp"
#include "base/strings.hpp"
#include "core/file_name.hpp"

namespace synapse::cli {

namespace {

constexpr std::size_t progress_shown = 10;

// Readers of the output go by what a line begins with, so a message's own lines are indented behind
// its first: none of them can pass for a message of somebody else.
std::string shown_chat(std::string_view payload) {
  constexpr std::string_view next_line = "\n    ";
  std::string text;
  for (const char character : base::escape_control(payload, base::LineBreaks::keep)) {
    if (character == '\n') {
      text += next_line;
    } else {
      text += character;
    }
  }
  return text;
}

// A name in front of a message. A colon and a blank end it there, so those of its own are shown as
// what they are.
std::string shown_party(std::string_view name) {
  std::string text;
  for (const char character : shown(name)) {
    const bool ends_name = character == ' ' && text.ends_with(':');
    text += ends_name ? "\\x20" : std::string(1, character);
  }
  return text;
}

std::string shown_list(const Json& object, const char* key, std::string_view if_empty) {
  const std::string joined = base::join(texts_of(object, key), ", ");
  return joined.empty() ? std::string(if_empty) : shown(joined);
}

std::string or_dash(std::string text) { return text.empty() ? "-" : text; }

std::string counted(std::string_view title, std::size_t count, Style style) {
  return style.heading(std::string(title) + " (" + std::to_string(count) + "):") + "\n";
}

std::string claim_row(const Json& claim, Style style) {
  std::string row = "  " + shown(claim, "task_id") + " [" + style.status(shown(claim, "status")) +
                    "] owner=" + shown(claim, "owner") + " paths=" + or_dash(shown_paths(claim)) +
                    " checkpoint=" + or_dash(shown(claim, "checkpoint"));
  const Json& git = member(claim, "git");
  if (git.is_object() && !git.empty()) {
    row += " git=" + shown(git, "branch") + "->" + shown(git, "base");
  }
  return row + "\n";
}

}  // namespace

std::string text_of(const Json& object, const char* key) {
  return wire::shown_text(member(object, key));
}

std::vector<std::string> texts_of(const Json& object, const char* key) {
  std::vector<std::string> texts;
  const Json& list = member(object, key);
  if (!list.is_array()) return texts;
  for (const Json& item : list) texts.push_back(wire::shown_text(item));
  return texts;
}

std::string shown(std::string_view text) {
  return base::escape_control(text, base::LineBreaks::escape);
}

std::string shown_paths(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const std::string& path : paths) names.push_back(core::unquoted(path));
  return shown(base::join(names, ", "));
}

std::string shown_paths(const Json& claim) { return shown_paths(texts_of(claim, "paths")); }

std::string shown(const Json& object, const char* key) { return shown(text_of(object, key)); }

std::string render_roster(const Json& frame, const std::optional<std::string>& project,
                          Style style) {
  std::vector<std::string> names = texts_of(frame, "online_agents");
  std::sort(names.begin(), names.end());
  std::string text =
      counted(project ? "Online in " + shown(*project) : "Online", names.size(), style);
  for (const std::string& name : names) text += "  " + shown(name) + "\n";
  return text;
}

std::string render_wide_roster(const Json& frame, Style style) {
  const std::vector<std::string> online = texts_of(frame, "online_agents");
  const std::set<std::string> all(online.begin(), online.end());
  const auto is_beside = [&all](const std::string& name) {
    return name.ends_with("-rx") && all.count(name.substr(0, name.size() - 3)) > 0;
  };
  std::size_t width = 0;
  for (const std::string& name : all) width = std::max(width, shown(name).size());
  std::string text = counted("Online", all.size(), style);
  for (const std::string& name : all) {
    if (is_beside(name)) continue;
    std::string row = "  " + shown(name);
    std::string notes = base::join(texts_of(member(frame, "sockets"), name.c_str()), ", ");
    if (all.count(name + "-rx") > 0) notes += (notes.empty() ? "" : "; ") + std::string("waiter");
    if (!notes.empty()) row += std::string(width + 4 - row.size(), ' ') + shown(notes);
    text += row + "\n";
  }
  return text;
}

std::string render_presence_of(const Json& frame, const std::string& name) {
  const std::vector<std::string> online = texts_of(frame, "online_agents");
  const auto state = [&online](const std::string& who) {
    return std::find(online.begin(), online.end(), who) == online.end() ? "missing" : "online";
  };
  const std::string waiter = name + "-rx";
  return "Me: " + shown(name) + "\n  presence: " + state(name) + "\n  waiter: " + state(waiter) +
         " (" + shown(waiter) + ")\n" +
         "  note: being online wakes nobody; messages wake whoever a waiter runs for\n";
}

std::string render_claims(const Json& frame, Style style) {
  return render_claims(frame, style, nullptr);
}

std::string render_claims(const Json& frame, Style style,
                          const std::function<std::string(const Json&)>& detail) {
  const Json& claims = member(member(frame, "snapshot"), "active_claims");
  std::string text = counted("Active claims", claims.size(), style);
  for (const Json& claim : claims) {
    text += claim_row(claim, style);
    if (detail) text += "      " + detail(claim) + "\n";
  }
  return text;
}

std::string render_board(const Json& frame, Style style) {
  const Json& board = member(frame, "board");
  const Json& tasks = member(board, "tasks");
  std::string text = counted("Tasks", tasks.size(), style);
  for (const Json& task : tasks) {
    const std::string needs = shown_list(task, "depends_on", "");
    text += "  [" + style.status(shown(task, "status")) + "] " + shown(task, "task_id") + " — " +
            shown(task, "title") + (needs.empty() ? "" : "  (deps: " + needs + ")") + "\n";
  }
  text += style.heading("Ready:") + " " + shown_list(board, "ready", "(none)") + "\n";
  const Json& notes = member(board, "progress");
  if (!notes.is_array() || notes.empty()) return text;
  text += style.heading("Recent progress:") + "\n";
  for (std::size_t i = notes.size() - std::min(notes.size(), progress_shown); i < notes.size();
       ++i) {
    const Json& note = notes[i];
    text += "  " + shown(note, "author") + " [" + shown(note, "kind") + "] " +
            or_dash(shown(note, "task_id")) + ": " + shown(note, "text") + "\n";
  }
  return text;
}

std::string render_manifest(const Json& frame, Style style) {
  const Json& cards = member(frame, "manifest");
  std::string text = counted("Agents", cards.size(), style);
  for (const Json& card : cards) {
    text += "  " + shown(card, "agent") + " [" + shown_list(card, "task_classes", "none") +
            "] model=" + or_dash(shown(card, "model")) + ": " + shown(card, "description") + "\n";
  }
  return text;
}

std::string render_json(const Json& frame) {
  return wire::json_text(frame, wire::JsonLayout::ascii_indented) + "\n";
}

std::string render_chat(const Json& frame) {
  return shown_party(text_of(frame, "sender")) + ": " + shown_chat(text_of(frame, "payload")) +
         "\n";
}

std::string render_presence(const Json& frame) {
  return "[presence] " + shown(frame, "event") +
         " -> online: " + shown_list(frame, "online_agents", "") + "\n";
}

std::string render_relayed(const wire::LiteLine& line) {
  std::array<char, 400> time{};  // The largest double has 309 digits.
  std::snprintf(time.data(), time.size(), "%.3f", line.timestamp);
  return std::string("[") + time.data() + "] " + shown_party(line.sender) + " -> " +
         shown_party(line.target) + " (" + shown_party(line.type) +
         "): " + shown_chat(line.payload) + "\n";
}

std::string refusal(const Reply& reply) {
  const std::string words = reply.frame ? shown(*reply.frame, "payload") : "";
  return words.empty() ? "refused" : words;
}

}  // namespace synapse::cli
