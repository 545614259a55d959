// SPDX-License-Identifier: AGPL-3.0-or-later
#include "guard/payload.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/strings.hpp"
#include "guard/patch.hpp"
#include "wire/json_document.hpp"

namespace synapse::guard {

namespace {

using wire::Json;
using wire::member;
using wire::text_member;

// The first of these members that is a text and says something.
std::string first_text(const Json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    std::string text = wire::id_member(object, name);
    if (!text.empty()) return text;
  }
  return {};
}

// A tool's input may be whole files, which say nothing about where it writes. Reading them would
// take longer than everything else: so long texts are emptied first, but for patches.
std::string without_long_texts(std::string_view json) {
  constexpr std::size_t long_bytes = 16UL << 10U;
  std::string less;
  std::size_t kept = 0;
  std::size_t at = 0;
  while ((at = json.find('"', at)) != std::string_view::npos) {
    const std::size_t begin = ++at;
    std::size_t end = json.find('"', begin);
    for (; end != std::string_view::npos; end = json.find('"', end + 1)) {
      std::size_t slashes = 0;
      while (end - slashes > begin && json[end - slashes - 1] == '\\') ++slashes;
      if (slashes % 2 == 0) break;
    }
    if (end == std::string_view::npos) break;
    const std::string_view text = json.substr(begin, end - begin);
    if (text.size() >= long_bytes && text.find("*** Begin Patch") == std::string_view::npos) {
      less += json.substr(kept, begin - kept);
      kept = end;
    }
    at = end + 1;
  }
  less += json.substr(kept);
  return less;
}

struct EventWord {
  std::string_view word;  // In lower case.
  HookEvent event;
};
constexpr std::array<EventWord, 15> event_words{{
    {"pretooluse", HookEvent::before_tool},
    {"beforetool", HookEvent::before_tool},
    {"tool.execute.before", HookEvent::before_tool},
    {"posttooluse", HookEvent::after_tool},
    {"posttoolusefailure", HookEvent::after_tool},
    {"aftertool", HookEvent::after_tool},
    {"tool.execute.after", HookEvent::after_tool},
    {"sessionstart", HookEvent::start},
    {"session.created", HookEvent::start},
    {"session.compacting", HookEvent::start},
    {"session.compacted", HookEvent::start},
    {"sessionend", HookEvent::end},
    {"session.idle", HookEvent::end},
    {"session.deleted", HookEvent::end},
    {"subagentstop", HookEvent::subagent_end},
}};

std::optional<HookEvent> event_of(std::string_view name) {
  const std::string lower = base::to_lower(name);
  const auto found = std::find_if(event_words.begin(), event_words.end(),
                                  [&](const EventWord& one) { return one.word == lower; });
  if (found == event_words.end()) return std::nullopt;
  return found->event;
}

// Copilot, where its settings spell events in its own way, doesn't say which one it is.
std::optional<HookEvent> event_by_shape(const Json& payload) {
  if (!member(payload, "toolResult").is_null()) return HookEvent::after_tool;
  if (!member(payload, "toolName").is_null()) return HookEvent::before_tool;
  if (!member(payload, "source").is_null()) return HookEvent::start;
  if (!member(payload, "reason").is_null()) return HookEvent::end;
  return std::nullopt;
}

constexpr std::array<std::string_view, 24> write_tools{
    "apply_patch",   "applypatch",     "create",
    "create_file",   "delete",         "delete_file",
    "edit",          "edit_file",      "editnotebook",
    "insert",        "multi_edit",     "multiedit",
    "notebook_edit", "notebookedit",   "patch",
    "replace",       "str_replace",    "str_replace_editor",
    "strreplace",    "strreplacefile", "text_editor",
    "write",         "write_file",     "writefile"};
constexpr std::array<std::string_view, 11> shell_tools{
    "bash",  "exec",          "exec_command",      "execute",          "local_shell", "powershell",
    "shell", "shell_command", "run_shell_command", "run_terminal_cmd", "unified_exec"};

template <std::size_t count>
bool has_word(const std::array<std::string_view, count>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<const char*, 7> path_names{
    "file_path", "notebook_path", "path", "filePath", "file", "filename", "target_file"};

void add_path(std::vector<std::string>& paths, const std::string& path) {
  if (path.empty() || std::find(paths.begin(), paths.end(), path) != paths.end()) return;
  paths.push_back(path);
}

void add_paths_of(std::vector<std::string>& paths, const Json& object) {
  for (const char* name : path_names) add_path(paths, text_member(object, name));
}

// What a tool that writes says that it writes: a path, several, or a patch.
std::vector<std::string> written_paths(const Json& input) {
  std::vector<std::string> paths;
  if (input.is_string()) return paths_of_patch(input.get_ref<const std::string&>());
  add_paths_of(paths, input);
  for (const char* list : {"paths", "files", "edits", "operations"}) {
    const Json& all = member(input, list);
    if (!all.is_array()) continue;
    for (const Json& one : all) {
      if (one.is_string()) add_path(paths, one.get_ref<const std::string&>());
      add_paths_of(paths, one);
    }
  }
  for (const char* name : {"command", "patchText", "patch", "input"}) {
    for (const std::string& path : paths_of_patch(text_member(input, name))) {
      add_path(paths, path);
    }
  }
  return paths;
}

std::vector<std::string> patched_by_shell(const Json& input) {
  const Json& command = member(input, "command");
  if (command.is_string()) return paths_of_patch(command.get_ref<const std::string&>());
  std::vector<std::string> paths;
  for (const std::string& word : wire::texts_member(input, "command")) {
    for (const std::string& path : paths_of_patch(word)) add_path(paths, path);
  }
  return paths;
}

// Tools that read or write, by their own command.
bool only_looks(const Json& input) {
  const std::string& command = text_member(input, "command");
  return command == "view" || command == "read";
}

void read_tool(HookCall& call, const Json& input) {
  call.kind = kind_of_tool(call.tool);
  if (call.kind == ToolKind::write && only_looks(input)) call.kind = ToolKind::other;
  if (call.kind == ToolKind::write) call.paths = written_paths(input);
  if (call.kind != ToolKind::shell) return;
  call.paths = patched_by_shell(input);
  if (!call.paths.empty()) call.kind = ToolKind::write;
}

// Copilot sends a tool's input as a text of JSON.
Json input_of(const Json& payload) {
  for (const char* name : {"tool_input", "toolArgs", "toolInput", "args"}) {
    const Json& input = member(payload, name);
    if (input.is_object()) return input;
    if (!input.is_string()) continue;
    Result<Json> parsed = wire::parse_json(input.get_ref<const std::string&>(), name);
    return parsed ? *std::move(parsed) : Json(input);
  }
  return Json::object();
}

// What our plugin posts: OpenCode's own arguments, as they are.
void read_plugin_call(HookCall& call, const Json& payload) {
  const Json& input = member(payload, "input");
  call.session = first_text(input, {"sessionID"});
  call.tool = first_text(input, {"tool"});
  // A child session is its parent's subagent.
  if (std::string parent = first_text(payload, {"parent"}); !parent.empty()) {
    call.agent = std::exchange(call.session, std::move(parent));
    if (call.event == HookEvent::end) call.event = HookEvent::subagent_end;
  }
  const Json& arguments = member(member(payload, "output"), "args");
  read_tool(call, arguments.is_object() ? arguments : member(input, "args"));
}

}  // namespace

ToolKind kind_of_tool(std::string_view tool) {
  std::string word = base::to_lower(tool);
  // Of an extension: developer__edit.
  if (const std::size_t mark = word.rfind("__"); mark != std::string::npos) word.erase(0, mark + 2);
  if (has_word(write_tools, word)) return ToolKind::write;
  if (has_word(shell_tools, word)) return ToolKind::shell;
  return ToolKind::other;
}

Result<HookCall> read_payload(Host host, std::string_view bytes) {
  const Result<Json> parsed = wire::parse_json(without_long_texts(bytes), "the hook's input");
  if (!parsed) return parsed.error();
  const Json& payload = *parsed;
  if (!payload.is_object()) return fail(ErrorCode::not_an_object);
  HookCall call;
  call.event_name = first_text(payload, {"hook_event_name", "event", "hookEventName"});
  const std::optional<HookEvent> event =
      call.event_name.empty() ? event_by_shape(payload) : event_of(call.event_name);
  call.is_known_event = event.has_value();
  call.event = event.value_or(HookEvent::after_tool);
  call.folder = first_text(payload, {"cwd", "working_dir", "directory"});
  if (call.folder.empty()) {
    const std::vector<std::string> roots = wire::texts_member(payload, "workspace_roots");
    if (!roots.empty()) call.folder = roots.front();
  }
  if (host == Host::opencode) {
    read_plugin_call(call, payload);
    return call;
  }
  call.session = first_text(payload, {"session_id", "sessionId", "conversation_id"});
  call.agent = first_text(payload, {"agent_id", "agentId"});
  call.tool = first_text(payload, {"tool_name", "toolName"});
  read_tool(call, input_of(payload));
  return call;
}

}  // namespace synapse::guard
