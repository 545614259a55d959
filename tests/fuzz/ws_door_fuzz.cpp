// SPDX-License-Identifier: AGPL-3.0-or-later
// Any bytes as what a client sends to a WebSocket port, over a real socket: the first says whether
// a good handshake goes before the rest, so that frames are reached, and in what pieces it is sent.
// Each message that comes through is within the limit, each connection that was opened is closed
// once, and nothing of it stays.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <string>

#include "base/assert.hpp"
#include "net/ws_server.hpp"

using namespace synapse;

namespace {

constexpr std::size_t message_bytes_max = 4096;

constexpr std::string_view handshake =
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

int open_handlers = 0;

class Client final : public net::ConnectionHandler {
 public:
  explicit Client(std::shared_ptr<net::Connection> connection)
      : connection_(std::move(connection)) {
    ++open_handlers;
  }
  void message(std::string_view text) override {
    SYNAPSE_ASSERT(connection_ && text.size() <= message_bytes_max);
    if (connection_->send(net::text_frame(std::string(text))))
      connection_->flush(net::Flush::at_once);
    connection_->credit(1);
  }
  void written(net::WrittenMark) override {}
  void closed(std::uint16_t) override {
    SYNAPSE_ASSERT(connection_ != nullptr);
    connection_.reset();
    --open_handlers;
  }

 private:
  std::shared_ptr<net::Connection> connection_;
};

class Owner final : public net::ServerHandler {
 public:
  void request(net::HttpRequest request, std::shared_ptr<net::HttpReply> reply) override {
    reply->respond({200, "text/plain", std::move(request.body), {}});
  }
  std::optional<net::HttpResponse> refuse_upgrade(const net::HttpRequest&) override {
    return std::nullopt;
  }
  std::shared_ptr<net::ConnectionHandler> opened(
      std::shared_ptr<net::Connection> connection) override {
    return std::make_shared<Client>(std::move(connection));
  }
};

net::ServerOptions options() {
  net::ServerOptions options;
  options.http.body_bytes_max = 4096;
  options.message_bytes_max = message_bytes_max;
  options.close_timeout = std::chrono::seconds(0);
  return options;
}

class World {
 public:
  World() : server_(io_, options(), owner_) {
    std::string folder = (std::filesystem::temp_directory_path() / "fuzz-door-XXXXXX").string();
    SYNAPSE_ASSERT(mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
    SYNAPSE_ASSERT(server_.listen_at(folder + "/s").has_value());
  }
  ~World() {
    server_.stop();
    io_.poll();
    std::filesystem::remove_all(folder_);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void visit(std::string_view bytes, std::size_t piece) {
    const int client = connect();
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      const std::string_view now = bytes.substr(0, piece);
      // The server may have ended it, or be waiting for us to read: either ends the visit.
      const ssize_t sent = send(client, now.data(), now.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      io_.poll();
      if (sent != static_cast<ssize_t>(now.size())) break;
    }
    close(client);
    io_.poll();
    // A closing connection lives by timers of a few turns at most.
    for (int turn = 0; server_.open_connections() > 0 || open_handlers > 0; ++turn) {
      SYNAPSE_ASSERT(turn < 100);
      io_.run_one_for(std::chrono::milliseconds(100));
      io_.poll();
    }
  }

 private:
  [[nodiscard]] int connect() {
    const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder_.string() + "/s";
    std::copy(path.begin(), path.end(), address.sun_path);
    SYNAPSE_ASSERT(::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    io_.poll();
    return client;
  }

  boost::asio::io_context io_;
  Owner owner_;
  net::Server server_;
  std::filesystem::path folder_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 16'384) return 0;
  static World world;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string head((data[0] & 1U) != 0 ? handshake : "");
  const std::size_t piece = std::max<std::size_t>(data[0] / 2U * 16U, rest.size() / 64 + 1);
  world.visit(head + std::string(rest), piece);
  return 0;
}
