// SPDX-License-Identifier: AGPL-3.0-or-later
#include "conformance/cli_digests.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <vector>

#include "conformance/text.hpp"
#include "support/file_text.hpp"

namespace synapse::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

bool starts_with_any(const std::string& text, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view beginning) { return text.starts_with(beginning); });
}

json keys_of(const json& object) {
  json keys = json::array();  // sorted, as nlohmann's objects are
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

json sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

namespace digest {

json first_line(const std::string& out) {
  const auto lines = lines_of(out);
  return lines.empty() ? json() : json(lines.front());
}

json first_three_lines(const std::string& out) {
  auto lines = lines_of(out);
  lines.resize(std::min<std::size_t>(lines.size(), 3));
  return lines;
}

json line_count(const std::string& out) { return lines_of(out).size(); }

json undated_lines(const std::string& out) {
  json lines = json::array();
  for (const std::string& line : lines_of(out)) {
    const std::size_t end = line.find(']');
    const bool dated = line.starts_with('[') && end != std::string::npos;
    lines.push_back(dated ? "[t" + line.substr(end) : line);
  }
  return lines;
}

json event_kinds(const std::string& out) {
  json events = json::array();
  for (const std::string& line : lines_of(out)) {
    const json event = json::parse(line);
    events.push_back({event.at("seq"), event.at("kind"), keys_of(event)});
  }
  return events;
}

json doctor_marks(const std::string& out) {
  json marks = json::array();
  std::string last;
  for (const std::string& line : lines_of(out)) {
    if (!trimmed(line).empty()) last = line;
    const std::size_t bracket = line.find("] ");
    const std::size_t colon = line.find(':');
    const bool marked = starts_with_any(line, {"[ok] ", "[warn] ", "[FAIL] "});
    if (!marked || colon == std::string::npos) continue;
    marks.push_back({line.substr(1, bracket - 1), line.substr(bracket + 2, colon - bracket - 2)});
  }
  marks.push_back(trimmed(last.substr(0, last.find("—"))));
  return marks;
}

json written_lines(const std::string& out) {
  json kept = json::array();
  for (const std::string& line : lines_of(out)) {
    if (starts_with_any(line, {"wrote", "ensured"})) kept.push_back(line);
  }
  return kept;
}

json hook_words(const std::string& out) {
  static constexpr std::array words{"SYN_PROJECT",
                                    "SYN_IDENTITY",
                                    "SYNAPSE_AUTO_CONNECT",
                                    "SYNAPSE_DEFAULT_PROJECT",
                                    "SYNAPSE_AUTO_PROJECT_FROM_CWD",
                                    ".synapse/project",
                                    "worker-session",
                                    "codex",
                                    "claude",
                                    "gemini",
                                    "agent",
                                    "ask",
                                    "ollama"};
  json found = json::object();
  for (const char* word : words) found[word] = contains(out, word);
  return found;
}

json unfinished_lines(const std::string& out) {
  json kept = json::array();
  for (const std::string& line : lines_of(out)) {
    const bool blocked = contains(line, "[blocked]") && contains(line, "—");
    if (blocked || contains(line, "[open]") || contains(line, "[in_progress]") ||
        contains(line, "Ready")) {
      kept.push_back(line);
    }
  }
  return kept;
}

json card_without_texts(const std::string& out) {
  json card = json::parse(out);
  for (const char* key : {"description", "version", "documentationUrl", "provider"}) {
    card.erase(key);
  }
  return card;
}

json card_keys(const std::string& out) { return keys_of(json::parse(out)); }

}  // namespace digest

namespace probe {

json git_hooks(CliWorld& world) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(world.home() / ".git/hooks")) {
    if (entry.path().extension() != ".sample") names.push_back(entry.path().filename().string());
  }
  return sorted(std::move(names));
}

json git_guide_exists(CliWorld& world) {
  return fs::exists(world.home() / ".synapse/git-claims.md");
}

json git_hooks_runnable(CliWorld& world) {
  const fs::path hooks = world.home() / ".git/hooks";
  return access((hooks / "post-commit").c_str(), X_OK) == 0 &&
         access((hooks / "post-merge").c_str(), X_OK) == 0;
}

json inbox_cursor_exists(CliWorld& world) { return fs::exists(world.home() / "P.cursor"); }

json service_units(CliWorld& world) {
  json units = json::object();
  for (const auto& entry : fs::directory_iterator(world.home() / ".config/systemd/user")) {
    std::vector<std::string> kept;
    for (const std::string& line : lines_of(text_of(entry.path()))) {
      // The original has neither; they say where a token is read, and what no restart mends.
      if (starts_with_any(line, {"EnvironmentFile", "RestartPrevent"})) continue;
      if (starts_with_any(line, {"ExecStart", "Restart", "Environment", "Type", "WantedBy"})) {
        kept.push_back(line);
      }
    }
    units[entry.path().filename().string()] = sorted(std::move(kept));
  }
  return units;
}

json shell_blocks(CliWorld& world) {
  json counts = json::object();
  constexpr std::string_view block = "shell integration >>>";
  for (const char* name : {".bashrc", ".zshrc", ".config/fish/config.fish"}) {
    const std::string text = text_of(world.home() / name);
    int count = 0;
    for (std::size_t at = 0; (at = text.find(block, at)) != std::string::npos; ++at) ++count;
    counts[name] = count;
  }
  return counts;
}

json fleet_files(CliWorld& world) {
  const fs::path fleet = world.home() / "fleet";
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(fleet)) {
    const bool script = entry.path().filename().string().starts_with("run_demo");
    if (entry.is_regular_file() && !script) {
      names.push_back(fs::relative(entry.path(), fleet).string());
    }
  }
  return sorted(std::move(names));
}

json bot_replies(CliWorld& world) {
  json replies = json::array();
  for (const json& frame : world.heard()) {
    if (frame.at("type") != "chat" || frame.at("sender") != "BOT") continue;
    replies.push_back({frame.at("sender"), frame.at("target"), frame.at("payload") != ""});
  }
  return replies;
}

json bot_cards(CliWorld& world) {
  json cards = json::array();
  for (const json& frame : world.heard()) {
    if (frame.at("type") != "capability_advertised") continue;
    cards.push_back({frame.at("card").at("task_classes"), frame.at("card").at("skills")});
  }
  return cards;
}

}  // namespace probe
}  // namespace synapse::test
