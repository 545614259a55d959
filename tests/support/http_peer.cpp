// SPDX-License-Identifier: AGPL-3.0-or-later
#include "support/http_peer.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include "support/loopback.hpp"

namespace synapse::test {

HttpPeer::HttpPeer(std::uint16_t port, int receive_buffer_bytes) : port_(port) {
  std::optional<Fd> socket = try_connect(port, receive_buffer_bytes);
  if (!socket) throw std::runtime_error("nothing listens on port " + std::to_string(port));
  socket_ = std::move(*socket);
}

HttpPeer::HttpPeer(const std::string& path) {
  std::optional<Fd> socket = try_connect(path);
  if (!socket) throw std::runtime_error("nothing listens at " + path);
  socket_ = std::move(*socket);
}

void HttpPeer::send(std::string_view bytes) {
  if (!send_all(socket_, bytes, patience)) throw std::runtime_error("the request was not taken");
}

void HttpPeer::send_request(std::string_view method, std::string_view target,
                            const HttpHeaders& headers, std::string_view body) {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
  if (!headers.contains("Host")) text += "Host: 127.0.0.1:" + std::to_string(port_) + "\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  send(text + "\r\n" + std::string(body));
}

void HttpPeer::end_output() { shutdown(socket_.get(), SHUT_WR); }

bool HttpPeer::read_more() {
  std::array<char, 16384> piece{};
  const Deadline deadline = patience;
  for (;;) {
    const ssize_t got = recv(socket_.get(), piece.data(), piece.size(), 0);
    if (got > 0) {
      unread_.append(piece.data(), static_cast<std::size_t>(got));
      return true;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) return false;
    if (!wait_readable(socket_, deadline)) {
      throw std::runtime_error("nothing came in time behind '" + unread_ + "'");
    }
  }
}

void HttpPeer::need_more() {
  if (!read_more()) throw std::runtime_error("the connection ended behind '" + unread_ + "'");
}

std::string HttpPeer::take(std::size_t bytes) {
  while (unread_.size() < bytes) need_more();
  std::string taken = unread_.substr(0, bytes);
  unread_.erase(0, bytes);
  return taken;
}

std::string HttpPeer::read_until(std::string_view text) {
  std::size_t at = 0;
  while ((at = unread_.find(text)) == std::string::npos) need_more();
  return take(at + text.size());
}

HttpReply HttpPeer::read_head() {
  const std::string head = read_until("\r\n\r\n");
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 16) {
    throw std::runtime_error("not an HTTP/1.1 answer: '" + head + "'");
  }
  HttpReply reply;
  reply.status = std::atoi(head.substr(9, 3).c_str());
  for (std::size_t at = head.find("\r\n") + 2; at + 2 < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::size_t colon = head.find(": ", at);
    if (colon > end) throw std::runtime_error("not a header in '" + head + "'");
    const auto added = reply.headers.emplace(lower(head.substr(at, colon - at)),
                                             head.substr(colon + 2, end - colon - 2));
    if (!added.second) throw std::runtime_error("a header twice in '" + head + "'");
    at = end + 2;
  }
  return reply;
}

std::optional<std::string> HttpPeer::read_chunk() {
  const std::string line = read_until("\r\n");
  char* end = nullptr;
  const std::size_t size = std::strtoul(line.c_str(), &end, 16);
  if (end != line.c_str() + line.size() - 2) throw std::runtime_error("no chunk: '" + line + "'");
  std::string data = take(size);
  if (take(2) != "\r\n") throw std::runtime_error("a chunk is longer than it says");
  if (size == 0) return std::nullopt;
  return data;
}

HttpReply HttpPeer::read_answer(std::string_view method) {
  HttpReply reply = read_head();
  const auto length = reply.headers.find("content-length");
  const bool has_body = reply.status / 100 != 1 && reply.status != 204 && reply.status != 304;
  if (method == "HEAD" || !has_body) return reply;
  if (reply.headers.contains("transfer-encoding")) {
    while (const auto chunk = read_chunk()) reply.body += *chunk;
  } else if (length != reply.headers.end()) {
    reply.body = take(std::strtoul(length->second.c_str(), nullptr, 10));
  } else {
    while (read_more()) continue;
    reply.body = take(unread_.size());
  }
  return reply;
}

bool HttpPeer::has_ended() { return unread_.empty() && !read_more(); }

HttpReply HttpPeer::ask(std::string_view method, std::string_view target,
                        const HttpHeaders& headers, std::string_view body) {
  send_request(method, target, headers, body);
  return read_answer(method);
}

}  // namespace synapse::test
