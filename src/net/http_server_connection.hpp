// SPDX-License-Identifier: AGPL-3.0-or-later
// One connection of http_server: reads requests, hands them over one at a time, writes what the
// owner answers. Private to http_server.cpp.
//
// It waits for the socket to be readable or writable, and then reads into a buffer that all
// connections share, or writes without another wait: an idle connection holds no buffer, and an
// answer costs one write. Of all that must happen in time only the nearest deadline is armed, and
// only ever moved forward: a request that comes whole and is answered at once sets no timer.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "net/http_server.hpp"
#include "net/http_server_codec.hpp"

namespace synapse::net {

class HttpServerConnection;

// What the connections of one server share.
struct HttpServerShared {
  HttpServerOptions options;
  HttpServer::Handler handler;
  std::set<std::shared_ptr<HttpServerConnection>> connections;
  std::array<char, 65'536> input{};  // What is read is taken out before anyone reads again.
  bool is_stopped = false;
};

class HttpServerConnection : public std::enable_shared_from_this<HttpServerConnection> {
 public:
  HttpServerConnection(std::shared_ptr<HttpServerShared> shared,
                       boost::asio::ip::tcp::socket socket);

  void start();
  // In place of start(): 503, whatever is asked.
  void turn_away();
  // Ends it when its output has left, within that time.
  void stop(std::chrono::milliseconds patience);

  // For the reply to the request that was handed over last, until it has said that it is complete.
  void respond(const HttpResponse& response);
  void begin_stream(const HttpResponse& head);
  void stream(std::string_view piece);
  void end_stream();
  void abandon();  // The reply is let go of.
  void on_gone(std::function<void()> gone) { gone_ = std::move(gone); }
  [[nodiscard]] bool takes_answers() const { return !is_closed_ && !shared_->is_stopped; }

 private:
  using Clock = std::chrono::steady_clock;
  using Code = boost::system::error_code;

  // Of the answer that the owner owes.
  enum class Owed { nothing, answer, rest_of_stream };
  enum class Ending {
    none,
    after_output,  // No more requests; when all is written, linger.
    lingering,     // All is written: what still comes is read and dropped, so that it does not
                   // make the system throw away what the peer has not read yet (RFC 9112, 9.6).
  };

  void wait_readable();
  void have_readable();
  void input_ended(Code code);
  void take_requests();
  void hand_over();
  void answered();
  void refuse(const HttpResponse& refusal);

  // Before anything is appended to the output, and behind it.
  void begin_output();
  void schedule_flush();
  void flush();
  void wait_writable();
  void output_left();
  [[nodiscard]] std::size_t unread_output() const { return output_.size() - output_sent_; }

  [[nodiscard]] Clock::time_point due() const;
  void watch_time();
  void ring();
  void close();

  const std::shared_ptr<HttpServerShared> shared_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  std::string remote_host_;
  HttpRequestReader reader_;
  HttpRequestReader::State input_state_ = HttpRequestReader::State::idle;
  Clock::time_point input_state_since_;
  Owed owed_ = Owed::nothing;
  HttpAnswerForm form_;
  std::function<void()> gone_;

  std::string output_;
  std::size_t output_sent_ = 0;
  Clock::time_point output_moved_at_;
  Clock::time_point end_by_ = Clock::time_point::max();
  Clock::time_point armed_ = Clock::time_point::max();
  Ending ending_ = Ending::none;
  bool is_input_over_ = false;
  bool is_waiting_readable_ = false;
  bool is_waiting_writable_ = false;
  bool is_flush_scheduled_ = false;
  bool is_closed_ = false;
};

}  // namespace synapse::net
