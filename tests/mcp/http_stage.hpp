// SPDX-License-Identifier: AGPL-3.0-or-later
// What the tests of MCP over HTTP have in common: a reply that writes down what it is given, and an
// endpoint with a clock that is moved by hand, counted session ids and desks that the test answers.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mcp/http_endpoint.hpp"
#include "mcp/json_rpc.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"

namespace synapse::mcp {

struct FakeReply final : net::HttpReply {
  enum class Stage { waiting, responded, streaming, ended };

  void respond(net::HttpResponse given) override {
    CHECK(stage == Stage::waiting);
    stage = Stage::responded;
    response = std::move(given);
  }
  void begin_stream(net::HttpResponse head) override {
    CHECK(stage == Stage::waiting);
    stage = Stage::streaming;
    text = head.body;
    response = std::move(head);
  }
  void stream(std::string_view piece) override {
    CHECK(stage == Stage::streaming);
    text += piece;
  }
  void end_stream() override {
    CHECK(stage == Stage::streaming);
    stage = Stage::ended;
    gone = nullptr;
  }
  void on_gone(std::function<void()> told) override { gone = std::move(told); }
  [[nodiscard]] bool is_gone() const override { return has_left; }

  // The peer leaves.
  void leave() {
    has_left = true;
    if (gone) std::exchange(gone, nullptr)();
  }
  // What was streamed since this was last asked.
  std::string take_text() { return std::exchange(text, {}); }
  [[nodiscard]] std::string header(std::string_view name) const {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return {};
  }
  [[nodiscard]] Json json() const { return Json::parse(response.body); }

  Stage stage = Stage::waiting;
  net::HttpResponse response;
  std::string text;
  std::function<void()> gone;
  bool has_left = false;
};
using Stage = FakeReply::Stage;

using Reply = std::shared_ptr<FakeReply>;

struct FakeDesk final : CallDesk {
  struct Record {
    Listener listener;
    std::vector<std::pair<CallId, Call>> calls;
    std::vector<CallId> cancelled;
    std::vector<CallId> unheard;
    std::string agent;
    bool attends = false;
    std::optional<AtEnd> end;
    bool is_open = true;
  };
  explicit FakeDesk(std::shared_ptr<Record> kept) : record(std::move(kept)) {}
  ~FakeDesk() override { record->is_open = false; }
  void perform(CallId id, Call call) override { record->calls.emplace_back(id, std::move(call)); }
  void cancel(CallId id) override { record->cancelled.push_back(id); }
  void unheard(CallId id) override { record->unheard.push_back(id); }
  void attend() override { record->attends = true; }
  void end(AtEnd at_end) override { record->end = at_end; }

  std::shared_ptr<Record> record;
};

inline net::HttpHeaders usual_headers() {
  return {{"Host", "127.0.0.1:8878"},
          {"Accept", "application/json, text/event-stream"},
          {"Content-Type", "application/json"}};
}

// Those, with some in other values; blank: left out.
inline net::HttpHeaders headers_with(const net::HttpHeaders& others) {
  net::HttpHeaders headers = others;
  for (const auto& usual : usual_headers()) {
    bool is_given = false;
    for (const auto& [name, value] : others) is_given = is_given || name == usual.first;
    if (!is_given) headers.push_back(usual);
  }
  std::erase_if(headers, [](const auto& header) { return header.second.empty(); });
  return headers;
}

inline net::HttpRequest http_request(const std::string& method, const net::HttpHeaders& others,
                                     const std::string& body = "") {
  return {method, std::string(http_path), headers_with(others), body, {}};
}

inline std::string rpc_text(const Json& id, const std::string& method,
                            const Json& params = Json::object()) {
  return Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump();
}

class HttpStage {
 public:
  explicit HttpStage(HttpEndpointOptions options = {})
      : endpoint(std::move(options),
                 {clock,
                  [this](const Revision&) { return "session-" + std::to_string(++last_session_); },
                  // An earlier run's are those that say so, and their revision.
                  [](std::string_view id) -> const Revision* {
                    return id.starts_with("earlier-") ? find_revision(id.substr(8)) : nullptr;
                  },
                  [this](const std::string& agent, Listener listener) -> std::unique_ptr<CallDesk> {
                    desks.push_back(std::make_shared<FakeDesk::Record>());
                    desks.back()->agent = agent;
                    desks.back()->listener = std::move(listener);
                    return std::make_unique<FakeDesk>(desks.back());
                  }}) {}

  Reply serve(const net::HttpRequest& request) {
    auto reply = std::make_shared<FakeReply>();
    endpoint.serve(request, reply);
    return reply;
  }
  Reply serve_at(const std::string& target, const std::string& body,
                 const net::HttpHeaders& headers = {}) {
    net::HttpRequest request = http_request("POST", headers, body);
    request.target = target;
    return serve(request);
  }
  Reply post(const std::string& body, const net::HttpHeaders& headers = {}) {
    return serve(http_request("POST", headers, body));
  }
  // A new session's id.
  std::string initialize(const std::string& revision = "2025-11-25") {
    const Reply reply = post(rpc_text(0, "initialize", {{"protocolVersion", revision}}));
    REQUIRE(reply->response.status == 200);
    CHECK(reply->json().at("result").at("protocolVersion") == revision);
    return reply->header("Mcp-Session-Id");
  }
  Reply say(const std::string& session, const std::string& text, net::HttpHeaders headers = {}) {
    headers.emplace_back("Mcp-Session-Id", session);
    return post(text, headers);
  }
  Reply call_board(const std::string& session, const Json& id,
                   const net::HttpHeaders& headers = {}) {
    return say(session, rpc_text(id, "tools/call", {{"name", "synapse_board"}}), headers);
  }
  Reply listen(const std::string& session, const std::string& last_event_id = "") {
    return serve(
        http_request("GET", {{"Mcp-Session-Id", session}, {"Last-Event-ID", last_event_id}}));
  }
  void subscribe(const std::string& session, const std::string& view) {
    CHECK(say(session, rpc_text("s", "resources/subscribe", {{"uri", "synapse://" + view}}))
              ->response.status == 200);
  }
  void pass(double seconds) {
    clock.advance(seconds);
    endpoint.look_at_time();
  }
  // The desk of the session that was initialized last answers that call.
  void finish(CallId id, const std::string& text) {
    desks.back()->listener.finished(id, {Verdict::done, text, {{"at", text}}, {}});
  }

  test::ManualClock clock;
  std::vector<std::shared_ptr<FakeDesk::Record>> desks;
  HttpEndpoint endpoint;

 private:
  int last_session_ = 0;
};

inline int code_of(const Reply& reply) { return reply->json().at("error").at("code").get<int>(); }

}  // namespace synapse::mcp
