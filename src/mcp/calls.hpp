// SPDX-License-Identifier: AGPL-3.0-or-later
// What a client can ask of the hub, as data: the session makes calls from checked arguments, the
// bridge performs them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace synapse::mcp {

// The views of the hub, each a tool and a resource.
enum class Resource { board, state, manifest, inbox };
inline constexpr std::array<Resource, 4> all_resources{Resource::board, Resource::state,
                                                       Resource::manifest, Resource::inbox};

struct Claim {
  std::string task_id;
  std::vector<std::string> paths;  // As the client named them: from its own folder.
};
struct Release {
  std::string task_id;
};
struct Send {
  std::string target;
  std::string message;
  std::uint64_t reply_to = 0;  // The number of the message that it answers; 0: none.
};
struct HandOff {
  std::string task_id;
  std::string to_agent;
};
struct DeclareTask {
  std::string task_id;
  std::string title;
  std::vector<std::string> depends_on;
};
struct UpdateTask {
  std::string task_id;
  std::optional<std::string> status;
  std::optional<std::string> suggested_owner;
};
struct Look {
  Resource at;
};
// What is returned counts as seen once it has been handed to the client.
struct ReadInbox {
  std::uint64_t limit = 20;
  std::uint64_t wait_seconds = 0;
};
using Call = std::variant<Claim, Release, Send, HandOff, DeclareTask, UpdateTask, Look, ReadInbox>;

// Numbers the calls of one session.
using CallId = std::uint64_t;

enum class Verdict { done, refused, unanswered };

// What became of a call.
struct Outcome {
  Verdict verdict = Verdict::done;
  std::string text;  // A short sentence; of a Look, its JSON.
  nlohmann::json structured = nlohmann::json::object();
  // What else the agent must know: a lease of its own that was lost since its last call.
  std::vector<std::string> notes;
};

// What a session is told. By the bridge on its own thread, where it is only handed on.
struct Listener {
  std::function<void(CallId, Outcome)> finished;
  std::function<void(Resource)> changed;
};

}  // namespace synapse::mcp
