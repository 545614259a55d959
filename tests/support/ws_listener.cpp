// SPDX-License-Identifier: AGPL-3.0-or-later
// Frame: FIN 1 bit, reserved 3, opcode 4 | MASK 1, length 7 (126: 16 bits follow, 127: 64) | mask
// key 4 bytes if MASK | payload. Clients mask, servers must not. See RFC 6455, section 5.2.
#include "support/ws_listener.hpp"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include "support/deadline.hpp"

namespace synapse::test {
namespace {

constexpr unsigned opcode_text = 1, opcode_close = 8, opcode_ping = 9, opcode_pong = 10;

[[noreturn]] void violation(const std::string& what) {
  throw std::runtime_error("the client broke the WebSocket protocol: " + what);
}

// RFC 6455, section 4.2.2.
std::string accept_key(const std::string& key) {
  const std::string salted = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, 20> digest{};
  EVP_Digest(salted.data(), salted.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
  std::array<unsigned char, 32> base64{};
  EVP_EncodeBlock(base64.data(), digest.data(), digest.size());
  return reinterpret_cast<const char*>(base64.data());
}

std::string header(const std::string& head, const std::string& name) {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

timeval as_timeval(std::chrono::milliseconds time) {
  return {time.count() / 1000, (time.count() % 1000) * 1000};
}

}  // namespace

struct WsListener::Tls {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  ~Tls() { SSL_CTX_free(context); }
};

struct WsLine::State {
  Fd socket;
  SSL* tls = nullptr;
  std::string head;
  std::string input;
  bool answers_pings = true;
  bool close_sent = false;
  bool ended = false;
  int client_close_code = 0;
  int pings = 0;
  int pongs = 0;

  ~State() { SSL_free(tls); }

  // False when no more will come.
  bool read_more() {
    std::array<char, 65536> piece;
    errno = 0;
    const auto got = tls != nullptr ? SSL_read(tls, piece.data(), static_cast<int>(piece.size()))
                                    : recv(socket.get(), piece.data(), piece.size(), 0);
    if (got > 0) {
      input.append(piece.data(), static_cast<std::size_t>(got));
      return true;
    }
    if (got < 0 && errno == EAGAIN) throw std::runtime_error("nothing came from the client");
    ended = true;
    return false;
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = tls != nullptr
                            ? SSL_write(tls, bytes.data(), static_cast<int>(bytes.size()))
                            : send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      // A client that is gone is seen to be gone by reading.
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void read_head() {
    std::size_t end = 0;
    while ((end = input.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) throw std::runtime_error("the client went away before its request");
    }
    head = input.substr(0, end + 2);
    input.erase(0, end + 4);
  }

  void write_frame(unsigned opcode, std::string_view payload) {
    std::string frame;
    frame += static_cast<char>(0x80U | opcode);
    if (payload.size() < 126) {
      frame += static_cast<char>(payload.size());
    } else {
      const unsigned bytes = payload.size() <= 0xFFFF ? 2 : 8;
      frame += static_cast<char>(bytes == 2 ? 126 : 127);
      for (unsigned i = bytes; i-- > 0;) {
        frame += static_cast<char>((payload.size() >> (8 * i)) & 0xFFU);
      }
    }
    frame += payload;
    write(frame);
  }

  unsigned byte(std::size_t at) const { return static_cast<unsigned char>(input[at]); }
  bool have(std::size_t bytes) {
    while (input.size() < bytes) {
      if (!read_more()) return false;
    }
    return true;
  }

  // The next frame's opcode and payload; nothing at the end.
  std::optional<std::pair<unsigned, std::string>> read_frame() {
    if (!have(2)) return std::nullopt;
    if ((byte(0) & 0xF0U) != 0x80U) violation("a fragment, or compression");
    if ((byte(1) & 0x80U) == 0) violation("no mask");
    std::size_t size = byte(1) & 0x7FU;
    std::size_t at = 2;
    if (size >= 126) {
      const std::size_t bytes = size == 126 ? 2 : 8;
      if (!have(at + bytes)) return std::nullopt;
      size = 0;
      for (std::size_t i = 0; i < bytes; ++i) size = (size << 8U) | byte(at + i);
      if (size < (bytes == 2 ? 126U : 0x10000U)) violation("a length in more bytes than it needs");
      at += bytes;
    }
    if (!have(at + 4 + size)) return std::nullopt;
    std::string payload = input.substr(at + 4, size);
    for (std::size_t i = 0; i < size; ++i) {
      payload[i] = static_cast<char>(static_cast<unsigned char>(payload[i]) ^ byte(at + i % 4));
    }
    const unsigned opcode = byte(0) & 0x0FU;
    input.erase(0, at + 4 + size);
    return std::pair(opcode, std::move(payload));
  }
};

WsLine::WsLine(std::unique_ptr<State> state) : state_(std::move(state)) {}
WsLine::WsLine(WsLine&&) noexcept = default;
WsLine& WsLine::operator=(WsLine&&) noexcept = default;
WsLine::~WsLine() = default;

const std::string& WsLine::request_head() const { return state_->head; }
void WsLine::send_text(std::string_view text) { state_->write_frame(opcode_text, text); }
void WsLine::send_ping(std::string_view payload) { state_->write_frame(opcode_ping, payload); }
void WsLine::send_raw(std::string_view bytes) { state_->write(bytes); }
void WsLine::ignore_pings() { state_->answers_pings = false; }
int WsLine::client_close_code() const { return state_->client_close_code; }
int WsLine::pongs_seen() const { return state_->pongs; }

// Deals with one control frame.
void WsLine::handle(unsigned opcode, std::string_view payload) {
  if (opcode == opcode_pong) {
    ++state_->pongs;
  } else if (opcode == opcode_ping) {
    ++state_->pings;
    if (state_->answers_pings) state_->write_frame(opcode_pong, payload);
  } else if (opcode == opcode_close) {
    const auto byte = [payload](std::size_t at) { return static_cast<unsigned char>(payload[at]); };
    state_->client_close_code = payload.size() < 2 ? 1005 : (byte(0) << 8) + byte(1);
    if (!state_->close_sent) state_->write_frame(opcode_close, payload);
    state_->ended = true;
  } else {
    violation("opcode " + std::to_string(opcode));
  }
}

std::optional<std::string> WsLine::receive() {
  while (!state_->ended) {
    auto frame = state_->read_frame();
    if (!frame) break;
    if (frame->first == opcode_text) return std::move(frame->second);
    handle(frame->first, frame->second);
  }
  return std::nullopt;
}

void WsLine::await_pings(int count) {
  while (state_->pings < count) {
    const auto frame = state_->read_frame();
    if (!frame || frame->first == opcode_text)
      throw std::runtime_error("no ping, but something else");
    handle(frame->first, frame->second);
  }
}

void WsLine::send_close(std::uint16_t code, std::string_view reason) {
  std::string payload;
  payload += static_cast<char>(code >> 8U);
  payload += static_cast<char>(code & 0xFFU);
  payload += reason;
  state_->write_frame(opcode_close, payload);
  state_->close_sent = true;
}

void WsLine::close(std::uint16_t code, std::string_view reason) {
  send_close(code, reason);
  while (receive()) {
  }
}

void WsLine::drop() {
  state_->ended = true;
  state_->socket.reset();
}

unsigned WsLine::segments_received() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  getsockopt(state_->socket.get(), IPPROTO_TCP, TCP_INFO, &info, &size);
  return info.tcpi_data_segs_in;
}

WsListener::WsListener(std::uint16_t port, Address address) {
  const bool is_v6 = address == Address::ipv6;
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (is_v6) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    v6->sin6_addr = in6addr_loopback;
    size = sizeof *v6;
  } else {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    size = sizeof *v4;
  }
  socket_ = Fd(socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  auto* plain = reinterpret_cast<sockaddr*>(&storage);
  if (!socket_ || bind(socket_.get(), plain, size) != 0 || listen(socket_.get(), 16) != 0 ||
      getsockname(socket_.get(), plain, &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "a listener");
  }
  port_ = ntohs(is_v6 ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
                      : reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
}

WsListener::WsListener(const ThrowawayCertificate& certificate) : WsListener() {
  // OpenSSL writes to the socket by itself; a client that is gone must not end the test.
  std::signal(SIGPIPE, SIG_IGN);
  tls_ = std::make_unique<Tls>();
  if (SSL_CTX_use_certificate_chain_file(tls_->context, certificate.certificate_file().c_str()) !=
          1 ||
      SSL_CTX_use_PrivateKey_file(tls_->context, certificate.key_file().c_str(),
                                  SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("the throwaway certificate can't be used");
  }
}

WsListener::~WsListener() = default;

std::string WsListener::uri() const {
  return (tls_ ? "wss://127.0.0.1:" : "ws://127.0.0.1:") + std::to_string(port_);
}

Fd WsListener::accept_silently() {
  pollfd waiting{socket_.get(), POLLIN, 0};
  if (poll(&waiting, 1, Deadline(patience).poll_ms()) != 1) {
    throw std::runtime_error("no client came");
  }
  Fd client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const timeval limit = as_timeval(patience);
  const int yes = 1;
  setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return client;
}

WsLine WsListener::accept_line() {
  auto state = std::make_unique<WsLine::State>();
  state->socket = accept_silently();
  if (tls_) {
    state->tls = SSL_new(tls_->context);
    SSL_set_fd(state->tls, state->socket.get());
    if (SSL_accept(state->tls) != 1) throw std::runtime_error("the client refused TLS");
  }
  state->read_head();
  return WsLine(std::move(state));
}

WsLine WsListener::accept() {
  WsLine line = accept_line();
  const std::string key = header(line.request_head(), "Sec-WebSocket-Key");
  if (key.size() != 24) violation("Sec-WebSocket-Key");
  line.send_raw(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
      accept_key(key) + "\r\n\r\n");
  return line;
}

void WsListener::refuse(int status) {
  WsLine line = accept_line();
  line.send_raw("HTTP/1.1 " + std::to_string(status) +
                " No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

void WsListener::close() { socket_.reset(); }

}  // namespace synapse::test
