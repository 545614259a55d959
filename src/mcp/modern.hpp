// SPDX-License-Identifier: AGPL-3.0-or-later
// The revision 2026-07-28: a protocol without sessions. Each request says for itself which revision
// it speaks and what its client can do, and nothing of that is remembered; both eras may be mixed
// on one line or endpoint, and neither knows of the other. No I/O, no clock, no threads, as
// Session.
//
// Source: modelcontextprotocol.io/specification/2026-07-28, pages Basic, Versioning, Transports,
// Subscriptions and Caching.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mcp/session.hpp"

namespace synapse::mcp {

// The headers that stand beside a request over HTTP, for what is between client and server; blank:
// missing. They must say what the body says.
struct StandardHeaders {
  std::string protocol_version;
  std::string method;
  std::string name;
};

class Modern {
 public:
  // Whether request ids tell requests apart: those of one client do, those of several can't.
  enum class Ids { unique, repeatable };

  static constexpr std::size_t listens_max = 1024;
  // Above the numbers that a Session gives, so that both can have calls on one desk.
  static constexpr CallId first_call = CallId{1} << 62U;

  explicit Modern(Ids ids) : ids_(ids) {}

  // Whether a message is of this era: it says its revision.
  [[nodiscard]] static bool is_spoken_in(const Json& document);

  // One message, of this era. With headers only over HTTP.
  [[nodiscard]] Effects receive(TextId text_id, Json document,
                                const StandardHeaders* headers = nullptr);
  [[nodiscard]] Effects finish(CallId id, const Outcome& outcome);
  [[nodiscard]] Effects changed(Resource resource);
  // The client wants no answer any more: of what it said in that text, or asked under that id.
  [[nodiscard]] Effects cancel(TextId text_id);
  [[nodiscard]] Effects cancel_request(const Json& request_id);
  // The server ends: every listener gets its last word. On a line that is shared by all, where that
  // word alone could be overlooked, a cancellation stands before it.
  enum class Farewell { result, cancellation_and_result };
  [[nodiscard]] Effects close(Farewell farewell);

  [[nodiscard]] std::size_t calls_under_way() const { return calls_.size(); }
  [[nodiscard]] bool is_idle() const { return calls_.empty() && listens_.empty(); }

 private:
  struct PendingCall {
    Json request_id;
    TextId text_id;
    std::string uri;  // Of the resource that is read; blank: it is a tool.
  };
  struct Listen {
    Json request_id;
    std::set<Resource> resources;
  };
  struct Refusal {
    int code;
    std::string message;
    Json data = nullptr;
    Output::Kind kind = Output::Kind::error;
  };
  using Answer = std::variant<std::monostate, Json, Refusal>;  // Nothing yet, a result, or no.

  [[nodiscard]] static Refusal mismatch(std::string why);
  // `headers` null: on stdio.
  [[nodiscard]] static std::optional<Refusal> check_meta(const rpc::Request& request,
                                                         const StandardHeaders* headers);
  [[nodiscard]] static std::optional<Refusal> check_headers(const rpc::Request& request,
                                                            const StandardHeaders& headers);
  [[nodiscard]] Answer answer(TextId text_id, const rpc::Request& request, Effects& effects);
  [[nodiscard]] Answer call_tool(TextId text_id, const rpc::Request& request, Effects& effects);
  [[nodiscard]] Answer read_resource(TextId text_id, const rpc::Request& request, Effects& effects);
  [[nodiscard]] Answer listen(TextId text_id, const rpc::Request& request, Effects& effects);
  [[nodiscard]] Answer start(TextId text_id, const rpc::Request& request, std::string uri,
                             Call call, Effects& effects);

  const Ids ids_;
  std::map<CallId, PendingCall> calls_;
  std::map<TextId, Listen> listens_;
  CallId last_call_ = first_call;
  std::vector<std::string> notes_;  // For the next result that has room for them.
};

}  // namespace synapse::mcp
