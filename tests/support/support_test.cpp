// SPDX-License-Identifier: AGPL-3.0-or-later
// What the other tests rely on: a child that is read, ended and left alone as promised, and a
// WebSocket client that notices a hub which breaks the protocol.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/loopback.hpp"
#include "support/temp_dir.hpp"
#include "support/ws_peer.hpp"

namespace {

using namespace std::chrono_literals;
using namespace synapse::test;

Command shell(const std::string& script) { return {{"sh", "-c", script}}; }

// Answers one upgrade with `reply`, then keeps the connection until the client has gone.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::string reply) : reply_(std::move(reply)) {
    const sockaddr_in address{AF_INET, htons(port_), {htonl(INADDR_LOOPBACK)}, {}};
    const auto* any = reinterpret_cast<const sockaddr*>(&address);
    REQUIRE(bind(listener_.get(), any, sizeof address) == 0);
    REQUIRE(listen(listener_.get(), 1) == 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedServer() { thread_.join(); }

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void serve() {
    const Fd client(accept(listener_.get(), nullptr, nullptr));
    std::array<char, 4096> ignored{};
    if (recv(client.get(), ignored.data(), ignored.size(), 0) <= 0) return;
    static_cast<void>(send_all(client, reply_, patience));
    shutdown(client.get(), SHUT_WR);
    while (recv(client.get(), ignored.data(), ignored.size(), 0) > 0) {
    }
  }

  std::string reply_;
  std::uint16_t port_ = free_port();
  Fd listener_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::thread thread_;
};

std::string upgraded(const std::string& frames) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n" +
         frames;
}

// What a client throws when a hub sends these frames and then ends the stream.
std::string complaint_about(const std::string& frames) {
  const ScriptedServer server(upgraded(frames));
  try {
    WsPeer peer(server.port());
    while (peer.receive(5s)) {
    }
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a child's exit code, signal and output are what it gave", "[support]") {
  const Finished coded = run(shell("echo out; echo err >&2; exit 7"));
  REQUIRE(coded.status);
  CHECK(coded.status->as_number() == 7);
  CHECK(coded.out == "out\n");
  CHECK(coded.err == "err\n");

  const Finished signalled = run(shell("kill -TERM $$"));
  REQUIRE(signalled.status);
  CHECK(signalled.status->as_number() == -SIGTERM);
}

TEST_CASE("a program that isn't there exits with 127 and says so", "[support]") {
  const Finished absent = run({{"no-such-program"}});
  REQUIRE(absent.status);
  CHECK(absent.status->code == 127);
  CHECK(contains(absent.err, "no-such-program"));
}

TEST_CASE("a child writes more than a pipe holds while nobody reads", "[support]") {
  const Finished done = run(shell("head -c 1000000 /dev/zero; head -c 500000 /dev/zero >&2"));
  CHECK(done.out.size() == 1000000);
  CHECK(done.err.size() == 500000);
}

TEST_CASE("a child has the given folder, environment and program path only", "[support]") {
  const TempDir folder;
  std::ofstream(folder / "greet") << "#!/bin/sh\necho $WORD in $PWD, $SYN_X.\n";
  std::filesystem::permissions(folder / "greet", std::filesystem::perms::owner_all);
  const std::string path = folder.path().string();
  const Finished done = run({{"greet"}, {{"WORD", "hi"}, {"PATH", path}}, path});
  CHECK(done.out == "hi in " + path + ", .\n");
}

TEST_CASE("a wait ends at its deadline with nothing", "[support]") {
  ChildProcess child(shell("sleep 60"));
  CHECK_FALSE(child.wait(20ms));
  CHECK_FALSE(child.wait_for_output("never", 20ms));
}

TEST_CASE("a child and its own children go with their owner", "[support]") {
  const TempDir folder;
  const std::string alive = (folder / "alive").string();
  REQUIRE(mkfifo(alive.c_str(), 0600) == 0);
  // Every process that holds the pipe open for writing has gone when the reader sees its end.
  const Fd reader(open(alive.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  {
    ChildProcess child(shell("exec 3>" + alive + "; echo up >&3; sleep 60 & sleep 60"));
    REQUIRE(wait_readable(reader, patience));
    std::array<char, 16> word{};
    CHECK(read(reader.get(), word.data(), word.size()) == 3);
  }
  REQUIRE(wait_readable(reader, patience));
  char none = 0;
  CHECK(read(reader.get(), &none, 1) == 0);
}

TEST_CASE("a folder goes with its owner", "[support]") {
  std::filesystem::path path;
  {
    const TempDir folder;
    path = folder.path();
    std::ofstream(folder / "file") << "content";
    CHECK(std::filesystem::exists(path / "file"));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a message in fragments around a ping is one message", "[support][ws]") {
  using namespace std::string_literals;
  const ScriptedServer server(upgraded("\x01\x03one\x89\x00\x80\x03two\x88\x02\x0f\xa9"s));
  WsPeer peer(server.port());
  CHECK(peer.receive() == "onetwo");
  CHECK_FALSE(peer.receive(5s));
  CHECK(peer.ended());
  CHECK(peer.close_code() == 4009);
}

TEST_CASE("a stream that ends without a close frame counts as 1006", "[support][ws]") {
  const ScriptedServer server(upgraded(""));
  WsPeer peer(server.port());
  CHECK_FALSE(peer.receive(5s));
  CHECK(peer.close_code() == 1006);
}

TEST_CASE("a hub that breaks the framing is found out", "[support][ws]") {
  using namespace std::string_literals;
  CHECK(contains(complaint_about("\x81\x83\x01\x02\x03\x04xyz"s), "masked"));
  CHECK(contains(complaint_about("\xc1\x01x"s), "reserved bit"));
  CHECK(contains(complaint_about("\x82\x01x"s), "binary"));
  CHECK(contains(complaint_about("\x83\x01x"s), "opcode 3"));
  CHECK(contains(complaint_about("\x80\x01x"s), "fragments out of order"));
  CHECK(contains(complaint_about("\x01\x01x\x81\x01x"s), "fragments out of order"));
  CHECK(contains(complaint_about("\x09\x01x"s), "control frame"));
  CHECK(contains(complaint_about("\x88\x01x"s), "half a code"));
  CHECK(contains(complaint_about("\x88\x00\x81\x01x"s), "after the close"));
  CHECK(contains(complaint_about("\x81\x05x"s), "inside a frame"));
}

TEST_CASE("an upgrade that is refused says with what", "[support][ws]") {
  const ScriptedServer server("HTTP/1.1 403 Forbidden\r\nX-Why: origin\r\n\r\n");
  try {
    const WsPeer peer(server.port());
    FAIL("connected");
  } catch (const HandshakeRefused& refused) {
    CHECK(refused.reply.status == 403);
    CHECK(refused.reply.headers.at("x-why") == "origin");
  }
}

TEST_CASE("an upgrade that is accepted with the wrong key is refused", "[support][ws]") {
  const ScriptedServer server(
      "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n");
  CHECK_THROWS_WITH(WsPeer(server.port()),
                    "the hub broke the WebSocket protocol: Sec-WebSocket-Accept");
}
