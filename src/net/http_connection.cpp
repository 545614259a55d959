// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_connection.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/assert.hpp"
#include "net/http_rules.hpp"

namespace synapse::net {

namespace {

namespace asio = boost::asio;
using State = HttpRequestReader::State;

constexpr std::chrono::milliseconds linger_time{1'000};
// With more unread than this, a client's next request waits.
constexpr std::size_t output_bytes_ahead = 256UL << 10U;
// Of a pipeline, what is read ahead while an answer is under way.
constexpr std::size_t input_bytes_ahead = 64UL << 10U;
constexpr std::size_t idle_capacity_max = 16UL << 10U;

class Reply final : public HttpReply {
 public:
  explicit Reply(const std::shared_ptr<HttpConnection>& connection)
      : connection_(connection), executor_(connection->executor()) {}
  ~Reply() override {
    if (stage_ != Stage::complete) tell([](HttpConnection& to) { to.abandon(); });
  }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  void respond(HttpResponse response) override {
    SYNAPSE_ASSERT(stage_ == Stage::fresh || stage_ == Stage::complete);
    if (std::exchange(stage_, Stage::complete) == Stage::complete) return;
    tell([response = std::move(response)](HttpConnection& to) { to.respond(response); });
  }
  void begin_stream(HttpResponse head) override {
    SYNAPSE_ASSERT(stage_ == Stage::fresh);
    stage_ = Stage::streaming;
    if (const auto connection = current()) connection->begin_stream(head);
  }
  void stream(std::string_view piece) override {
    SYNAPSE_ASSERT(stage_ != Stage::fresh);
    if (const auto connection = current()) connection->stream(piece);
  }
  void end_stream() override {
    SYNAPSE_ASSERT(stage_ != Stage::fresh);
    const auto connection = current();
    stage_ = Stage::complete;
    if (connection) connection->end_stream();
  }
  void on_gone(std::function<void()> gone) override {
    if (stage_ == Stage::complete) return;
    if (const auto connection = current()) {
      connection->on_gone(std::move(gone));
    } else if (gone) {
      asio::post(executor_, std::move(gone));
    }
  }
  [[nodiscard]] bool is_gone() const override {
    return stage_ != Stage::complete && current() == nullptr;
  }

 private:
  enum class Stage { fresh, streaming, complete };

  // Nothing: there is no answer to give any more.
  [[nodiscard]] std::shared_ptr<HttpConnection> current() const {
    if (stage_ == Stage::complete) return nullptr;
    auto connection = connection_.lock();
    return connection && connection->takes_answers() ? connection : nullptr;
  }
  // On the connection's executor: at once, for an owner that is there already.
  template <class Work>
  void tell(Work work) {
    auto connection = connection_.lock();
    if (!connection) return;
    asio::dispatch(executor_, [connection, work = std::move(work)] {
      if (connection->takes_answers()) work(*connection);
    });
  }

  const std::weak_ptr<HttpConnection> connection_;
  const asio::any_io_executor executor_;
  Stage stage_ = Stage::fresh;
};

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<HttpServerShared> shared, ServerStream stream,
                               Peer peer)
    : shared_(std::move(shared)),
      stream_(std::move(stream)),
      executor_(stream_.get_executor()),
      timer_(executor_),
      peer_(std::move(peer)),
      asking_since_(Clock::now().time_since_epoch().count()),
      reader_({shared_->options.head_bytes_max, shared_->options.body_bytes_max,
               shared_->options.body_target}) {}

std::optional<HttpConnection::Clock::time_point> HttpConnection::asking_since() const {
  const Clock::rep since = asking_since_;
  if (since == 0) return std::nullopt;
  return Clock::time_point(Clock::duration(since));
}

void HttpConnection::make_room() {
  asking_since_ = 0;
  asio::dispatch(executor_, [self = shared_from_this()] {
    if (self->owed_ == Owed::nothing && self->unread_output() == 0) self->close();
  });
}

void HttpConnection::start() {
  watch_time();
  stream_.shake_hands([self = shared_from_this()](Code code) {
    if (code) return self->close();
    self->go_on();
  });
}

void HttpConnection::turn_away() {
  asking_since_ = 0;
  HttpResponse response =
      plain_response(503, "as many connections as this server takes; try again later");
  response.headers.emplace_back("Retry-After", "1");
  refuse(response);
  start();
}

void HttpConnection::stop(std::chrono::milliseconds patience) {
  if (is_closed_) return;
  write();
  if (unread_output() == 0) return close();
  ending_ = Ending::after_output;
  owed_ = Owed::nothing;
  gone_ = nullptr;
  end_by_ = Clock::now() + patience;
  watch_time();
}

void HttpConnection::go_on() {
  if (is_closed_) return;
  take_requests();
  write();
  read();
  watch_time();
}

void HttpConnection::go_on_later() {
  if (is_closed_ || std::exchange(goes_on_later_, true)) return;
  asio::post(executor_, [self = shared_from_this()] {
    self->goes_on_later_ = false;
    self->go_on();
  });
}

void HttpConnection::read() {
  if (is_reading_ || is_closed_ || is_input_over_) return;
  // A whole head and what comes with it must fit, or no request would ever be complete.
  if (reader_.unread_bytes() > shared_->options.head_bytes_max + input_bytes_ahead) return;
  is_reading_ = true;
  stream_.async_read_some(asio::buffer(input_),
                          [self = shared_from_this()](Code code, std::size_t bytes) {
                            self->is_reading_ = false;
                            if (!self->is_closed_) self->have_read(code, bytes);
                          });
}

void HttpConnection::have_read(Code code, std::size_t bytes) {
  if (code) return input_ended(code);
  if (ending_ == Ending::none) reader_.append({input_.data(), bytes});
  go_on();
}

void HttpConnection::input_ended(Code code) {
  // What is written already may still be read: a client may end its side when it has asked all.
  const bool is_owed = owed_ != Owed::nothing;
  if (code != asio::error::eof || is_owed || unread_output() == 0) return close();
  is_input_over_ = true;
  ending_ = Ending::after_output;
  watch_time();
}

// As many of those that are there as can be answered at once.
void HttpConnection::take_requests() {
  while (takes_answers() && ending_ == Ending::none && owed_ == Owed::nothing &&
         unread_output() < output_bytes_ahead) {
    const State state = reader_.advance();
    if (state != input_state_) {
      input_state_ = state;
      input_state_since_ = Clock::now();
      if (state == State::head) asking_since_ = input_state_since_.time_since_epoch().count();
    }
    if (state == State::refused) return refuse(reader_.refusal());
    if (reader_.take_wish_to_continue()) {
      begin_output();
      output_ += http_continue;
    }
    if (state != State::complete) return;
    hand_over();
  }
}

void HttpConnection::hand_over() {
  asking_since_ = 0;
  HttpRequestReader::Received received = reader_.take();
  received.request.peer = peer_;
  form_ = received.form;
  owed_ = Owed::answer;
  const bool is_quiet = !is_reading_ && unread_output() == 0;
  if (shared_->upgrades.take && is_quiet && form_.version == HttpAnswerForm::Version::http_1_1 &&
      wants_websocket(received.request)) {
    return upgrade(std::move(received.request));
  }
  const auto self = shared_from_this();  // The handler may stop the server.
  shared_->handler(std::move(received.request), std::make_shared<Reply>(self));
}

void HttpConnection::upgrade(HttpRequest request) {
  form_.afterwards = HttpAnswerForm::Afterwards::close;
  if (const auto refused = refused_websocket(request)) return respond(*refused);
  if (const auto refused = shared_->upgrades.refusal(request)) return respond(*refused);
  is_closed_ = true;
  timer_.cancel();
  const auto self = shared_from_this();
  leave_server();
  shared_->upgrades.take(std::move(request), std::move(stream_), reader_.take_unread());
}

void HttpConnection::put(const HttpResponse& response, const HttpAnswerForm& form) {
  begin_output();
  if (!append_http_answer(output_, response, form)) {
    const Result<> appended = append_http_answer(
        output_, plain_response(500, "the answer has a header that is none"), form);
    SYNAPSE_ASSERT(appended.has_value());
  }
}

void HttpConnection::refuse(const HttpResponse& refusal) {
  put(refusal, {});
  if (ending_ == Ending::none) ending_ = Ending::after_output;
}

void HttpConnection::respond(const HttpResponse& response) {
  put(response, form_);
  answered();
}

void HttpConnection::begin_stream(const HttpResponse& head) {
  if (form_.version == HttpAnswerForm::Version::http_1_0) {
    form_.afterwards = HttpAnswerForm::Afterwards::close;
  }
  begin_output();
  if (!append_http_stream_head(output_, head, form_)) return close();
  owed_ = Owed::rest_of_stream;
  stream(head.body);
}

void HttpConnection::stream(std::string_view piece) {
  // Reading too slowly to be waited for.
  if (unread_output() > shared_->options.unread_bytes_max) return close();
  begin_output();
  append_http_piece(output_, piece, form_);
  write();
  go_on_later();
}

void HttpConnection::end_stream() {
  begin_output();
  append_http_stream_end(output_, form_);
  answered();
}

void HttpConnection::abandon() {
  if (owed_ == Owed::rest_of_stream) return close();
  respond(plain_response(500, "the request was not answered"));
}

void HttpConnection::answered() {
  owed_ = Owed::nothing;
  gone_ = nullptr;
  if (form_.afterwards == HttpAnswerForm::Afterwards::close && ending_ == Ending::none) {
    ending_ = Ending::after_output;
  }
  go_on_later();
}

void HttpConnection::begin_output() {
  if (unread_output() == 0) output_moved_at_ = Clock::now();
}

void HttpConnection::write() {
  if (is_writing_ || is_closed_) return;
  if (in_flight_sent_ == in_flight_.size()) {
    in_flight_.clear();
    in_flight_sent_ = 0;
    in_flight_.swap(output_);
    if (in_flight_.empty()) return output_left();
  }
  is_writing_ = true;
  stream_.async_write_some(asio::buffer(in_flight_) + in_flight_sent_,
                           [self = shared_from_this()](Code code, std::size_t bytes) {
                             self->is_writing_ = false;
                             if (self->is_closed_) return;
                             if (code) return self->close();
                             self->in_flight_sent_ += bytes;
                             self->output_moved_at_ = Clock::now();
                             self->go_on();
                           });
}

void HttpConnection::output_left() {
  for (std::string* text : {&in_flight_, &output_}) {
    if (text->capacity() > idle_capacity_max) text->shrink_to_fit();
  }
  if (ending_ != Ending::after_output || owed_ != Owed::nothing) return;
  if (shared_->is_stopped || is_input_over_) return close();
  ending_ = Ending::lingering;
  end_by_ = Clock::now() + linger_time;
  Code ignored;
  stream_.socket().shutdown(ServerStream::Socket::shutdown_send, ignored);
}

HttpConnection::Clock::time_point HttpConnection::due() const {
  const HttpServerOptions& options = shared_->options;
  Clock::time_point due = end_by_;
  if (unread_output() > 0) {
    due = std::min(due, output_moved_at_ + options.read_patience);
  } else if (owed_ == Owed::nothing && input_state_ == State::idle) {
    due = std::min(due, input_state_since_ + options.idle_timeout);
  }
  if (owed_ == Owed::nothing && input_state_ == State::head) {
    due = std::min(due, input_state_since_ + options.head_timeout);
  } else if (owed_ == Owed::nothing && input_state_ == State::body) {
    due = std::min(due, input_state_since_ + options.body_timeout);
  }
  return due;
}

void HttpConnection::watch_time() {
  if (is_closed_) return;
  const Clock::time_point next = due();
  if (next >= armed_) return;  // The timer looks again when it rings.
  armed_ = next;
  timer_.expires_at(next);
  timer_.async_wait([self = shared_from_this()](Code code) {
    if (code || self->is_closed_) return;
    self->armed_ = Clock::time_point::max();
    self->ring();
  });
}

void HttpConnection::ring() {
  const Clock::time_point now = Clock::now();
  if (now < due()) return watch_time();
  const bool is_asking = owed_ == Owed::nothing && ending_ == Ending::none &&
                         (input_state_ == State::head || input_state_ == State::body);
  if (!is_asking ||
      (unread_output() > 0 && now >= output_moved_at_ + shared_->options.read_patience)) {
    return close();
  }
  refuse(plain_response(408, "the request did not come in time"));
  go_on();
}

void HttpConnection::leave_server() {
  const std::lock_guard lock(shared_->mutex);
  shared_->connections.erase(shared_from_this());
}

void HttpConnection::close() {
  if (is_closed_) return;
  is_closed_ = true;
  if (gone_ && owed_ != Owed::nothing && !shared_->is_stopped) {
    asio::post(executor_, std::exchange(gone_, nullptr));
  }
  gone_ = nullptr;
  timer_.cancel();
  stream_.close();
  leave_server();
}

}  // namespace synapse::net
