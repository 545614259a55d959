// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_server_connection.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/assert.hpp"

namespace synapse::net {

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using State = HttpRequestReader::State;

constexpr std::chrono::milliseconds linger_time{1'000};
// With more unread than this, a client's next request waits.
constexpr std::size_t output_bytes_ahead = 256UL << 10U;
// Of a pipeline, what is read ahead while an answer is under way.
constexpr std::size_t input_bytes_ahead = 64UL << 10U;
constexpr std::size_t idle_capacity_max = 16UL << 10U;

HttpResponse plain(unsigned status, const char* text) {
  HttpResponse response;
  response.status = status;
  response.body = text;
  return response;
}

class Reply final : public HttpReply {
 public:
  Reply(const std::shared_ptr<HttpServerConnection>& connection, asio::any_io_executor executor)
      : connection_(connection), executor_(std::move(executor)) {}
  ~Reply() override {
    if (const auto connection = current()) connection->abandon();
  }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  void respond(HttpResponse response) override {
    SYNAPSE_ASSERT(stage_ == Stage::fresh || stage_ == Stage::complete);
    const auto connection = current();
    stage_ = Stage::complete;
    if (connection) connection->respond(response);
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
  [[nodiscard]] std::shared_ptr<HttpServerConnection> current() const {
    if (stage_ == Stage::complete) return nullptr;
    auto connection = connection_.lock();
    return connection && connection->takes_answers() ? connection : nullptr;
  }

  const std::weak_ptr<HttpServerConnection> connection_;
  const asio::any_io_executor executor_;
  Stage stage_ = Stage::fresh;
};

}  // namespace

HttpServerConnection::HttpServerConnection(std::shared_ptr<HttpServerShared> shared,
                                           tcp::socket socket)
    : shared_(std::move(shared)),
      socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      reader_({shared_->options.head_bytes_max, shared_->options.body_bytes_max}),
      input_state_since_(Clock::now()) {}

void HttpServerConnection::start() {
  Code code;
  const auto peer = socket_.remote_endpoint(code);
  if (!code) socket_.non_blocking(true, code);
  if (code) return close();
  remote_host_ = peer.address().to_string();
  socket_.set_option(tcp::no_delay(true), code);
  wait_readable();
  watch_time();
}

void HttpServerConnection::turn_away() {
  start();
  if (is_closed_) return;
  HttpResponse response = plain(503, "as many connections as this server takes; try again later\n");
  response.headers.emplace_back("Retry-After", "1");
  refuse(response);
}

void HttpServerConnection::stop(std::chrono::milliseconds patience) {
  flush();
  if (unread_output() == 0) return close();
  ending_ = Ending::after_output;
  owed_ = Owed::nothing;
  gone_ = nullptr;
  end_by_ = Clock::now() + patience;
  watch_time();
}

void HttpServerConnection::wait_readable() {
  if (is_waiting_readable_ || is_closed_) return;
  // A whole head and what comes with it must fit, or no request would ever be complete.
  if (reader_.unread_bytes() > shared_->options.head_bytes_max + input_bytes_ahead) return;
  is_waiting_readable_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](Code code) {
    self->is_waiting_readable_ = false;
    if (!code && !self->is_closed_) self->have_readable();
  });
}

void HttpServerConnection::have_readable() {
  Code code;
  const std::size_t size = socket_.read_some(asio::buffer(shared_->input), code);
  if (code && code != asio::error::would_block && code != asio::error::interrupted) {
    return input_ended(code);
  }
  if (ending_ == Ending::none && size > 0) {
    reader_.append({shared_->input.data(), size});
    take_requests();
  }
  wait_readable();
  watch_time();
}

void HttpServerConnection::input_ended(Code code) {
  // What is written already may still be read: a client may end its side when it has asked all.
  const bool is_owed = owed_ != Owed::nothing;
  if (code != asio::error::eof || is_owed || unread_output() == 0) return close();
  is_input_over_ = true;
  ending_ = Ending::after_output;
  watch_time();
}

// As many of those that are there as can be answered at once.
void HttpServerConnection::take_requests() {
  while (!is_closed_ && ending_ == Ending::none && owed_ == Owed::nothing &&
         unread_output() < output_bytes_ahead) {
    const State state = reader_.advance();
    if (state != input_state_) {
      input_state_ = state;
      input_state_since_ = Clock::now();
    }
    if (state == State::refused) return refuse(reader_.refusal());
    if (reader_.take_wish_to_continue()) {
      begin_output();
      output_ += http_continue;
      schedule_flush();
    }
    if (state != State::complete) return;
    hand_over();
  }
}

void HttpServerConnection::hand_over() {
  HttpRequestReader::Received received = reader_.take();
  received.request.remote_host = remote_host_;
  form_ = received.form;
  owed_ = Owed::answer;
  const auto self = shared_from_this();  // The handler may stop the server.
  shared_->handler(std::move(received.request),
                   std::make_shared<Reply>(self, socket_.get_executor()));
}

void HttpServerConnection::refuse(const HttpResponse& refusal) {
  begin_output();
  const Result<> appended = append_http_answer(output_, refusal, {});
  SYNAPSE_ASSERT(appended.has_value());
  schedule_flush();
  if (ending_ == Ending::none) ending_ = Ending::after_output;
}

void HttpServerConnection::respond(const HttpResponse& response) {
  begin_output();
  if (!append_http_answer(output_, response, form_)) {
    const HttpResponse failed = plain(500, "the answer has a header that is none\n");
    const Result<> appended = append_http_answer(output_, failed, form_);
    SYNAPSE_ASSERT(appended.has_value());
  }
  schedule_flush();
  answered();
}

void HttpServerConnection::begin_stream(const HttpResponse& head) {
  if (form_.version == HttpAnswerForm::Version::http_1_0) {
    form_.afterwards = HttpAnswerForm::Afterwards::close;
  }
  begin_output();
  if (!append_http_stream_head(output_, head, form_)) return close();
  owed_ = Owed::rest_of_stream;
  stream(head.body);
}

void HttpServerConnection::stream(std::string_view piece) {
  begin_output();
  append_http_piece(output_, piece, form_);
  // Reading too slowly to be waited for; but what can leave at once is not unread.
  if (unread_output() > shared_->options.unread_bytes_max) flush();
  if (unread_output() > shared_->options.unread_bytes_max) return close();
  schedule_flush();
}

void HttpServerConnection::end_stream() {
  begin_output();
  append_http_stream_end(output_, form_);
  schedule_flush();
  answered();
}

void HttpServerConnection::abandon() {
  if (owed_ == Owed::rest_of_stream) return close();
  respond(plain(500, "the request was not answered\n"));
}

void HttpServerConnection::answered() {
  owed_ = Owed::nothing;
  gone_ = nullptr;
  if (form_.afterwards == HttpAnswerForm::Afterwards::close && ending_ == Ending::none) {
    ending_ = Ending::after_output;
  }
}

void HttpServerConnection::begin_output() {
  if (unread_output() == 0) output_moved_at_ = Clock::now();
}

// What is put together leaves together: the pieces of one turn, the answers to a pipeline.
void HttpServerConnection::schedule_flush() {
  if (is_flush_scheduled_ || is_closed_) return;
  is_flush_scheduled_ = true;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->is_flush_scheduled_ = false;
    if (self->is_closed_) return;
    self->flush();
    // From here and not from within respond(), where the owner may not expect to be called.
    if (self->is_closed_) return;
    self->take_requests();
    self->wait_readable();
    self->watch_time();
  });
}

void HttpServerConnection::flush() {
  while (!is_closed_ && unread_output() > 0) {
    Code code;
    const auto unsent = asio::buffer(output_.data() + output_sent_, unread_output());
    const std::size_t size = socket_.write_some(unsent, code);
    if (code == asio::error::would_block) return wait_writable();
    if (code && code != asio::error::interrupted) return close();
    output_sent_ += size;
    output_moved_at_ = Clock::now();
  }
  output_left();
}

void HttpServerConnection::wait_writable() {
  if (output_sent_ > output_bytes_ahead) output_.erase(0, std::exchange(output_sent_, 0));
  if (is_waiting_writable_) return;
  is_waiting_writable_ = true;
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](Code code) {
    self->is_waiting_writable_ = false;
    if (!code && !self->is_closed_) self->schedule_flush();
  });
}

void HttpServerConnection::output_left() {
  if (is_closed_) return;
  output_.clear();
  output_sent_ = 0;
  if (output_.capacity() > idle_capacity_max) output_.shrink_to_fit();
  if (ending_ != Ending::after_output || owed_ != Owed::nothing) return;
  if (shared_->is_stopped || is_input_over_) return close();
  ending_ = Ending::lingering;
  end_by_ = Clock::now() + linger_time;
  Code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

HttpServerConnection::Clock::time_point HttpServerConnection::due() const {
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

void HttpServerConnection::watch_time() {
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

void HttpServerConnection::ring() {
  const Clock::time_point now = Clock::now();
  if (now < due()) return watch_time();
  const bool is_asking = owed_ == Owed::nothing && ending_ == Ending::none &&
                         (input_state_ == State::head || input_state_ == State::body);
  if (!is_asking ||
      (unread_output() > 0 && now >= output_moved_at_ + shared_->options.read_patience)) {
    return close();
  }
  refuse(plain(408, "the request did not come in time\n"));
  watch_time();
}

void HttpServerConnection::close() {
  if (is_closed_) return;
  is_closed_ = true;
  if (gone_ && owed_ != Owed::nothing && !shared_->is_stopped) {
    asio::post(socket_.get_executor(), std::exchange(gone_, nullptr));
  }
  gone_ = nullptr;
  timer_.cancel();
  Code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  shared_->connections.erase(shared_from_this());
}

}  // namespace synapse::net
