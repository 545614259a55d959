// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/answers.hpp"

#include <array>
#include <ctime>
#include <utility>

#include "a2a/rpc.hpp"
#include "base/fnv1a.hpp"

namespace synapse::a2a {

namespace {

constexpr const char* a2a_type = "application/a2a+json";

net::HttpResponse json_response(const char* type, std::string json) {
  net::HttpResponse response;
  response.content_type = type;
  response.body = std::move(json);
  return response;
}

// What both bindings have in common: Server-Sent Events, and what the connection says.
// Source: RFC 9110, section 5.6.7.
std::string http_date(double wall) {
  const auto seconds = static_cast<std::time_t>(wall);
  std::tm fields{};
  gmtime_r(&seconds, &fields);
  std::array<char, 32> text{};
  const std::size_t length =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &fields);
  return {text.data(), length};
}

class HttpAnswer : public Answer {
 public:
  explicit HttpAnswer(std::shared_ptr<net::HttpReply> reply) : reply_(std::move(reply)) {}

  void begin_stream() override {
    is_stream_ = true;
    net::HttpResponse head;
    head.content_type = "text/event-stream";
    // The last one: what stands between must not hold events back either.
    head.headers = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}};
    reply_->begin_stream(std::move(head));
  }
  // Of one answer that takes long, the head and white space, which JSON may begin with: what stands
  // between, and the client itself, then don't take the connection for dead.
  void keep_alive() override {
    if (is_stream_) return reply_->stream(": still here\n\n");
    if (std::exchange(has_begun_, true)) return reply_->stream(" ");
    reply_->begin_stream(json_response(type(), " "));
  }
  void end_stream() override { reply_->end_stream(); }
  void on_gone(std::function<void()> gone) override { reply_->on_gone(std::move(gone)); }
  [[nodiscard]] bool is_gone() const override { return reply_->is_gone(); }

 protected:
  [[nodiscard]] virtual const char* type() const = 0;
  void send_json(std::string json) {
    if (!has_begun_) return reply_->respond(json_response(type(), std::move(json)));
    reply_->stream(json);
    reply_->end_stream();
  }
  // What has begun as a success can't become a failure: the client sees a connection that broke.
  [[nodiscard]] bool has_begun() const { return has_begun_; }
  void send_event(std::uint64_t number, std::string_view data) {
    std::string text = "id: " + std::to_string(number) + "\ndata: ";
    text += data;
    text += "\n\n";
    reply_->stream(text);
  }
  net::HttpReply& reply() { return *reply_; }
  void abandon() { reply_.reset(); }

 private:
  std::shared_ptr<net::HttpReply> reply_;
  bool is_stream_ = false;
  bool has_begun_ = false;  // Of an answer that is no stream of events.
};

class RestAnswer final : public HttpAnswer {
 public:
  using HttpAnswer::HttpAnswer;

  void result(std::string json) override { send_json(std::move(json)); }
  void problem(const Problem& problem) override {
    if (has_begun()) return abandon();
    reply().respond(problem_response(problem));
  }
  void event(std::uint64_t number, std::string_view json) override { send_event(number, json); }

 private:
  [[nodiscard]] const char* type() const override { return a2a_type; }
};

class RpcAnswer final : public HttpAnswer {
 public:
  RpcAnswer(std::shared_ptr<net::HttpReply> reply, Json id)
      : HttpAnswer(std::move(reply)), id_(std::move(id)) {}

  void result(std::string json) override { send_json(rpc_result_json(id_, json)); }
  // An error of JSON-RPC is a successful answer of HTTP.
  void problem(const Problem& problem) override { send_json(rpc_error_json(id_, problem)); }
  void event(std::uint64_t number, std::string_view json) override {
    send_event(number, rpc_result_json(id_, json));
  }

 private:
  [[nodiscard]] const char* type() const override { return "application/json"; }

  const Json id_;
};

class CardAnswer final : public HttpAnswer {
 public:
  CardAnswer(std::shared_ptr<net::HttpReply> reply, std::string known,
             std::function<double()> changed_at)
      : HttpAnswer(std::move(reply)),
        known_(std::move(known)),
        changed_at_(std::move(changed_at)) {}

  void result(std::string json) override {
    const std::string tag = '"' + std::to_string(base::fnv1a(json)) + '"';
    net::HttpResponse response = json_response(type(), std::move(json));
    response.headers = {{"ETag", tag},
                        {"Last-Modified", http_date(changed_at_())},
                        {"Cache-Control", "public, max-age=60"}};
    if (known_ == "*" || known_.find(tag) != std::string::npos) {
      response.status = 304;
      response.body.clear();
      response.content_type.clear();
    }
    reply().respond(std::move(response));
  }
  void problem(const Problem& problem) override { reply().respond(problem_response(problem)); }
  void event(std::uint64_t, std::string_view) override {}

 private:
  [[nodiscard]] const char* type() const override { return "application/json"; }

  const std::string known_;
  const std::function<double()> changed_at_;
};

// To a call that wants no answer: it has had that already.
class NoAnswer final : public Answer {
 public:
  void result(std::string) override {}
  void problem(const Problem&) override {}
  void begin_stream() override {}
  void event(std::uint64_t, std::string_view) override {}
  void keep_alive() override {}
  void end_stream() override {}
  void on_gone(std::function<void()>) override {}
  [[nodiscard]] bool is_gone() const override { return false; }
};

}  // namespace

std::shared_ptr<Answer> rest_answer(std::shared_ptr<net::HttpReply> reply) {
  return std::make_shared<RestAnswer>(std::move(reply));
}

std::shared_ptr<Answer> rpc_answer(std::shared_ptr<net::HttpReply> reply, Json id) {
  return std::make_shared<RpcAnswer>(std::move(reply), std::move(id));
}

std::shared_ptr<Answer> card_answer(std::shared_ptr<net::HttpReply> reply, std::string known,
                                    std::function<double()> changed_at) {
  return std::make_shared<CardAnswer>(std::move(reply), std::move(known), std::move(changed_at));
}

std::shared_ptr<Answer> no_answer(net::HttpReply& reply) {
  reply.respond({204, "", "", {}});
  return std::make_shared<NoAnswer>();
}

net::HttpResponse problem_response(const Problem& problem) {
  net::HttpResponse response = json_response(a2a_type, problem_json(problem));
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
