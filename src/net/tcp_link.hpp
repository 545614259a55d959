// SPDX-License-Identifier: AGPL-3.0-or-later
// One outgoing connection, TCP or to a Unix socket, plain or TLS, as a stream of bytes: what
// ws_client and http_client speak over.
//
// Everything runs on the executor, which must not run two handlers at once. What is appended leaves
// in as few writes as possible: it gathers until the work that is ready has run dry, and while a
// write is under way. What is read comes in large pieces, however small the reader's own buffers
// are. Held by shared_ptr, because a callback may end its owner.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "net/lookup.hpp"
#include "net/tls.hpp"

namespace synapse::net {

class TcpLink : public std::enable_shared_from_this<TcpLink> {
 public:
  using Code = boost::system::error_code;
  using Clock = std::chrono::steady_clock;
  using Done = std::function<void(Result<>)>;
  using ReadDone = boost::asio::any_completion_handler<void(Code)>;

  TcpLink(boost::asio::any_io_executor executor, std::size_t outbox_bytes_max);
  ~TcpLink();

  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }

  // Where a server may be found: at a Unix socket, on the port of a host, or the one before the
  // other. Blank: not there.
  struct Place {
    std::string socket;
    std::string host;
    std::uint16_t port = 0;
  };
  // Tries the socket and the host's addresses in turn, each with its share of the time that is
  // left, so that one that swallows packets does not hide a good one. Errors: unreachable.
  void connect(const Place& place, Clock::time_point deadline, Done done);
  // Once it is connected: by the socket.
  [[nodiscard]] bool is_unix() const { return is_unix_; }
  // TLS from here on; before anything is read or appended. Errors: tls_failed.
  void start_tls(boost::asio::ssl::context context, const std::string& host, TlsVerify verify,
                 Done done);

  // Waits until input() holds something. One at a time.
  void read(ReadDone done);
  [[nodiscard]] boost::asio::const_buffer input() const;
  void consume(std::size_t bytes);

  // Queues bytes to be sent in order; `written` is told when the kernel has them, or that it never
  // will. Errors: closed; io_error when more than outbox_bytes_max would wait.
  [[nodiscard]] Result<> append(std::string_view bytes, Done written = {});

  // Ends it at once; what is under way completes with an error. What the kernel has, it delivers.
  void close();

 private:
  void try_next();
  void tried(Code code);
  void schedule_flush();
  void flush();
  void flushed(Code code, std::size_t bytes);
  void fail_unwritten();

  boost::asio::any_io_executor executor_;
  const std::size_t outbox_bytes_max_;
  using Socket = boost::asio::generic::stream_protocol::socket;
  using Endpoint = boost::asio::generic::stream_protocol::endpoint;

  Socket socket_;
  std::optional<boost::asio::ssl::context> tls_context_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
  bool closed_ = false;
  bool is_unix_ = false;

  // Connecting.
  std::shared_ptr<Lookup> lookup_;
  std::vector<Endpoint> endpoints_;
  std::size_t endpoints_tried_ = 0;
  std::string where_;
  std::string first_failure_;
  Clock::time_point deadline_;
  boost::asio::steady_timer attempt_timer_;
  Done connected_;

  std::unique_ptr<char[]> input_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;

  struct Unwritten {
    std::uint64_t end;  // Counted in bytes from the first ever appended.
    Done written;
  };
  std::string outbox_;
  std::string in_flight_;
  bool flush_scheduled_ = false;
  std::uint64_t appended_ = 0;
  std::uint64_t flushed_ = 0;
  std::deque<Unwritten> unwritten_;
};

}  // namespace synapse::net
