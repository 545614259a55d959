// SPDX-License-Identifier: AGPL-3.0-or-later
// One client's conversation: text in, text and calls out. No I/O, no clock, no threads, so that a
// transport may run it wherever it likes and a test plays any conversation in it.
//
//   fresh -> initialize -> serving
//
// A text is answered at once, or when the calls that it made are finished: Output::answers says
// which text an output belongs to, since HTTP answers on the connection that asked. A text of a
// batch is answered in one piece, when its last call is finished.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/calls.hpp"
#include "mcp/json_rpc.hpp"
#include "mcp/revision.hpp"

namespace synapse::mcp {

// The transport's number of a text that it received; 0 is none.
using TextId = std::uint64_t;

struct Output {
  enum class Kind {
    answer,
    error,      // To a request that was understood as one.
    malformed,  // To a text that was not.
    no_method,  // To a request for something that is not there.
    event,      // Belongs to what was asked, and does not answer it yet.
  };

  TextId answers = 0;  // 0: a notification of ours.
  std::string text;    // Blank: no answer will come, since the client cancelled all that it asked.
  Kind kind = Kind::answer;   // Of a batch, answer.
  std::vector<CallId> calls;  // Whose results are in it.
};

struct Effects {
  struct Start {
    CallId id;
    Call call;
  };
  std::vector<Output> outputs;
  std::vector<Start> calls;       // To be performed, in this order.
  std::vector<CallId> cancelled;  // Nobody waits for those any more; finish() is not due.
  bool attends = false;           // The client wants to hear of changes from now on.
};

class Session {
 public:
  // Under way at once: no client that waits for anything has more.
  static constexpr std::size_t calls_max = 64;
  static constexpr std::size_t batch_max = 64;

  // `own_name`: what the agent goes by, if that is known for sure.
  explicit Session(std::string own_name = {}) : own_name_(std::move(own_name)) {}
  // One that another run of the server began, which has told nobody what it was subscribed to: so
  // it hears of every change.
  [[nodiscard]] static Session revived(const Revision& revision);

  // A message of the client, or a batch of them.
  [[nodiscard]] Effects receive(TextId text_id, Json document);
  // A text that is none.
  [[nodiscard]] static Effects refuse(TextId text_id, const rpc::Invalid& invalid);
  [[nodiscard]] Effects finish(CallId id, const Outcome& outcome);
  // Tells those who have subscribed to it.
  [[nodiscard]] Effects changed(Resource resource);

  [[nodiscard]] bool is_initialized() const { return revision_ != nullptr; }
  // As negotiated; the newest before that.
  [[nodiscard]] const Revision& revision() const;
  [[nodiscard]] std::size_t calls_under_way() const { return calls_.size(); }

 private:
  // What was received as one text, until all of it is answered.
  struct Exchange {
    bool is_batch = false;
    bool had_calls = false;
    std::size_t open_calls = 0;
    Json answers = Json::array();
    std::vector<CallId> finished;
  };
  struct PendingCall {
    Json request_id;
    TextId text_id;
    bool is_tool;
    std::string uri;  // Of the resource that is read.
  };
  // An answer that is there; nothing when it comes later.
  using Answer = std::optional<Json>;

  [[nodiscard]] Effects close_if_done(TextId text_id, Effects effects);
  void take_in(TextId text_id, Json&& document, Effects& effects);
  Answer answer(TextId text_id, const rpc::Request& request, Effects& effects);
  void cancel(TextId by, const Json& request_id, Effects& effects);

  Json initialize(const rpc::Request& request);
  Answer call_tool(TextId text_id, const rpc::Request& request, Effects& effects);
  Answer read_resource(TextId text_id, const rpc::Request& request, Effects& effects);
  Json subscribe(const rpc::Request& request, Effects& effects);
  Answer start(TextId text_id, const rpc::Request& request, Call call, Effects& effects);

  [[nodiscard]] Json answer_of(const PendingCall& call, const Outcome& outcome);

  std::string own_name_;
  const Revision* revision_ = nullptr;  // Negotiated.
  std::set<Resource> subscriptions_;
  std::map<CallId, PendingCall> calls_;
  std::map<TextId, Exchange> exchanges_;
  CallId last_call_ = 0;
  std::vector<std::string> notes_;  // For the next result that has room for them.
};

}  // namespace synapse::mcp
