// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/tools.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include "base/assert.hpp"
#include "base/strings.hpp"

namespace synapse::mcp {

namespace {

enum class Kind { id, text, path, ids, paths, status, count, flag };
enum class Need { required, optional };

struct Parameter {
  const char* name;
  Kind kind;
  Need need;
  const char* help;       // Blank: the name says it.
  std::uint64_t max = 0;  // Of a count.
};

constexpr std::array<std::string_view, 5> plan_statuses{"open", "in_progress", "blocked", "done",
                                                        "cancelled"};

// The arguments of a call, once they are checked against the tool's parameters.
class Arguments {
 public:
  explicit Arguments(const Json& json) : json_(json) {}

  [[nodiscard]] std::optional<std::string> optional(const char* name) const {
    const Json& value = rpc::member(json_, name);
    if (value.is_null()) return std::nullopt;
    return value.get<std::string>();
  }
  [[nodiscard]] std::string text(const char* name) const { return optional(name).value_or(""); }
  [[nodiscard]] std::uint64_t count(const char* name, std::uint64_t otherwise) const {
    const Json& value = rpc::member(json_, name);
    return value.is_null() ? otherwise : value.get<std::uint64_t>();
  }
  [[nodiscard]] bool flag(const char* name) const { return rpc::member(json_, name) == true; }
  [[nodiscard]] std::vector<std::string> list(const char* name) const {
    const Json& value = rpc::member(json_, name);
    if (value.is_null()) return {};
    return value.get<std::vector<std::string>>();
  }

 private:
  const Json& json_;
};

struct Tool {
  const char* name;
  const char* description;
  std::span<const Parameter> parameters;
  Call (*make)(const Arguments&);
  bool only_reads = false;
};

constexpr std::uint64_t msg_id_max = std::numeric_limits<std::int64_t>::max();

constexpr Parameter task_id{"task_id", Kind::id, Need::required, ""};

constexpr std::array claim_parameters{
    task_id, Parameter{"paths", Kind::paths, Need::optional,
                       "Files, folders or globs to hold; none: the whole worktree"}};
constexpr std::array release_parameters{task_id};
constexpr std::array send_parameters{
    Parameter{"target", Kind::text, Need::required, "Agent, project, list by commas, glob, or all"},
    Parameter{"message", Kind::text, Need::required, ""},
    Parameter{"reply_to", Kind::count, Need::optional, "Number of the message that you answer",
              msg_id_max}};
constexpr std::array inbox_parameters{
    Parameter{"limit", Kind::count, Need::optional, "20 unless given", 100},
    Parameter{"wait_seconds", Kind::count, Need::optional, "For one to come, if there is none",
              60}};
constexpr std::array hand_off_parameters{
    task_id, Parameter{"to_agent", Kind::id, Need::required, "Must be online"}};
constexpr std::array declare_parameters{
    task_id, Parameter{"title", Kind::text, Need::required, ""},
    Parameter{"depends_on", Kind::ids, Need::optional, "Ids of tasks to be done before"}};
constexpr std::array update_parameters{task_id,
                                       Parameter{"status", Kind::status, Need::optional, ""},
                                       Parameter{"suggested_owner", Kind::id, Need::optional, ""}};

constexpr std::array state_parameters{
    Parameter{"mine", Kind::flag, Need::optional, "Only what you hold"},
    Parameter{"paths", Kind::paths, Need::optional, "Only what meets these"},
    Parameter{"limit", Kind::count, Need::optional, "100 unless given", 1000}};
constexpr std::array who_holds_parameters{Parameter{"path", Kind::path, Need::required, ""}};

template <Resource resource>
Call look(const Arguments&) {
  return Look{resource};
}

constexpr auto tools = std::to_array<Tool>({
    {"synapse_claim",
     "Take a lease on a task and its files before editing them. Refused while another agent holds "
     "them. Renewed until released or the session ends.",
     claim_parameters,
     [](const Arguments& given) -> Call {
       return Claim{given.text("task_id"), given.list("paths")};
     }},
    {"synapse_release", "Give your lease on a task back once its work is done.", release_parameters,
     [](const Arguments& given) -> Call { return Release{given.text("task_id")}; }},
    {"synapse_send", "Send a message to other agents.", send_parameters,
     [](const Arguments& given) -> Call {
       return Send{given.text("target"), given.text("message"), given.count("reply_to", 0)};
     }},
    {"synapse_inbox", "Read the messages that are waiting for you.", inbox_parameters,
     [](const Arguments& given) -> Call {
       return ReadInbox{given.count("limit", ReadInbox{}.limit), given.count("wait_seconds", 0)};
     }},
    {"synapse_handoff", "Hand your lease on a task over to another agent.", hand_off_parameters,
     [](const Arguments& given) -> Call {
       return HandOff{given.text("task_id"), given.text("to_agent")};
     }},
    {"synapse_task_declare",
     "Put a task on the shared plan, or replace its title and dependencies.", declare_parameters,
     [](const Arguments& given) -> Call {
       return DeclareTask{given.text("task_id"), given.text("title"), given.list("depends_on")};
     }},
    {"synapse_task_update", "Set the status or the suggested owner of a task on the plan.",
     update_parameters,
     [](const Arguments& given) -> Call {
       return UpdateTask{given.text("task_id"), given.optional("status"),
                         given.optional("suggested_owner")};
     }},
    {"synapse_board",
     "The plan: tasks, which are ready, recent progress.",
     {},
     look<Resource::board>,
     true},
    {"synapse_state", "Who you are, who holds which tasks and files, and who is around.",
     state_parameters,
     [](const Arguments& given) -> Call {
       return ShowState{given.flag("mine") ? ShowState::Whose::mine : ShowState::Whose::all,
                        given.list("paths"), given.count("limit", ShowState{}.limit)};
     },
     true},
    {"synapse_who_holds", "Who holds a file or folder.", who_holds_parameters,
     [](const Arguments& given) -> Call { return WhoHolds{given.text("path")}; }, true},
    {"synapse_manifest", "What agents say they can do.", {}, look<Resource::manifest>, true},
});

Json schema_of(const Parameter& parameter) {
  Json schema = Json::object();
  switch (parameter.kind) {
    case Kind::id:
    case Kind::text:
    case Kind::path:
      schema["type"] = "string";
      break;
    case Kind::count:
      schema["type"] = "integer";
      break;
    case Kind::flag:
      schema["type"] = "boolean";
      break;
    case Kind::ids:
    case Kind::paths:
      schema["type"] = "array";
      schema["items"] = {{"type", "string"}};
      break;
    case Kind::status:
      schema["type"] = "string";
      schema["enum"] = plan_statuses;
      break;
  }
  if (*parameter.help != '\0') schema["description"] = parameter.help;
  return schema;
}

Json input_schema(const Tool& tool) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Parameter& parameter : tool.parameters) {
    properties[parameter.name] = schema_of(parameter);
    if (parameter.need == Need::required) required.push_back(parameter.name);
  }
  Json schema{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = required;
  return schema;
}

// The same for all that change something, refusals included, which clients check against it too: so
// nothing in it is required.
Json output_schema(const Tool& tool) {
  if (tool.only_reads) return {{"type", "object"}};
  const Json text{{"type", "string"}};
  return {{"type", "object"},
          {"properties", {{"task_id", text}, {"code", text}, {"holder", text}}}};
}

std::string argument_named(const char* name) { return "\"" + std::string(name) + "\""; }

Result<> check_text(const char* name, const Json& value, std::size_t bytes_max) {
  if (!value.is_string())
    return fail(ErrorCode::bad_argument, argument_named(name) + " must be a string");
  const auto& text = value.get_ref<const std::string&>();
  if (base::trim(text).empty()) {
    return fail(ErrorCode::bad_argument, argument_named(name) + " must not be blank");
  }
  if (text.size() > bytes_max) {
    return fail(ErrorCode::bad_argument,
                argument_named(name) + " is longer than " + std::to_string(bytes_max) + " bytes");
  }
  return {};
}

Result<> check_list(const char* name, const Json& value, std::size_t bytes_max) {
  if (!value.is_array()) {
    return fail(ErrorCode::bad_argument, argument_named(name) + " must be a list of strings");
  }
  if (value.size() > list_items_max) {
    return fail(ErrorCode::bad_argument, argument_named(name) + " has more than " +
                                             std::to_string(list_items_max) + " items");
  }
  std::size_t bytes = 0;
  for (const Json& item : value) {
    const Result<> checked = check_text(name, item, bytes_max);
    if (!checked) return fail(checked.error().code, "an item of " + checked.error().message);
    bytes += item.get_ref<const std::string&>().size();
  }
  if (bytes > text_bytes_max) {
    return fail(ErrorCode::bad_argument, argument_named(name) + " is longer than " +
                                             std::to_string(text_bytes_max) + " bytes in all");
  }
  return {};
}

Result<> check_count(const Parameter& parameter, const Json& value) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() <= parameter.max) return {};
  return fail(ErrorCode::bad_argument, argument_named(parameter.name) +
                                           " must be a whole number of at most " +
                                           std::to_string(parameter.max));
}

Result<> check(const Parameter& parameter, const Json& value) {
  constexpr std::size_t path_bytes_max = 4096;
  switch (parameter.kind) {
    case Kind::id:
      return check_text(parameter.name, value, id_bytes_max);
    case Kind::text:
      return check_text(parameter.name, value, text_bytes_max);
    case Kind::path:
      return check_text(parameter.name, value, path_bytes_max);
    case Kind::flag:
      if (value.is_boolean()) return {};
      return fail(ErrorCode::bad_argument,
                  argument_named(parameter.name) + " must be true or false");
    case Kind::count:
      return check_count(parameter, value);
    case Kind::ids:
      return check_list(parameter.name, value, id_bytes_max);
    case Kind::paths:
      return check_list(parameter.name, value, path_bytes_max);
    case Kind::status:
      for (const std::string_view status : plan_statuses) {
        if (value == status) return {};
      }
      return fail(ErrorCode::bad_argument,
                  argument_named(parameter.name) +
                      " must be one of open, in_progress, blocked, done, cancelled");
  }
  SYNAPSE_ASSERT(false && "a kind without a check");
}

// Models that are used to writing text put a list into a string now and then.
void unpack_list(const Parameter& parameter, Json& arguments) {
  if (parameter.kind != Kind::ids && parameter.kind != Kind::paths) return;
  const auto found = arguments.find(parameter.name);
  if (found == arguments.end() || !found->is_string()) return;
  const std::string& text = found->get_ref<const std::string&>();
  if (!base::trim(text).starts_with('[')) return;
  if (Result<Json> list = wire::parse_json(text, "the list"); list && list->is_array()) {
    *found = *std::move(list);
  }
}

Result<> check_known(const Tool& tool, const Json& arguments) {
  for (const auto& [name, value] : arguments.items()) {
    bool is_known = false;
    std::string names;
    for (const Parameter& parameter : tool.parameters) {
      is_known = is_known || name == parameter.name;
      names += (names.empty() ? "" : ", ") + std::string(parameter.name);
    }
    if (is_known) continue;
    return fail(ErrorCode::bad_argument, std::string(tool.name) + " has no argument \"" + name +
                                             "\"; it takes " + (names.empty() ? "none" : names));
  }
  return {};
}

}  // namespace

Json tool_list(const Revision& revision) {
  Json list = Json::array();
  for (const Tool& tool : tools) {
    Json entry{{"name", tool.name},
               {"description", tool.description},
               {"inputSchema", input_schema(tool)}};
    if (revision.structured_output == Support::present) entry["outputSchema"] = output_schema(tool);
    if (revision.tool_annotations == Support::present) {
      const char* hint = tool.only_reads ? "readOnlyHint" : "destructiveHint";
      entry["annotations"] = {{hint, tool.only_reads}};
    }
    list.push_back(std::move(entry));
  }
  return list;
}

bool is_tool(std::string_view name) {
  return std::any_of(tools.begin(), tools.end(),
                     [name](const Tool& tool) { return tool.name == name; });
}

Result<Call> read_call(const std::string& tool_name, Json arguments) {
  for (const Tool& tool : tools) {
    if (tool.name != tool_name) continue;
    if (const Result<> known = check_known(tool, arguments); !known) return known.error();
    for (const Parameter& parameter : tool.parameters) {
      unpack_list(parameter, arguments);
      const Json& value = rpc::member(arguments, parameter.name);
      // Models write null for what they leave out.
      if (value.is_null() && parameter.need == Need::optional) continue;
      if (value.is_null()) {
        return fail(ErrorCode::bad_argument,
                    std::string(tool.name) + " needs " + argument_named(parameter.name));
      }
      if (const Result<> checked = check(parameter, value); !checked) return checked.error();
    }
    Call call = tool.make(Arguments(arguments));
    const auto* update = std::get_if<UpdateTask>(&call);
    if (update != nullptr && !update->status && !update->suggested_owner) {
      return fail(ErrorCode::bad_argument,
                  std::string(tool.name) + " needs \"status\" or \"suggested_owner\"");
    }
    return call;
  }
  return fail(ErrorCode::bad_argument, "there is no tool \"" + tool_name + "\"; see tools/list");
}

std::string_view uri_of(Resource resource) {
  switch (resource) {
    case Resource::board:
      return "synapse://board";
    case Resource::state:
      return "synapse://state";
    case Resource::manifest:
      return "synapse://manifest";
    case Resource::inbox:
      return "synapse://inbox";
  }
  SYNAPSE_ASSERT(false && "a resource without an address");
}

std::optional<Resource> find_resource(std::string_view uri) {
  for (const Resource resource : all_resources) {
    if (uri_of(resource) == uri) return resource;
  }
  return std::nullopt;
}

Json resource_list() {
  const auto entry = [](Resource resource, const char* name, const char* description) -> Json {
    return {{"uri", uri_of(resource)},
            {"name", name},
            {"description", description},
            {"mimeType", "application/json"}};
  };
  return Json::array({entry(Resource::board, "board", "The shared plan"),
                      entry(Resource::state, "state", "Live claims, offers and agents"),
                      entry(Resource::manifest, "manifest", "What agents say they can do"),
                      entry(Resource::inbox, "inbox", "Your messages; to read is to have seen")});
}

}  // namespace synapse::mcp
