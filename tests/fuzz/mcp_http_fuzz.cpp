// SPDX-License-Identifier: AGPL-3.0-or-later
// Any bytes as what HTTP clients of the MCP server send: each request is answered once, each body
// is JSON, each stream is made of whole events, and sessions stay bounded. Session ids are s1, s2
// and so on, so that they can be guessed here.
#include <nlohmann/json.hpp>
#include <vector>

#include "base/assert.hpp"
#include "mcp/http_endpoint.hpp"
#include "net/http_server_codec.hpp"

using namespace synapse;

namespace {

constexpr std::size_t sessions_max = 4;

class HandClock final : public base::Clock {
 public:
  [[nodiscard]] Moment now() const override { return now_; }
  void pass(std::chrono::seconds time) { now_.mono += time; }

 private:
  Moment now_;
};

class Reply final : public net::HttpReply {
 public:
  ~Reply() override {
    if (stage_ == Stage::streamed || stage_ == Stage::ended) check_events();
  }
  void respond(net::HttpResponse response) override {
    SYNAPSE_ASSERT(stage_ == Stage::fresh);
    stage_ = Stage::responded;
    SYNAPSE_ASSERT(response.body.empty() || nlohmann::json::accept(response.body));
    std::string out;
    SYNAPSE_ASSERT(net::append_http_answer(out, response, {}).has_value());
  }
  void begin_stream(net::HttpResponse head) override {
    SYNAPSE_ASSERT(stage_ == Stage::fresh);
    stage_ = Stage::streamed;
    text_ = head.body;
    std::string out;
    SYNAPSE_ASSERT(net::append_http_stream_head(out, head, {}).has_value());
  }
  void stream(std::string_view piece) override {
    SYNAPSE_ASSERT(stage_ == Stage::streamed);
    text_ += piece;
  }
  void end_stream() override {
    SYNAPSE_ASSERT(stage_ == Stage::streamed);
    stage_ = Stage::ended;
    gone_ = nullptr;
  }
  void on_gone(std::function<void()> gone) override { gone_ = std::move(gone); }
  [[nodiscard]] bool is_gone() const override { return has_left_; }

  void leave() {
    has_left_ = true;
    if (gone_) std::exchange(gone_, nullptr)();
  }
  [[nodiscard]] bool is_answered() const { return stage_ != Stage::fresh; }

 private:
  enum class Stage { fresh, responded, streamed, ended };

  void check_events() const {
    SYNAPSE_ASSERT(text_.empty() || text_.ends_with("\n\n"));
    std::string_view rest = text_;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(line.size() + 1);
      if (!line.starts_with("data: {") && !line.starts_with("data: [")) continue;
      SYNAPSE_ASSERT(nlohmann::json::accept(line.substr(6)));
    }
  }

  Stage stage_ = Stage::fresh;
  std::string text_;
  std::function<void()> gone_;
  bool has_left_ = false;
};

struct OpenCall {
  std::weak_ptr<mcp::Listener> listener;
  mcp::CallId id;
};

class Desk final : public mcp::CallDesk {
 public:
  Desk(mcp::Listener listener, std::vector<OpenCall>& calls)
      : listener_(std::make_shared<mcp::Listener>(std::move(listener))), calls_(calls) {}
  void perform(mcp::CallId id, mcp::Call) override { calls_.push_back({listener_, id}); }
  void cancel(mcp::CallId) override {}
  void unheard(mcp::CallId) override {}
  void attend() override {}
  void end(mcp::AtEnd) override {}
  [[nodiscard]] const std::shared_ptr<mcp::Listener>& listener() const { return listener_; }

 private:
  std::shared_ptr<mcp::Listener> listener_;
  std::vector<OpenCall>& calls_;
};

class World {
 public:
  World()
      : endpoint_(
            options(),
            {clock_, [this](const mcp::Revision&) { return "s" + std::to_string(++last_session_); },
             [](std::string_view id) -> const mcp::Revision* {
               return id.starts_with("e") ? &mcp::newest_revision() : nullptr;
             },
             [this](const std::string&, mcp::Listener listener) -> std::unique_ptr<mcp::CallDesk> {
               auto desk = std::make_unique<Desk>(std::move(listener), calls_);
               listeners_.push_back(desk->listener());
               return desk;
             }}) {}
  ~World() { endpoint_.close(); }

  void serve(const net::HttpRequest& request) {
    auto reply = std::make_shared<Reply>();
    replies_.push_back(reply);
    endpoint_.serve(request, reply);
    SYNAPSE_ASSERT(endpoint_.sessions() <= sessions_max);
    SYNAPSE_ASSERT(reply->is_answered() || !calls_.empty());
    // What else happens goes by the length of what was sent.
    const std::size_t dice = request.body.size() + request.target.size();
    if (dice % 3 == 0) finish_one();
    if (dice % 5 == 0) replies_[dice % replies_.size()]->leave();
    if (dice % 7 == 0) {
      for (const auto& weak : listeners_) {
        if (const auto listener = weak.lock()) listener->changed(mcp::Resource::board);
      }
    }
    clock_.pass(std::chrono::seconds(dice % 11 == 0 ? 100 : 1));
    endpoint_.look_at_time();
  }

 private:
  static mcp::HttpEndpointOptions options() {
    mcp::HttpEndpointOptions options;
    options.sessions_max = sessions_max;
    options.session_idle = std::chrono::seconds(90);
    return options;
  }
  void finish_one() {
    if (calls_.empty()) return;
    const OpenCall call = calls_.back();
    calls_.pop_back();
    if (const auto listener = call.listener.lock()) listener->finished(call.id, {});
  }

  HandClock clock_;
  std::vector<OpenCall> calls_;
  std::vector<std::weak_ptr<mcp::Listener>> listeners_;
  std::vector<std::shared_ptr<Reply>> replies_;
  int last_session_ = 0;
  mcp::HttpEndpoint endpoint_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  net::HttpRequestReader reader({4096, 4096});
  reader.append({reinterpret_cast<const char*>(data), size});
  while (reader.advance() == net::HttpRequestReader::State::complete) {
    world.serve(reader.take().request);
  }
  return 0;
}
