// SPDX-License-Identifier: AGPL-3.0-or-later
// model_server [--tls CERTIFICATE KEY] [MODEL…]: an OpenAI-compatible server for tests, on plain
// sockets, that answers as badly as the model that is asked for is named.
//
// Prints `port N` once it listens, and each request as one line of JSON. GET /api/tags lists the
// MODELs. POST /v1/chat/completions answers what the `model` of the body says: see reply_of(). A
// thread a connection, which its test's end takes with it.
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "support/fd.hpp"

namespace {

using nlohmann::json;
using synapse::test::Fd;

struct Line {
  Fd socket;
  SSL* tls = nullptr;

  std::string read() const {
    std::array<char, 65536> piece;
    const auto got = tls != nullptr ? SSL_read(tls, piece.data(), static_cast<int>(piece.size()))
                                    : recv(socket.get(), piece.data(), piece.size(), 0);
    return got > 0 ? std::string(piece.data(), static_cast<std::size_t>(got)) : std::string();
  }

  void write(const std::string& bytes) const {
    for (std::size_t at = 0; at < bytes.size();) {
      const auto size = bytes.size() - at;
      const auto sent = tls != nullptr ? SSL_write(tls, bytes.data() + at, static_cast<int>(size))
                                       : send(socket.get(), bytes.data() + at, size, MSG_NOSIGNAL);
      if (sent <= 0) return;
      at += static_cast<std::size_t>(sent);
    }
  }
};

struct Request {
  std::string line;
  std::string head;
  std::string body;
};

std::string header(const std::string& head, const std::string& name) {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

Request read_request(const Line& line) {
  std::string bytes;
  std::size_t end = std::string::npos;
  while ((end = bytes.find("\r\n\r\n")) == std::string::npos) {
    const std::string piece = line.read();
    if (piece.empty()) return {};
    bytes += piece;
  }
  Request request{bytes.substr(0, bytes.find("\r\n")), bytes.substr(0, end + 2),
                  bytes.substr(end + 4)};
  const std::string length = header(request.head, "Content-Length");
  while (!length.empty() && request.body.size() < std::stoul(length)) {
    const std::string piece = line.read();
    if (piece.empty()) return {};
    request.body += piece;
  }
  return request;
}

std::string response(const std::string& status, const std::string& body,
                     const std::string& headers = "Content-Type: application/json\r\n") {
  return "HTTP/1.1 " + status + "\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string completion(const std::string& text) {
  return json{{"choices", json::array({{{"message", {{"role", "assistant"}, {"content", text}}}}})}}
      .dump();
}

std::string chunked(const std::string& body) {
  std::string whole = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char byte : body) whole += std::string("1\r\n") + byte + "\r\n";
  return whole + "0\r\n\r\n";
}

// Blank: no answer, for as long as the client stays.
std::string reply_of(const Request& request) {
  const std::string model = json::parse(request.body).at("model");
  const std::string key = header(request.head, "Authorization");
  if (model == "hang") return "";
  if (model == "broken") return response("200 OK", "{\"choices\": [{\"mess");
  if (model == "empty") return response("200 OK", "{\"choices\": []}");
  if (model == "garbage") return "SSH-2.0-OpenSSH_9.2\r\n\r\n";
  if (model == "cut") return "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"choices\"";
  if (model == "oversized") return response("200 OK", completion(std::string(3UL << 20U, 'x')));
  if (model == "endless-head") return "HTTP/1.1 200 OK\r\nX: " + std::string(1UL << 20U, 'x');
  if (model == "chunked") return chunked(completion("in small pieces"));
  if (model == "until-end") return "HTTP/1.1 200 OK\r\n\r\n" + completion("until the end");
  if (model == "streaming") {
    return response("200 OK", "data: {\"choices\":[]}\n\n", "Content-Type: text/event-stream\r\n");
  }
  if (model == "reasoning" && json::parse(request.body).contains("temperature")) {
    return response("400 Bad Request",
                    json{{"error", {{"message", "no"}, {"param", "temperature"}}}}.dump());
  }
  if (model == "busy") return response("429 Too Many Requests", "{}", "Retry-After: 7\r\n");
  if (model == "elsewhere") {
    return response("302 Found", "", "Location: http://192.0.2.1/v1/chat/completions\r\n");
  }
  if (model == "locked") return response("401 Unauthorized", R"({"error": "bad )" + key + "\"}");
  if (model == "indiscreet") {
    return response("500 Oops", json{{"error", {{"message", "no use for " + key}}}}.dump());
  }
  if (model == "parrot") return response("200 OK", completion("you sent " + key));
  return response("200 OK", completion("  said by\n" + model + "  "));
}

std::string answer_to(const Request& request, const std::vector<std::string>& models) {
  if (request.line.starts_with("GET /api/tags ")) {
    json list = json::array();
    for (const std::string& model : models) list.push_back({{"name", model}});
    return response("200 OK", json{{"models", list}}.dump());
  }
  if (request.line.starts_with("POST /v1/chat/completions ")) return reply_of(request);
  return response("404 Not Found", "{}");
}

void serve(Line line, SSL_CTX* tls, const std::vector<std::string>& models) {
  if (tls != nullptr) {
    line.tls = SSL_new(tls);
    SSL_set_fd(line.tls, line.socket.get());
    if (SSL_accept(line.tls) != 1) return;
  }
  const Request request = read_request(line);
  if (request.line.empty()) return;
  const json seen = {{"line", request.line},
                     {"authorization", header(request.head, "Authorization")},
                     {"body", json::parse(request.body, nullptr, false)}};
  std::printf("%s\n", seen.dump().c_str());
  std::fflush(stdout);
  const std::string answer = answer_to(request, models);
  line.write(answer);
  if (answer.empty()) {
    while (!line.read().empty()) {
    }
    std::printf("gone\n");
    std::fflush(stdout);
  }
  if (line.tls != nullptr) SSL_shutdown(line.tls);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  SSL_CTX* tls = nullptr;
  if (words.size() >= 3 && words[0] == "--tls") {
    tls = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(tls, words[1].c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, words[2].c_str(), SSL_FILETYPE_PEM) != 1) {
      return 1;
    }
    words.erase(words.begin(), words.begin() + 3);
  }
  std::signal(SIGPIPE, SIG_IGN);
  const Fd listener(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener.get(), raw, size) != 0 || listen(listener.get(), 16) != 0 ||
      getsockname(listener.get(), raw, &size) != 0) {
    return 1;
  }
  std::printf("port %d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  for (;;) {
    Line line{Fd(accept(listener.get(), nullptr, nullptr))};
    if (!line.socket) return 1;
    std::thread(serve, std::move(line), tls, words).detach();
  }
}
