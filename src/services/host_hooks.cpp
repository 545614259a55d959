// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/host_hooks.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <system_error>
#include <vector>

#include "base/shell_quote.hpp"
#include "base/strings.hpp"
#include "services/json_edit.hpp"
#include "wire/json_document.hpp"
#include "wire/json_writer.hpp"

namespace synapse::services {

extern const char* const opencode_plugin;

namespace {

namespace fs = std::filesystem;
using guard::Host;

constexpr std::string_view guard_words = "guard --for ";
constexpr std::string_view toml_begin = "# Synapse hooks: begin";
constexpr std::string_view toml_end = "# Synapse hooks: end";
constexpr std::string_view own_mark = "Synapse's guard";
constexpr std::uint64_t timeout_seconds = 5;

struct HookEntry {
  std::string_view event;
  std::string_view matcher;  // Blank: every tool.
  bool is_before = false;
};

// Of shell tools the guard only notes when they begin, to tell afterwards what they wrote.
constexpr std::array<HookEntry, 5> claude_entries{{
    {"PreToolUse", "Edit|Write|MultiEdit|NotebookEdit|Bash", true},
    {"PostToolUse", "", false},
    {"SessionStart", "", false},
    {"SessionEnd", "", false},
    {"SubagentStop", "", false},
}};
// A patch in a shell command comes as Bash.
constexpr std::array<HookEntry, 5> codex_entries{{
    {"PreToolUse", "apply_patch|Edit|Write|Bash", true},
    {"PostToolUse", "", false},
    {"SessionStart", "", false},
    {"SessionEnd", "", false},
    {"SubagentStop", "", false},
}};
constexpr std::array<HookEntry, 4> gemini_entries{{
    {"BeforeTool", "replace|write_file|edit|run_shell_command", true},
    {"AfterTool", "", false},
    {"SessionStart", "", false},
    {"SessionEnd", "", false},
}};
constexpr std::array<HookEntry, 5> qwen_entries{{
    {"PreToolUse", "edit|write_file|replace|notebook_edit|run_shell_command", true},
    {"PostToolUse", "", false},
    {"SessionStart", "", false},
    {"SessionEnd", "", false},
    {"SubagentStop", "", false},
}};
constexpr std::array<HookEntry, 4> camel_entries{{
    {"preToolUse", "", true},
    {"postToolUse", "", false},
    {"sessionStart", "", false},
    {"sessionEnd", "", false},
}};
constexpr std::array<HookEntry, 3> kimi_entries{{
    {"PreToolUse", "WriteFile|StrReplaceFile|Shell", true},
    {"PostToolUse", "", false},
    {"SessionEnd", "", false},
}};

// Its matchers are found anywhere in a name. A tool that failed comes by an event of its own, after
// which there is nothing to renew.
constexpr std::array<HookEntry, 4> goose_entries{{
    {"PreToolUse", "^developer__(edit|write|text_editor|shell)$", true},
    {"PostToolUse", "", false},
    {"SessionStart", "", false},
    {"SessionEnd", "", false},
}};

std::span<const HookEntry> entries_of(Host host) {
  switch (host) {
    case Host::claude:
      return claude_entries;
    case Host::codex:
      return codex_entries;
    case Host::gemini:
      return gemini_entries;
    case Host::qwen:
      return qwen_entries;
    case Host::cursor:
    case Host::copilot:
      return camel_entries;
    case Host::kimi:
      return kimi_entries;
    case Host::goose:
      return goose_entries;
    case Host::opencode:
      return {};
  }
  return {};
}

// For a shell. A program that is gone is no opinion; Gemini would take its shell's word for a
// denial of every tool.
std::string shell_command(Host host, const std::string& syn) {
  const std::string quoted = base::shell_quoted(syn);
  return "[ ! -x " + quoted + " ] || exec " + quoted + " " + std::string(guard_words) +
         std::string(guard::traits_of(host).word);
}

std::string handler(Host host, const std::string& syn, const HookEntry& entry,
                    OnFailure on_failure) {
  wire::JsonWriter json;
  json.begin_object();
  const std::string word(guard::traits_of(host).word);
  const bool blocks = entry.is_before && on_failure == OnFailure::block;
  switch (host) {
    case Host::claude:
      json.field("type", "command").field("command", syn).key("args").begin_array();
      json.value("guard").value("--for").value(word).end_array();
      json.field("timeout", timeout_seconds);
      if (blocks) json.field("onFailure", "block");
      break;
    case Host::cursor:
      json.field("command", shell_command(host, syn)).field("timeout", timeout_seconds);
      if (blocks) json.key("failClosed").boolean(true);
      break;
    case Host::copilot:
      json.field("type", "command").field("bash", shell_command(host, syn));
      json.field("timeoutSec", timeout_seconds);
      break;
    case Host::gemini:
      json.field("name", "synapse").field("type", "command");
      json.field("command", shell_command(host, syn)).field("timeout", timeout_seconds * 1000);
      break;
    case Host::goose:
      json.field("type", "command").field("command", shell_command(host, syn));
      json.field("timeout", timeout_seconds);
      if (blocks) json.field("on_failure", "block");
      break;
    case Host::codex:
    case Host::qwen:
    case Host::opencode:
    case Host::kimi:
      json.field("type", "command").field("command", shell_command(host, syn));
      json.field("timeout", timeout_seconds * (host == Host::qwen ? 1000 : 1));
      break;
  }
  return json.end_object().take();
}

std::string element(const HookFile& file, const std::string& syn, const HookEntry& entry,
                    OnFailure on_failure) {
  std::string one = handler(file.host, syn, entry, on_failure);
  if (file.kind == HookFileKind::handlers) return one;
  wire::JsonWriter json;
  json.begin_object();
  if (!entry.matcher.empty()) json.field("matcher", entry.matcher);
  return json.key("hooks").begin_array().raw(one).end_array().end_object().take();
}

// Whether a group or a handler runs our guard: by its command, since a path may have changed.
bool is_ours(const wire::Json& value) {
  if (value.is_array()) return std::any_of(value.begin(), value.end(), is_ours);
  if (!value.is_object()) return false;
  const std::string& command = wire::text_member(value, "command");
  if (command.find("syn") != std::string::npos) {
    if (command.find(guard_words) != std::string::npos) return true;
    const std::vector<std::string> words = wire::texts_member(value, "args");
    if (words.size() == 3 && words[0] == "guard" && words[1] == "--for") return true;
  }
  return is_ours(wire::member(value, "hooks"));
}

bool is_ours(const JsonNode& node, std::string_view text) {
  const auto parsed = wire::parse_json(node.in(text), "a hook");
  return parsed && is_ours(*parsed);
}

Error not_for_us(const HookFile& file, const std::string& why) {
  return fail(ErrorCode::malformed_json, file.path.string() + " is left alone: " + why);
}

Result<JsonNode> read_settings(const HookFile& file, std::string_view text) {
  Result<JsonNode> root = read_json_places(text);
  if (!root) return not_for_us(file, root.error().message);
  if (root->kind != JsonNode::Kind::object) return not_for_us(file, "it holds no JSON object");
  const JsonNode* hooks = root->find("hooks");
  if (hooks == nullptr) return root;
  if (hooks->kind != JsonNode::Kind::object) return not_for_us(file, "its hooks are no object");
  for (std::size_t i = 0; i < hooks->children.size(); ++i) {
    const bool is_list = hooks->children[i].kind == JsonNode::Kind::array;
    if (is_list) continue;
    const auto entries = entries_of(file.host);
    const bool is_wanted = std::any_of(entries.begin(), entries.end(), [&](const HookEntry& one) {
      return one.event == hooks->keys[i];
    });
    if (is_wanted) return not_for_us(file, "hooks." + hooks->keys[i] + " is no list");
  }
  return root;
}

Result<std::string> with_json_hooks(const HookFile& file, std::string text, const std::string& syn,
                                    OnFailure on_failure) {
  if (base::trim(text).empty()) {
    text = file.kind == HookFileKind::handlers ? "{\n  \"version\": 1\n}\n" : "{}\n";
  }
  for (const HookEntry& entry : entries_of(file.host)) {
    Result<JsonNode> root = read_settings(file, text);
    if (!root) return root.error();
    if (root->find("hooks") == nullptr) {
      text = with_child(text, *root, "\"hooks\": {}", "  ");
      root = read_settings(file, text);
      if (!root) return root.error();
    }
    const JsonNode& hooks = *root->find("hooks");
    const std::string one = element(file, syn, entry, on_failure);
    if (const JsonNode* list = hooks.find(entry.event)) {
      text = with_child(text, *list, one, "      ");
    } else {
      text = with_child(text, hooks, "\"" + std::string(entry.event) + "\": [" + one + "]", "    ");
    }
  }
  return text;
}

// One of ours less; nothing: there is none.
std::optional<std::string> without_one(const JsonNode& root, std::string_view text) {
  const JsonNode* hooks = root.find("hooks");
  if (hooks == nullptr) return std::nullopt;
  for (std::size_t event = 0; event < hooks->children.size(); ++event) {
    const JsonNode& list = hooks->children[event];
    if (list.kind != JsonNode::Kind::array) continue;
    for (std::size_t i = 0; i < list.children.size(); ++i) {
      if (!is_ours(list.children[i], text)) continue;
      if (list.children.size() > 1) return without_child(text, list, i);
      if (hooks->children.size() > 1) return without_child(text, *hooks, event);
      const auto place = std::find(root.keys.begin(), root.keys.end(), "hooks");
      return without_child(text, root, static_cast<std::size_t>(place - root.keys.begin()));
    }
  }
  return std::nullopt;
}

Result<std::string> without_json_hooks(const HookFile& file, std::string text) {
  if (base::trim(text).empty()) return text;
  for (;;) {
    const Result<JsonNode> root = read_settings(file, text);
    if (!root) return root.error();
    std::optional<std::string> less = without_one(*root, text);
    if (!less) return text;
    text = *std::move(less);
  }
}

std::string own_text(Host host, const std::string& syn) {
  if (host == Host::opencode) {
    std::string text = opencode_plugin;
    constexpr std::string_view place = "@SYN@";
    text.replace(text.find(place), place.size(), wire::json_text(wire::Json(syn)));
    return text;
  }
  wire::JsonWriter json;
  json.begin_object().field("version", std::uint64_t{1}).key("hooks").begin_object();
  for (const HookEntry& entry : entries_of(host)) {
    json.key(entry.event).begin_array().raw(handler(host, syn, entry, OnFailure::pass));
    json.end_array();
  }
  return json.end_object().end_object().take() + "\n";
}

bool is_own_text(std::string_view text) {
  return text.find(own_mark) != std::string_view::npos ||
         text.find(guard_words) != std::string_view::npos;
}

std::string toml_block(Host host, const std::string& syn) {
  std::string text(toml_begin);
  for (const HookEntry& entry : entries_of(host)) {
    text += "\n[[hooks]]\nevent = \"" + std::string(entry.event) + "\"\n";
    if (!entry.matcher.empty()) text += "matcher = \"" + std::string(entry.matcher) + "\"\n";
    text += "command = " + wire::json_text(wire::Json(shell_command(host, syn))) +
            "\ntimeout = " + std::to_string(timeout_seconds);
  }
  return text + "\n" + std::string(toml_end) + "\n";
}

std::string without_toml_block(std::string_view text) {
  const std::size_t begin = text.find(toml_begin);
  const std::size_t last = text.find(toml_end);
  if (begin == std::string_view::npos || last == std::string_view::npos) return std::string(text);
  std::size_t end = last + toml_end.size();
  if (text.substr(end).starts_with('\n')) ++end;
  return std::string(text.substr(0, begin)) + std::string(text.substr(end));
}

}  // namespace

// Enough of TOML to tell whether a block of ours may stand at its end: nobody has written hooks as
// one value, or under keys of their own, and no table's head is broken off.
Result<> check_toml(const HookFile& file, std::string_view text) {
  for (std::string_view line : base::split(text, '\n')) {
    line = base::trim(line.substr(0, line.find('#')));
    const bool is_head = line.starts_with('[') && line.find('=') == std::string_view::npos &&
                         line.find(',') == std::string_view::npos;
    if (is_head && line.starts_with("[[") && !line.ends_with("]]")) {
      return not_for_us(file, "it is no TOML: " + std::string(line));
    }
    const std::string_view key = base::trim(line.substr(0, line.find('=')));
    const bool is_key = line.find('=') != std::string_view::npos;
    if ((is_key && key == "hooks") || (is_key && key.starts_with("hooks.")) || line == "[hooks]") {
      return not_for_us(file, "its hooks are no [[hooks]] tables");
    }
  }
  return {};
}

Result<std::string> with_hooks(const HookFile& file, std::string_view text, const std::string& syn,
                               OnFailure on_failure) {
  switch (file.kind) {
    case HookFileKind::groups:
    case HookFileKind::handlers:
      return with_json_hooks(file, std::string(text), syn, on_failure);
    case HookFileKind::own:
      if (!text.empty() && !is_own_text(text)) return not_for_us(file, "somebody else wrote it");
      return own_text(file.host, syn);
    case HookFileKind::toml: {
      if (const Result<> good = check_toml(file, text); !good) return good.error();
      std::string whole(text);
      if (!whole.empty() && !whole.ends_with('\n')) whole += '\n';
      return whole + toml_block(file.host, syn);
    }
  }
  return std::string(text);
}

Result<std::string> without_hooks(const HookFile& file, std::string_view text) {
  switch (file.kind) {
    case HookFileKind::groups:
    case HookFileKind::handlers:
      return without_json_hooks(file, std::string(text));
    case HookFileKind::own:
      if (!text.empty() && !is_own_text(text)) return not_for_us(file, "somebody else wrote it");
      return std::string();
    case HookFileKind::toml:
      return without_toml_block(text);
  }
  return std::string(text);
}

bool has_fail_closed_hooks(const HookFile& file, std::string_view text) {
  if (file.kind != HookFileKind::groups && file.kind != HookFileKind::handlers) return false;
  const Result<JsonNode> root = read_settings(file, text);
  const JsonNode* hooks = root ? root->find("hooks") : nullptr;
  if (hooks == nullptr) return false;
  return std::any_of(hooks->children.begin(), hooks->children.end(), [&](const JsonNode& list) {
    return std::any_of(list.children.begin(), list.children.end(), [&](const JsonNode& one) {
      constexpr std::array<std::string_view, 3> switches{"\"onFailure\"", "\"on_failure\"",
                                                         "\"failClosed\""};
      return is_ours(one, text) &&
             std::any_of(switches.begin(), switches.end(), [&](std::string_view word) {
               return one.in(text).find(word) != std::string_view::npos;
             });
    });
  });
}

bool has_hooks(const HookFile& file, std::string_view text) {
  switch (file.kind) {
    case HookFileKind::groups:
    case HookFileKind::handlers: {
      const Result<std::string> less = without_json_hooks(file, std::string(text));
      return less && *less != text;
    }
    case HookFileKind::own:
      return !text.empty() && is_own_text(text);
    case HookFileKind::toml:
      return text.find(toml_begin) != std::string_view::npos;
  }
  return false;
}

}  // namespace synapse::services
