// SPDX-License-Identifier: AGPL-3.0-or-later
// The thread of an Agent, and what its owner's threads hand over to it and wait for.
#include "synapse/agent.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "base/assert.hpp"
#include "base/quiet_thread.hpp"
#include "client/channel.hpp"
#include "net/latest.hpp"
#include "net/mailbox.hpp"

namespace synapse {

namespace {

using client::Channel;
using client::SharedFrame;
namespace asio = boost::asio;

}  // namespace

class Agent::Impl {
 public:
  explicit Impl(AgentOptions options)
      : options_(std::move(options)),
        inbox_(std::max<std::size_t>(options_.inbox_max, 1)),
        channel_(io_.get_executor(), options_, events()),
        thread_(start()) {}

  ~Impl() {
    SYNAPSE_ASSERT(!is_io_thread());
    stop();
    work_.reset();
    thread_.join();
  }

  Result<> connect() {
    return wait<Result<>>(std::nullopt, [this](auto done) { channel_.connect(done); });
  }

  Result<> connect_as(const std::string& name) {
    return wait<Result<>>(std::nullopt,
                          [this, name](auto done) { channel_.connect_as(name, done); });
  }

  void stop() {
    if (is_io_thread()) return channel_.stop();
    asio::post(io_, [this] { channel_.stop(); });
  }

  Result<> send(Json frame) {
    // Nobody can wait for a write on the thread that makes it.
    if (is_io_thread()) return channel_.send(std::move(frame), {});
    // By value: a wait that is given up leaves its work behind.
    return wait<Result<>>(options_.request_timeout, [this, frame = std::move(frame)](auto done) {
      if (const Result<> queued = channel_.send(frame, done); !queued) done(queued);
    });
  }

  Result<Reply> request(Json frame, std::optional<std::chrono::milliseconds> timeout) {
    const auto patience = timeout.value_or(options_.request_timeout);
    const auto start = [this, frame = std::move(frame), patience](auto done) {
      channel_.request(frame, patience, done);
    };
    return wait<Result<Reply>>(std::nullopt, start);
  }

  void request_async(Json frame, std::function<void(Result<Reply>)> answered,
                     std::optional<std::chrono::milliseconds> timeout) {
    const auto patience = timeout.value_or(options_.request_timeout);
    asio::post(
        io_, [this, frame = std::move(frame), answered = std::move(answered), patience]() mutable {
          channel_.request(std::move(frame), patience, std::move(answered));
        });
  }

  Result<SharedFrame> receive(std::chrono::milliseconds timeout) {
    std::optional<std::chrono::nanoseconds> patience;
    if (timeout >= timeout.zero()) patience = timeout;
    if (std::optional<SharedFrame> frame = inbox_.take(patience)) return std::move(*frame);
    if (const std::optional<Error> end = inbox_.end()) return *end;
    return fail(ErrorCode::timed_out, "nothing came in time");
  }

  [[nodiscard]] bool is_connected() const { return channel_.is_ready(); }
  [[nodiscard]] std::string name() const { return learned_.get().name.value_or(options_.name); }
  [[nodiscard]] std::string suggested_name() const { return learned_.get().suggested_name; }
  [[nodiscard]] bool has_feature(std::string_view feature) const {
    const std::vector<std::string> features = learned_.get().features;
    return std::find(features.begin(), features.end(), feature) != features.end();
  }
  [[nodiscard]] std::uint64_t dropped() const { return inbox_.dropped(); }

  std::function<void(const Json&)> on_frame;
  std::function<void(bool, const Error&)> on_connection;

 private:
  // What the I/O thread has learned of the hub.
  struct Learned {
    std::optional<std::string> name;
    std::string suggested_name;
    std::vector<std::string> features;
  };

  // Runs `start` on the I/O thread and waits for the Outcome that it calls `done` with.
  template <class Outcome, class Start>
  Outcome wait(std::optional<std::chrono::nanoseconds> patience, Start start) {
    if (is_io_thread()) {
      return fail(ErrorCode::bad_argument, "a callback can't wait for the thread that it is on");
    }
    auto box = std::make_shared<net::Mailbox<Outcome>>(1);
    asio::post(io_, [start = std::move(start), box] {
      start([box](const Outcome& outcome) { box->put(outcome); });
    });
    if (std::optional<Outcome> outcome = box->take(patience)) return std::move(*outcome);
    return fail(ErrorCode::timed_out, "the hub takes nothing");
  }

  Channel::Events events() {
    Channel::Events events;
    events.frame = [this](const SharedFrame& frame) {
      on_frame ? on_frame(*frame) : inbox_.put(frame);
    };
    events.connection = [this](bool is_connected, const Error& why) {
      if (on_connection) on_connection(is_connected, why);
    };
    events.named = [this](const std::string& name, const std::vector<std::string>& features) {
      inbox_.reopen();
      learned_.set({name, learned_.get().suggested_name, features});
    };
    events.name_in_use = [this](const std::string& suggested) {
      Learned learned = learned_.get();
      learned.suggested_name = suggested;
      learned_.set(std::move(learned));
    };
    events.ended = [this](const Error& why) { inbox_.close(fail(ErrorCode::closed, why.message)); };
    return events;
  }

  std::thread start() {
    return base::quiet_thread([this] { io_.run(); });
  }

  [[nodiscard]] bool is_io_thread() const { return std::this_thread::get_id() == thread_.get_id(); }

  const AgentOptions options_;
  net::Mailbox<SharedFrame> inbox_;
  net::Latest<Learned> learned_;
  asio::io_context io_{1};
  // Keeps the thread at hand after a stop() too, so that no call goes unanswered.
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  Channel channel_;
  std::thread thread_;
};

Agent::Agent(AgentOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Agent::~Agent() = default;

Result<> Agent::connect() { return impl_->connect(); }
Result<> Agent::connect_as(const std::string& name) { return impl_->connect_as(name); }
void Agent::stop() { impl_->stop(); }
std::string Agent::suggested_name() const { return impl_->suggested_name(); }
bool Agent::has_feature(std::string_view feature) const { return impl_->has_feature(feature); }
bool Agent::is_connected() const { return impl_->is_connected(); }
std::string Agent::name() const { return impl_->name(); }
std::uint64_t Agent::dropped_frames() const { return impl_->dropped(); }

Result<> Agent::send(Json frame) { return impl_->send(std::move(frame)); }

Result<Reply> Agent::request(Json frame, std::optional<std::chrono::milliseconds> timeout) {
  return impl_->request(std::move(frame), timeout);
}

void Agent::request_async(Json frame, std::function<void(Result<Reply>)> answered,
                          std::optional<std::chrono::milliseconds> timeout) {
  impl_->request_async(std::move(frame), std::move(answered), timeout);
}

Result<SharedFrame> Agent::receive(std::chrono::milliseconds timeout) {
  return impl_->receive(timeout);
}

void Agent::on_frame(std::function<void(const Json&)> handler) {
  impl_->on_frame = std::move(handler);
}

void Agent::on_connection(std::function<void(bool connected, const Error& why)> handler) {
  impl_->on_connection = std::move(handler);
}

}  // namespace synapse
