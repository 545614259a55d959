// SPDX-License-Identifier: AGPL-3.0-or-later
// synapse::Agent: a connection to a hub that keeps itself alive.
//
// Every command of the program is built on it; so can yours be. One Agent is one name on the bus.
// It runs its own I/O thread: heartbeats, pings, reconnects and resumes go on whatever its owner
// does. All members may be called from any thread, except from inside a callback of the same Agent,
// where only send(), request_async() and stop() may; there send() returns once the frame is queued.
// Callbacks run on the I/O thread: who blocks there stops everything else, and an exception that
// leaves one ends the program.
//
// Frames are JSON objects as the protocol page has them (docs/protocol.md). A request returns the
// frame that answered it, granted or refused; an Error means that no answer came (unreachable,
// closed, timed out), so that nobody knows whether the hub did it.
//
// After a lost connection an Agent with Reconnect::always tries again with growing, jittered
// delays, takes its name back, asks for the chat that it missed and hands it out once, in order,
// before anything newer. Mutations carry an idem_key, so a request that was under way is sent again
// and applied once. An Agent whose name was taken over by another connection ends: to take it back
// would be a fight without end. So does one whose token is refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "synapse/agent_options.hpp"
#include "synapse/api.hpp"
#include "synapse/message.hpp"
#include "synapse/result.hpp"

namespace synapse {

// The hub's answer to a request.
struct Reply {
  // False: refused; frame has `code`, `payload` (a sentence) and what the refusal is about.
  bool granted = false;
  std::shared_ptr<const Json> frame;
};

struct ClaimRequest {
  std::string task_id;
  std::string note;
  std::optional<std::string> worktree;
  std::vector<std::string> paths;  // Globs allowed; none: the whole worktree.
  bool no_files = false;           // Claim the task alone ("scope": "none").
  std::optional<double> ttl;       // Seconds, 30 to 30 days.
  std::optional<Json> git;
  // What to do when the task is this agent's own already, by another of its connections.
  enum class IfOwn { renew, refuse } if_own = IfOwn::renew;
  // Wait in the hub's fair queue for this long when it can't be granted at once; nothing: don't
  // wait.
  std::optional<std::chrono::milliseconds> wait;
};

class SYNAPSE_API Agent {
 public:
  explicit Agent(AgentOptions options);
  ~Agent();  // Stops and joins.
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Connects, is welcomed, and has its name accepted. Errors: unreachable, timed_out, tls_failed,
  // name_conflict, auth_denied, invalid_name, closed (with the hub's code and reason in the
  // message), bad_argument (the uri). May be called again after an error, and after a connection is
  // gone for good. At a hub that can't let several connections share a name, one that is no agent
  // waits for its turn, up to ready_timeout, before it fails with name_conflict.
  [[nodiscard]] Result<> connect();
  // The same under another name, when there is no connection.
  [[nodiscard]] Result<> connect_as(const std::string& name);
  // After name_conflict: the name that the hub suggests, because another process is the agent of
  // the one that was asked for. Blank: the name itself can't be had.
  [[nodiscard]] std::string suggested_name() const;
  // Ends the connection; a blocked call returns ErrorCode::closed. Safe from any thread and more
  // than once.
  void stop();
  [[nodiscard]] bool is_connected() const;
  // The name as bound (the hub's choice if none was given). Blank for an observer.
  [[nodiscard]] std::string name() const;
  // Whether the hub says that it can do what came after the first version of the protocol, such as
  // "attach" (docs/protocol.md, Features). False until connected.
  [[nodiscard]] bool has_feature(std::string_view feature) const;

  // Sends any frame; `sender`, `target` "all", `payload` "" and `timestamp` are filled in if
  // absent. Returns once the bytes are with the kernel. Errors: closed, while there is no
  // connection too; timed_out when the hub takes nothing for request_timeout.
  [[nodiscard]] Result<> send(Json frame);
  // Sends a request and waits for its own answer, told from others' by type, task and owner.
  // Timeout: nothing given, options.request_timeout; a claim that waits in the queue has its
  // wait_seconds beside it. With Reconnect::always a request waits for the connection to come back,
  // as long as its time lasts.
  [[nodiscard]] Result<Reply> request(
      Json frame, std::optional<std::chrono::milliseconds> timeout = std::nullopt);
  // The same without waiting: `answered` is called once, on the I/O thread, in the order of the
  // answers. May be called from a callback too. What is under way when the Agent stops is answered
  // with ErrorCode::closed.
  void request_async(Json frame, std::function<void(Result<Reply>)> answered,
                     std::optional<std::chrono::milliseconds> timeout = std::nullopt);

  // Frames that no request took, the oldest first: waits up to `timeout` (negative: for ever).
  // timed_out when none came; closed when the connection is gone for good and the inbox is empty.
  [[nodiscard]] Result<std::shared_ptr<const Json>> receive(std::chrono::milliseconds timeout);
  // How many frames were dropped because nobody received them: see inbox_max.
  [[nodiscard]] std::uint64_t dropped_frames() const;
  // In place of receive(): called on the I/O thread with every such frame. Set before connect().
  void on_frame(std::function<void(const Json&)> handler);
  // Told of each loss and each return of the connection; `why` is the reason of the loss. A loss
  // for good is told last. Set before connect().
  void on_connection(std::function<void(bool connected, const Error& why)> handler);

  // Chat. Returns once the hub has sent it on: the reply is the message with its msg_id.
  [[nodiscard]] Result<Reply> chat(const std::string& target, const std::string& text,
                                   const Json& extra_fields);
  [[nodiscard]] Result<Reply> chat(const std::string& target, const std::string& text);

  // Proven delivery (docs/protocol.md, Delivery), at a hub with the feature "receipts".
  // The reply is `chat_accepted`, which says how the message stands with each recipient; at a hub
  // without the feature it is that of chat(), and nothing more will be known of the message.
  [[nodiscard]] Result<Reply> say(const Message& message);
  // What waits in the mailbox. A wait for something comes on top of the request_timeout.
  [[nodiscard]] Result<Reply> inbox(const InboxRequest& request);
  // This program has those messages; they were put before whoever reads them. At most 1000.
  [[nodiscard]] Result<Reply> got(const std::vector<std::uint64_t>& msg_ids);
  [[nodiscard]] Result<Reply> seen(const std::vector<std::uint64_t>& msg_ids);
  // The agent's own messages and how they stand, the newest of them.
  [[nodiscard]] Result<Reply> sent(const SentRequest& request);
  // Takes back what is not seen yet.
  [[nodiscard]] Result<Reply> withdraw(std::uint64_t msg_id);
  [[nodiscard]] Result<Reply> dead_letters(const DeadLetters& which);
  [[nodiscard]] Result<Reply> retry_dead_letters(const DeadLetters& which);
  [[nodiscard]] Result<Reply> clear_dead_letters(const DeadLetters& which);

  [[nodiscard]] Result<Reply> claim(const ClaimRequest& request);
  [[nodiscard]] Result<Reply> release(const std::string& task_id);
  [[nodiscard]] Result<Reply> renew(const std::string& task_id, std::optional<double> ttl);
  [[nodiscard]] Result<Reply> update_task(const std::string& task_id, const Json& fields);
  [[nodiscard]] Result<Reply> checkpoint(const std::string& task_id, const std::string& text);
  [[nodiscard]] Result<Reply> hand_off(const std::string& task_id, const std::string& to_agent,
                                       const std::string& note);
  [[nodiscard]] Result<Reply> wait_for(const std::string& task_id);
  [[nodiscard]] Result<Reply> offer(const std::string& kind, const std::string& resource_name,
                                    const Json& fields);
  [[nodiscard]] Result<Reply> declare_task(const std::string& task_id, const std::string& title,
                                           const std::vector<std::string>& depends_on,
                                           const Json& fields);
  [[nodiscard]] Result<Reply> update_plan(const std::string& task_id, const Json& fields);
  // Takes it off the plan.
  [[nodiscard]] Result<Reply> forget_task(const std::string& task_id);
  [[nodiscard]] Result<Reply> progress(const std::string& task_id, const std::string& text,
                                       const std::string& kind);
  [[nodiscard]] Result<Reply> advertise(const Json& card);
  [[nodiscard]] Result<Reply> record_finding(const Json& finding);
  [[nodiscard]] Result<Reply> log_recall(const Json& recall);

  // Snapshots: the reply's frame is the snapshot frame as the hub sent it.
  [[nodiscard]] Result<Reply> who();
  [[nodiscard]] Result<Reply> state();
  [[nodiscard]] Result<Reply> board();
  [[nodiscard]] Result<Reply> manifest();
  [[nodiscard]] Result<Reply> history(std::optional<int> limit);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace synapse
