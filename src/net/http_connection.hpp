// SPDX-License-Identifier: AGPL-3.0-or-later
// One connection of http_server: reads requests, hands them over one at a time, writes what the
// owner answers. Private to http_server.cpp; it lives on its stream's executor.
//
// A read is under way all the time, so that a peer that leaves is noticed while an answer is owed.
// Of all that must happen in time only the nearest deadline is armed, and only ever moved forward:
// a request that comes whole and is answered at once sets no timer.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "net/http_server.hpp"
#include "net/http_server_codec.hpp"
#include "net/server_stream.hpp"

namespace synapse::net {

class HttpConnection;

// What the connections of one server share.
struct HttpServerShared {
  HttpServerOptions options;
  HttpServer::Handler handler;
  HttpServer::Upgrades upgrades;
  std::atomic<bool> is_stopped = false;
  std::mutex mutex;  // Guards the members below.
  std::set<std::shared_ptr<HttpConnection>> connections;
};

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  using Clock = std::chrono::steady_clock;

  HttpConnection(std::shared_ptr<HttpServerShared> shared, ServerStream stream, Peer peer);

  // These three from any thread.
  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }
  // Since when it has been about to ask; nothing, if it is not, or was told to make room.
  [[nodiscard]] std::optional<Clock::time_point> asking_since() const;
  void make_room();

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
  using Code = boost::system::error_code;

  // Of the answer that the owner owes.
  enum class Owed { nothing, answer, rest_of_stream };
  enum class Ending {
    none,
    after_output,  // No more requests; when all is written, linger.
    lingering,     // All is written: what still comes is read and dropped, so that it does not
                   // make the system throw away what the peer has not read yet (RFC 9112, 9.6).
  };

  // Does what there is to do: takes requests, writes, reads on. In a turn of its own, when it is
  // the owner that calls: it may not expect to be called from within.
  void go_on();
  void go_on_later();
  void read();
  void have_read(Code code, std::size_t bytes);
  void input_ended(Code code);
  void take_requests();
  void hand_over();
  void upgrade(HttpRequest request);
  void put(const HttpResponse& response, const HttpAnswerForm& form);
  void refuse(const HttpResponse& refusal);
  void answered();

  void begin_output();  // Before anything is appended to the output.
  void write();
  void output_left();
  [[nodiscard]] std::size_t unread_output() const {
    return output_.size() + in_flight_.size() - in_flight_sent_;
  }

  [[nodiscard]] Clock::time_point due() const;
  void watch_time();
  void ring();
  void leave_server();
  void close();

  const std::shared_ptr<HttpServerShared> shared_;
  ServerStream stream_;
  const boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
  const Peer peer_;
  std::atomic<Clock::rep> asking_since_;
  std::array<char, 16'384> input_;
  HttpRequestReader reader_;
  HttpRequestReader::State input_state_ = HttpRequestReader::State::idle;
  Clock::time_point input_state_since_ = Clock::now();
  Owed owed_ = Owed::nothing;
  HttpAnswerForm form_;
  std::function<void()> gone_;

  std::string output_;
  std::string in_flight_;
  std::size_t in_flight_sent_ = 0;
  Clock::time_point output_moved_at_;
  Clock::time_point end_by_ = Clock::time_point::max();
  Clock::time_point armed_ = Clock::time_point::max();
  Ending ending_ = Ending::none;
  bool is_input_over_ = false;
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool goes_on_later_ = false;
  bool is_closed_ = false;
};

}  // namespace synapse::net
