// SPDX-License-Identifier: AGPL-3.0-or-later
// The hub's port as clients of any kind find it: frames, refusals before the upgrade, TLS, the end.
#include <fcntl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <memory>

#include "support/catch.hpp"
#include "support/hub_process.hpp"
#include "support/loopback.hpp"
#include "support/temp_dir.hpp"
#include "support/throwaway_certificate.hpp"
#include "support/ws_peer.hpp"

namespace synapse::test {

namespace {

int refused_upgrade(std::uint16_t port, const HttpHeaders& headers) {
  WsOptions options;
  options.headers = headers;
  try {
    const WsPeer peer(port, options);
  } catch (const HandshakeRefused& refused) {
    return refused.reply.status;
  }
  return 101;
}

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* session) const { SSL_free(session); }
};

// The first bytes that a hub says over TLS to a client that trusts that certificate and asks for
// `name`; blank: the handshake failed.
std::string first_words_over_tls(std::uint16_t port, const std::string& root,
                                 const std::string& name) {
  std::optional<Fd> socket = try_connect(port);
  REQUIRE(socket);
  fcntl(socket->get(), F_SETFL, fcntl(socket->get(), F_GETFL) & ~O_NONBLOCK);
  const std::unique_ptr<SSL_CTX, FreeTls> context(SSL_CTX_new(TLS_client_method()));
  if (!root.empty()) SSL_CTX_load_verify_locations(context.get(), root.c_str(), nullptr);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const std::unique_ptr<SSL, FreeTls> session(SSL_new(context.get()));
  SSL_set1_host(session.get(), name.c_str());
  SSL_set_fd(session.get(), socket->get());
  if (SSL_connect(session.get()) != 1) return {};
  const std::string request = get_request(port, "/",
                                          {{"Connection", "Upgrade"},
                                           {"Upgrade", "websocket"},
                                           {"Sec-WebSocket-Version", "13"},
                                           {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}});
  SSL_write(session.get(), request.data(), static_cast<int>(request.size()));
  std::string words;
  std::array<char, 4096> piece{};
  while (words.find("welcome") == std::string::npos) {
    const int got = SSL_read(session.get(), piece.data(), static_cast<int>(piece.size()));
    if (got <= 0) break;
    words.append(piece.data(), static_cast<std::size_t>(got));
  }
  return words;
}

// So much of a text message of 1,000,000 bytes.
void send_a_part(const WsPeer& peer, std::size_t bytes) {
  std::string part("\x81\xff\0\0\0\0\0\x0f\x42\x40\0\0\0\0", 14);
  part.resize(part.size() + bytes, 'x');
  REQUIRE(write(peer.descriptor(), part.data(), part.size()) == static_cast<ssize_t>(part.size()));
}

}  // namespace

TEST_CASE("a frame of bad UTF-8 is an error and its socket lives, whether text or binary",
          "[hub][frames]") {
  HubProcess hub;
  WsPeer peer(hub.port());
  peer.send_binary(R"({"sender":"A","type":"who_request"})");
  CHECK(peer.receive_type("who_snapshot").at("target") == "A");
  peer.send_binary("{\"payload\":\"\xc3\x28\"}");
  CHECK(peer.receive_type("error").at("code") == "invalid_utf8");
  peer.send_text("{\"payload\":\"\xc3\x28\"}");
  CHECK(peer.receive_type("error").at("code") == "invalid_utf8");
  CHECK(peer.ping());
  peer.send_json({{"payload", "still here"}});
  CHECK(peer.receive_type("chat").at("payload") == "still here");
}

TEST_CASE("a frame over the limit ends its socket with 1009, one under it does not",
          "[hub][frames]") {
  HubOptions options;
  options.arguments = {"--max-msg-kb", "2"};
  HubProcess hub(options);
  WsPeer modest(hub.port());
  modest.send_json({{"sender", "A"}, {"payload", std::string(1900, 'x')}});
  CHECK(modest.receive_type("chat").at("msg_id") == 1);
  WsPeer peer(hub.port());
  peer.send_json({{"sender", "B"}, {"payload", std::string(2100, 'x')}});
  while (peer.pump(patience)) {
  }
  CHECK(peer.close_code() == 1009);
  modest.pump();
  CHECK_FALSE(modest.ended());
}

TEST_CASE("without the token a message may be large only when it is there", "[hub][frames]") {
  HubOptions options;
  options.arguments = {"--token", "s3cret"};
  HubProcess hub(options);
  WsPeer modest(hub.port());
  send_a_part(modest, 16'000);
  WsPeer greedy(hub.port());
  send_a_part(greedy, 20'000);
  CHECK_FALSE(greedy.receive());
  CHECK(greedy.close_code() == 1009);
  modest.pump();
  CHECK_FALSE(modest.ended());

  // One that has it may send its large message before it was told that it is in.
  WsPeer known(hub.port());
  known.send_json({{"type", "heartbeat"}, {"sender", "A"}, {"token", "s3cret"}});
  known.send_json({{"type", "chat"}, {"sender", "A"}, {"payload", std::string(900'000, 'x')}});
  CHECK(known.receive_type("chat").at("payload").get<std::string>().size() == 900'000);
  // An open hub asks nobody for anything.
  HubProcess open;
  WsPeer anybody(open.port());
  anybody.send_json({{"type", "chat"}, {"sender", "A"}, {"payload", std::string(900'000, 'x')}});
  CHECK(anybody.receive_type("chat").at("sender") == "A");
}

TEST_CASE("an HTTP request with a body is refused before the body is read", "[hub][http]") {
  HubOptions options;
  options.arguments = {"--metrics"};
  HubProcess hub(options);
  for (const HttpHeaders& headers :
       {HttpHeaders{{"Transfer-Encoding", "chunked"}}, HttpHeaders{{"Content-Length", "5"}}}) {
    CHECK(http_get(hub.port(), "/health", headers).status == 413);
  }
  CHECK(http_get(hub.port(), "/health", {{"Content-Length", "0"}}).status == 200);
  CHECK(http_get(hub.port(), "/hook", {{"Content-Length", "65537"}}).status == 413);
}

TEST_CASE("a page of another origin, or a name that was made to resolve here, gets 403",
          "[hub][exposure]") {
  HubOptions options;
  options.arguments = {"--allow-origin", "https://board.example", "--metrics"};
  HubProcess hub(options);
  const std::string own = "127.0.0.1:" + std::to_string(hub.port());
  const std::uint16_t port = hub.port();
  CHECK(refused_upgrade(port, {}) == 101);
  CHECK(refused_upgrade(port, {{"Origin", "http://" + own}}) == 101);
  CHECK(refused_upgrade(port, {{"Origin", "https://board.example"}}) == 101);
  CHECK(refused_upgrade(port, {{"Host", "localhost"}}) == 101);
  CHECK(refused_upgrade(port, {{"Origin", "http://evil.example"}}) == 403);
  CHECK(refused_upgrade(port, {{"Origin", "null"}}) == 403);
  CHECK(refused_upgrade(port, {{"Host", "evil.example"}}) == 403);
  CHECK(refused_upgrade(port, {{"Host", "evil.example"}, {"Origin", "http://evil.example"}}) ==
        403);
  CHECK(http_get(port, "/health").status == 200);
  CHECK(http_get(port, "/health", {{"Origin", "http://evil.example"}}).status == 403);
  CHECK(http_get(port, "/health", {{"Host", "evil.example:80"}}).status == 403);
}

TEST_CASE("a stopped hub says 1001 to its clients and exits 0, whatever they do", "[hub][stop]") {
  const TempDir folder;
  HubOptions options;
  options.arguments = {"--db", folder / "log.db"};
  HubProcess hub(options);
  WsPeer polite(hub.port());
  polite.send_json({{"sender", "polite"}, {"type", "claim"}, {"task_id", "T"}});
  CHECK(polite.receive_type("claim_granted").at("owner") == "polite");
  WsPeer mute(hub.port());  // Never reads, so it never answers the close.
  mute.send_json({{"sender", "mute"}, {"type", "heartbeat"}});
  const std::optional<Fd> half_open = try_connect(hub.port());  // Never sends a request.
  REQUIRE(half_open);

  const auto start = std::chrono::steady_clock::now();
  hub.process().send_signal(SIGTERM);
  while (polite.pump(patience)) {
  }
  CHECK(polite.close_code() == 1001);
  const std::optional<ExitStatus> ended = hub.process().wait(patience);
  REQUIRE(ended);
  CHECK(ended->as_number() == 0);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  while (mute.pump(patience)) {
  }
  CHECK(mute.close_code() == 1001);

  hub.start();
  WsPeer again(hub.port());
  again.send_json({{"sender", "polite"}, {"type", "release"}, {"task_id", "T"}});
  CHECK(again.receive_type("release_granted").at("task_id") == "T");
}

TEST_CASE("two hubs can't have one log, and the lock dies with its process", "[hub][lock]") {
  const TempDir folder;
  HubOptions options;
  options.arguments = {"--db", folder / "log.db"};
  HubProcess first(options);
  const Finished second =
      run({{program_under_test(), "hub", "--port", "0", "--db", (folder / "log.db").string()}});
  REQUIRE(second.status);
  CHECK(second.status->as_number() == 1);
  INFO(second.err);
  CHECK(second.err.find("log.db") != std::string::npos);
  CHECK(second.err.find(std::to_string(first.process().pid())) != std::string::npos);
  WsPeer peer(first.port());
  peer.send_json({{"sender", "A"}, {"type", "claim"}, {"task_id", "T"}});
  CHECK(peer.receive_type("claim_granted").at("task_id") == "T");

  CHECK(first.stop(SIGKILL).as_number() == -SIGKILL);
  HubProcess third(options);
  WsPeer heir(third.port());
  heir.send_json({{"sender", "A"}, {"type", "state_request"}});
  CHECK(heir.receive_type("state_snapshot").at("snapshot").at("active_claims").size() == 1);
}

TEST_CASE("SIGTERM, SIGINT and SIGHUP stop a hub cleanly, whatever signals came before",
          "[hub][stop]") {
  const int stop_signal = GENERATE(SIGTERM, SIGINT, SIGHUP);
  HubProcess hub;
  for (const int stray : {SIGUSR1, SIGUSR2, SIGPIPE, SIGWINCH}) hub.process().send_signal(stray);
  WsPeer peer(hub.port());
  peer.send_json({{"sender", "A"}, {"type", "claim"}, {"task_id", "T"}});
  CHECK(peer.receive_type("claim_granted").at("owner") == "A");
  CHECK(hub.stop(stop_signal).as_number() == 0);
}

TEST_CASE("a hub with a certificate speaks TLS to those who trust it, and nothing else",
          "[hub][tls]") {
  const ThrowawayCertificate certificate("DNS:localhost,IP:127.0.0.1");
  HubOptions options;
  options.arguments = {"--tls-cert", certificate.certificate_file(), "--tls-key",
                       certificate.key_file()};
  HubProcess hub(options);
  const std::string root = certificate.certificate_file();
  const std::string words = first_words_over_tls(hub.port(), root, "localhost");
  CHECK(words.starts_with("HTTP/1.1 101"));
  CHECK(words.find("welcome") != std::string::npos);
  CHECK(first_words_over_tls(hub.port(), root, "elsewhere.example").empty());
  CHECK(first_words_over_tls(hub.port(), "", "localhost").empty());
  CHECK_THROWS_AS(WsPeer(hub.port()), std::runtime_error);
  CHECK(hub.stop(SIGTERM).as_number() == 0);
}

}  // namespace synapse::test
