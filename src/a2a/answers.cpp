// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/answers.hpp"

#include "a2a/rpc.hpp"

namespace synapse::a2a {

namespace {

constexpr const char* a2a_type = "application/a2a+json";
constexpr const char* problem_type = "application/problem+json";

net::HttpResponse json_response(const char* type, std::string json) {
  net::HttpResponse response;
  response.content_type = type;
  response.body = std::move(json);
  return response;
}

// What both bindings have in common: Server-Sent Events, and what the connection says.
class HttpAnswer : public Answer {
 public:
  explicit HttpAnswer(std::shared_ptr<net::HttpReply> reply) : reply_(std::move(reply)) {}

  void begin_stream() override {
    net::HttpResponse head;
    head.content_type = "text/event-stream";
    // The last one: what stands between must not hold events back either.
    head.headers = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}};
    reply_->begin_stream(std::move(head));
  }
  void keep_alive() override { reply_->stream(": still here\n\n"); }
  void end_stream() override { reply_->end_stream(); }
  void on_gone(std::function<void()> gone) override { reply_->on_gone(std::move(gone)); }
  [[nodiscard]] bool is_gone() const override { return reply_->is_gone(); }

 protected:
  void send_event(std::uint64_t number, std::string_view data) {
    std::string text = "id: " + std::to_string(number) + "\ndata: ";
    text += data;
    text += "\n\n";
    reply_->stream(text);
  }
  net::HttpReply& reply() { return *reply_; }

 private:
  const std::shared_ptr<net::HttpReply> reply_;
};

class RestAnswer final : public HttpAnswer {
 public:
  using HttpAnswer::HttpAnswer;

  void result(std::string json) override {
    reply().respond(json_response(a2a_type, std::move(json)));
  }
  void problem(const Problem& problem) override { reply().respond(problem_response(problem)); }
  void event(std::uint64_t number, std::string_view json) override { send_event(number, json); }
};

class RpcAnswer final : public HttpAnswer {
 public:
  RpcAnswer(std::shared_ptr<net::HttpReply> reply, Json id)
      : HttpAnswer(std::move(reply)), id_(std::move(id)) {}

  void result(std::string json) override {
    reply().respond(json_response("application/json", rpc_result_json(id_, json)));
  }
  // An error of JSON-RPC is a successful answer of HTTP.
  void problem(const Problem& problem) override {
    reply().respond(json_response("application/json", rpc_error_json(id_, problem)));
  }
  void event(std::uint64_t number, std::string_view json) override {
    send_event(number, rpc_result_json(id_, json));
  }

 private:
  const Json id_;
};

}  // namespace

std::shared_ptr<Answer> rest_answer(std::shared_ptr<net::HttpReply> reply) {
  return std::make_shared<RestAnswer>(std::move(reply));
}

std::shared_ptr<Answer> rpc_answer(std::shared_ptr<net::HttpReply> reply, Json id) {
  return std::make_shared<RpcAnswer>(std::move(reply), std::move(id));
}

net::HttpResponse problem_response(const Problem& problem) {
  net::HttpResponse response = json_response(problem_type, problem_json(problem));
  response.status = http_status(problem.trouble);
  if (problem.trouble == Trouble::unauthorized) {
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
  }
  if (problem.trouble == Trouble::wrong_method) {
    response.headers.emplace_back("Allow", problem.allow);
  }
  if (problem.trouble == Trouble::unavailable) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace synapse::a2a
