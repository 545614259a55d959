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
// What is held, in words: of everybody or of the agent itself, everywhere or where it meets those
// paths.
struct ShowState {
  enum class Whose { all, mine };
  Whose whose = Whose::all;
  std::vector<std::string> paths;
  std::uint64_t limit = 100;
};
struct WhoHolds {
  std::string path;
};
// What is returned counts as seen once it has been handed to the client.
struct ReadInbox {
  std::uint64_t limit = 20;
  std::uint64_t wait_seconds = 0;
};
using Call = std::variant<Claim, Release, Send, HandOff, DeclareTask, UpdateTask, Look, ShowState,
                          WhoHolds, ReadInbox>;

// Numbers the calls of one session.
using CallId = std::uint64_t;

enum class Verdict { done, refused, unanswered };

// What became of a call.
struct Outcome {
  Verdict verdict = Verdict::done;
  std::string text;  // Short, for a model to read; `structured` is for programs, and a resource.
  nlohmann::json structured = nlohmann::json::object();
  // What else the agent must know: a lease of its own that was lost since its last call.
  std::vector<std::string> notes;
};

// What becomes of an agent's leases when its client ends properly.
enum class AtEnd {
  release,  // They are given back.
  keep,     // They run their length, renewed no more.
};

// What performs a client's calls: the bridge, which tells what comes of them on its own thread.
class CallDesk {
 public:
  virtual ~CallDesk() = default;
  virtual void perform(CallId id, Call call) = 0;
  // A call that has not begun never does. A claim that is granted all the same is given back.
  virtual void cancel(CallId id) = 0;
  // What was finished did not reach the client: a lease that it brought is given back.
  virtual void unheard(CallId id) = 0;
  // The client wants to hear of changes, whether or not it calls.
  virtual void attend() = 0;
  // The last of all.
  virtual void end(AtEnd at_end) = 0;
};

// What a session is told. By the bridge on its own thread, where it is only handed on.
struct Listener {
  std::function<void(CallId, Outcome)> finished;
  std::function<void(Resource)> changed;
};

}  // namespace synapse::mcp
