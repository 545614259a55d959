// SPDX-License-Identifier: AGPL-3.0-or-later
#include "support/http_get.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include "support/loopback.hpp"

namespace synapse::test {
namespace {

// Adds what arrives to `text`; false at the end of the stream or at the deadline.
bool read_more(const Fd& socket, std::string& text, const Deadline& deadline) {
  std::array<char, 16384> piece{};
  for (;;) {
    const ssize_t got = recv(socket.get(), piece.data(), piece.size(), 0);
    if (got > 0) {
      text.append(piece.data(), static_cast<std::size_t>(got));
      return true;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) return false;
    if (!wait_readable(socket, deadline)) return false;
  }
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string get_request(std::uint16_t port, std::string_view target, const HttpHeaders& headers) {
  std::string request = "GET " + std::string(target) + " HTTP/1.1\r\n";
  if (!headers.contains("Host")) request += "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
  for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
  return request + "\r\n";
}

HttpReply read_reply_head(const Fd& socket, const Deadline& deadline) {
  std::string text;
  std::size_t end = 0;
  while ((end = text.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more(socket, text, deadline)) {
      throw std::runtime_error("no HTTP answer, only '" + text + "'");
    }
  }
  HttpReply reply;
  reply.body = text.substr(end + 4);
  std::string_view head(text.data(), end);
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) {
    throw std::runtime_error("not an HTTP/1.1 answer: '" + text + "'");
  }
  reply.status = std::atoi(std::string(head.substr(9, 3)).c_str());
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n")) {
    head.remove_prefix(at + 2);
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t colon = std::min(line.find(':'), line.size());
    reply.headers[lower(line.substr(0, colon))] =
        trim(line.substr(std::min(colon + 1, line.size())));
  }
  return reply;
}

HttpReply http_get(std::uint16_t port, std::string_view target, const HttpHeaders& headers,
                   const Deadline& deadline) {
  const std::optional<Fd> socket = try_connect(port);
  if (!socket) throw std::runtime_error("nothing listens on port " + std::to_string(port));
  HttpHeaders all = headers;
  all.emplace("Connection", "close");
  if (!send_all(*socket, get_request(port, target, all), deadline)) {
    throw std::runtime_error("the request was not taken");
  }
  HttpReply reply = read_reply_head(*socket, deadline);
  const auto length = reply.headers.find("content-length");
  const std::size_t wanted = length == reply.headers.end()
                                 ? reply.body.max_size()
                                 : std::strtoul(length->second.c_str(), nullptr, 10);
  while (reply.body.size() < wanted && read_more(*socket, reply.body, deadline)) {
  }
  return reply;
}

}  // namespace synapse::test
