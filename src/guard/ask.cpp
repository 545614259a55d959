// SPDX-License-Identifier: AGPL-3.0-or-later
#include "guard/ask.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "base/strings.hpp"
#include "net/http_rules.hpp"
#include "net/uri.hpp"

namespace synapse::guard {

namespace {

constexpr std::size_t answer_bytes_max = 256UL << 10U;
constexpr std::size_t head_bytes_max = 8192;
constexpr std::string_view default_hub = "ws://127.0.0.1:8876";

Error hub_is_unreachable() { return fail(ErrorCode::unreachable, "hub unreachable"); }
Error hub_is_silent() { return fail(ErrorCode::timed_out, "hub does not answer"); }

// Whether the socket is ready in time.
bool wait_for(const base::Descriptor& socket, short events, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd one{socket.number(), events, 0};
    const int ready = poll(&one, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

std::optional<base::Descriptor> connected(int family, const sockaddr* address, socklen_t length,
                                          Deadline deadline) {
  base::Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return std::nullopt;
  if (connect(socket.number(), address, length) == 0) return socket;
  if (errno != EINPROGRESS || !wait_for(socket, POLLOUT, deadline)) return std::nullopt;
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return std::nullopt;
  return socket;
}

std::optional<base::Descriptor> connected_to_path(const std::string& path, Deadline deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return connected(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline);
}

// Numeric addresses alone: a name server may take its time.
std::optional<base::Descriptor> connected_to_port(const HubPlace::Door& hub, Deadline deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string host = hub.host == "localhost" ? "127.0.0.1" : hub.host;
  if (getaddrinfo(host.c_str(), hub.port.c_str(), &hints, &found) != 0) return std::nullopt;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  return connected(found->ai_family, found->ai_addr, found->ai_addrlen, deadline);
}

bool write_all_by(const base::Descriptor& socket, std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t count = send(socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    const bool may_go_on = errno == EAGAIN || errno == EINTR;
    if (!may_go_on || !wait_for(socket, POLLOUT, deadline)) return false;
  }
  return true;
}

struct HttpText {
  unsigned status = 0;
  std::string body;
};

// How long the body is, of a whole head; nothing: it does not say.
std::optional<std::size_t> length_said(std::string_view head) {
  for (const std::string_view line : base::split(head, '\n')) {
    const std::size_t mark = line.find(':');
    if (mark == std::string_view::npos) continue;
    if (base::to_lower(base::trim(line.substr(0, mark))) != "content-length") continue;
    const std::string_view digits = base::trim(line.substr(mark + 1));
    std::size_t length = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (read.ec == std::errc{} && length <= answer_bytes_max) return length;
  }
  return std::nullopt;
}

Result<HttpText> read_answer(const base::Descriptor& socket, Deadline deadline) {
  std::string text;
  std::size_t end = std::string::npos;
  std::optional<std::size_t> whole;
  while (!whole || text.size() < *whole) {
    if (!wait_for(socket, POLLIN, deadline)) return hub_is_silent();
    char bytes[8192];
    const ssize_t count = recv(socket.number(), bytes, sizeof bytes, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) return hub_is_unreachable();
    text.append(bytes, static_cast<std::size_t>(count));
    if (whole) continue;
    end = text.find("\r\n\r\n");
    if (end == std::string::npos && text.size() > head_bytes_max) break;
    if (end == std::string::npos) continue;
    const std::optional<std::size_t> length = length_said(std::string_view(text).substr(0, end));
    if (!length) break;
    whole = end + 4 + *length;
  }
  HttpText answer;
  const std::size_t code = text.find(' ');
  if (whole && text.starts_with("HTTP/1.") && code != std::string::npos) {
    std::from_chars(text.data() + code + 1, text.data() + text.size(), answer.status);
    answer.body = text.substr(end + 4, *whole - end - 4);
  }
  if (answer.status == 0) return fail(ErrorCode::corrupt, "the hub's answer is none");
  return answer;
}

}  // namespace

std::string token_note_path(const base::Environment& environment) {
  std::string folder = environment.get("XDG_CONFIG_HOME").value_or("");
  if (folder.empty()) {
    folder = environment.get("HOME").value_or("");
    if (folder.empty()) return {};
    folder += "/.config";
  }
  return folder + "/synapse/hook-token-file";
}

Result<HubPlace> find_hub(const base::Environment& environment) {
  const std::string text = base::trimmed(environment.get("SYNAPSE_URI").value_or(""));
  return find_hub_at(text.empty() ? std::string(default_hub) : text, environment);
}

Result<HubPlace> find_hub_at(const std::string& text, const base::Environment& environment) {
  const Result<std::vector<net::Uri>> uris = net::parse_uris(text);
  if (!uris) return uris.error();
  HubPlace hub;
  const std::string runtime = environment.get("XDG_RUNTIME_DIR").value_or("");
  for (const net::Uri& uri : *uris) {
    HubPlace::Door& door = hub.doors.emplace_back();
    door.socket = uri.socket;
    if (!uri.socket.empty()) continue;
    if (uri.scheme == net::Uri::Scheme::wss) {
      return fail(ErrorCode::bad_argument, "the guard can't ask a hub behind wss://");
    }
    door.host = uri.host;
    door.port = std::to_string(uri.port);
    if (!runtime.empty() && net::is_loopback(uri.host)) {
      door.socket = runtime + "/synapse/" + door.port + ".sock";
    }
  }
  hub.token = base::trimmed(environment.get("SYNAPSE_TOKEN").value_or(""));
  if (!hub.token.empty()) return hub;
  constexpr std::size_t token_bytes_max = 4096;
  const auto note = base::read_whole(token_note_path(environment), token_bytes_max);
  if (!note) return hub;
  if (const auto token = base::read_whole(base::trimmed(*note), token_bytes_max)) {
    hub.token = base::trimmed(*token);
  }
  return hub;
}

namespace {

struct HookQuestion {
  std::string_view method;
  std::string_view body;
  std::string_view token;
};

Result<std::string> ask_door(const HubPlace::Door& hub, const HookQuestion& question,
                             Deadline deadline) {
  std::optional<base::Descriptor> socket;
  const bool has_socket = !hub.socket.empty();
  if (has_socket) socket = connected_to_path(hub.socket, deadline);
  const bool is_by_path = socket.has_value();
  if (!socket && !hub.host.empty()) socket = connected_to_port(hub, deadline);
  if (!socket) return hub_is_unreachable();
  const bool is_far = !is_by_path && !net::is_loopback(hub.host);
  std::string request = std::string(question.method) + " /hook HTTP/1.1\r\nHost: ";
  request += is_far ? hub.host : "localhost";
  request += "\r\nContent-Type: application/json\r\nSynapse-Hook: 1\r\nConnection: close\r\n";
  if (!is_by_path && !question.token.empty()) {
    request += "Authorization: Bearer " + std::string(question.token) + "\r\n";
  }
  request += "Content-Length: " + std::to_string(question.body.size()) + "\r\n\r\n";
  request += question.body;
  if (!write_all_by(*socket, request, deadline)) return hub_is_silent();
  Result<HttpText> answer = read_answer(*socket, deadline);
  if (!answer) return answer.error();
  if (answer->status == 200) return std::move(answer->body);
  if (answer->status == 401 || answer->status == 403) {
    return fail(ErrorCode::auth_denied, "the hub refuses the guard");
  }
  if (answer->status == 426 || answer->status == 404) {
    return fail(ErrorCode::corrupt, "the hub is too old for the guard");
  }
  return fail(ErrorCode::corrupt, "the hub refuses the request");
}

// One hub after the other, each with its share of the time that is left.
Result<std::string> ask_hub(const HubPlace& hub, const HookQuestion& question, Deadline deadline) {
  Result<std::string> answer = hub_is_unreachable();
  for (std::size_t i = 0; i < hub.doors.size(); ++i) {
    const auto now = std::chrono::steady_clock::now();
    const auto share = (deadline - now) / static_cast<long>(hub.doors.size() - i);
    answer = ask_door(hub.doors[i], question, now + share);
    if (answer || answer.error().code == ErrorCode::auth_denied) break;
  }
  return answer;
}

}  // namespace

Result<std::string> post_hook(const HubPlace& hub, std::string_view body, Deadline deadline) {
  return ask_hub(hub, {"POST", body, hub.token}, deadline);
}

Result<std::string> post_hook(const HubPlace& hub, std::string_view body,
                              std::chrono::milliseconds patience) {
  return post_hook(hub, body, std::chrono::steady_clock::now() + patience);
}

Result<std::string> get_hook_counts(const HubPlace& hub, std::chrono::milliseconds patience) {
  return ask_hub(hub, {"GET", "", hub.token}, std::chrono::steady_clock::now() + patience);
}

}  // namespace synapse::guard
