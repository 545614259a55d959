// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/unix_socket.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "net/http_server_rig.hpp"
#include "net/peer_lookup.hpp"
#include "net/ws_client_probe.hpp"
#include "support/catch.hpp"
#include "support/http_peer.hpp"
#include "support/loopback.hpp"
#include "support/temp_dir.hpp"
#include "support/ws_listener.hpp"

using namespace synapse::net;
using Catch::Matchers::Contains;
using synapse::ErrorCode;
using synapse::test::HttpPeer;
using synapse::test::patience;
using synapse::test::TempDir;

namespace {

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

// A socket file whose owner was killed.
void leave_stale_socket(const std::string& path) {
  boost::asio::io_context io;
  REQUIRE(listen_at_path(io.get_executor(), path).has_value());
  REQUIRE(std::filesystem::is_socket(path));
}

// What became of a try to listen at that path.
synapse::Result<> try_to_listen(const std::string& path) {
  boost::asio::io_context io;
  HttpServer server(io, options_for_tests(), [](HttpRequest, const std::shared_ptr<HttpReply>&) {});
  return server.listen_at(path);
}

}  // namespace

TEST_CASE("a Unix socket is served as the port is, and tells user and process of its peer",
          "[net][unix]") {
  const TempDir folder;
  const std::filesystem::path path = folder / "made" / "hub.sock";
  Rig rig(options_for_tests(), path);
  CHECK(mode_of(path) == 0600);
  CHECK(mode_of(path.parent_path()) == 0700);
  HttpPeer peer(path.string());
  peer.send_request("GET", "/who");
  Asked asked = rig.asked();
  CHECK(asked.request.peer.is_unix);
  CHECK(asked.request.peer.user == geteuid());
  CHECK(asked.request.peer.process == getpid());
  rig.respond(asked, "you");
  CHECK(peer.read_answer().body == "you");
  CHECK(HttpPeer(rig.port()).ask("GET", "/echo").status == 200);
}

TEST_CASE("a peer on loopback is known by its user, unless it has gone", "[net][peer]") {
  Rig rig;
  HttpPeer peer(rig.port());
  peer.send_request("GET", "/who");
  Asked asked = rig.asked();
  CHECK_FALSE(asked.request.peer.is_unix);
  CHECK(asked.request.peer.user == geteuid());
  CHECK_FALSE(asked.request.peer.process.has_value());
  rig.respond(asked, "you");
  CHECK(peer.read_answer().status == 200);

  // One that has ended its side is no longer ESTABLISHED, and the table no longer speaks for it.
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
  std::optional<synapse::test::Fd> client =
      synapse::test::try_connect(acceptor.local_endpoint().port());
  REQUIRE(client);
  ServerStream::Socket accepted(acceptor.accept());
  CHECK(peer_of(accepted)->user == geteuid());
  client.reset();
  const auto is_gone = [&] { return !peer_of(accepted)->user.has_value(); };
  CHECK(synapse::test::eventually(patience, is_gone));
}

TEST_CASE("a socket whose owner lives is never replaced, one that was left behind is",
          "[net][unix]") {
  const TempDir folder;
  const std::string path = folder / "hub.sock";
  {
    Rig rig(options_for_tests(), path);
    const auto second = try_to_listen(path);
    REQUIRE(second.has_error());
    CHECK(second.error().code == ErrorCode::locked);
    CHECK_THAT(second.error().message, Contains(path));
    CHECK(HttpPeer(path).ask("GET", "/echo").status == 200);
  }
  leave_stale_socket(path);
  Rig rig(options_for_tests(), path);
  CHECK(HttpPeer(path).ask("GET", "/echo").status == 200);
}

TEST_CASE("what is no socket stays where it is", "[net][unix]") {
  const TempDir folder;
  const std::string path = folder / "precious";
  std::ofstream(path) << "text";
  const auto tried = try_to_listen(path);
  REQUIRE(tried.has_error());
  CHECK_THAT(tried.error().message, Contains("is no socket"));
  CHECK(std::filesystem::is_regular_file(path));
}

TEST_CASE("a stopped server takes its socket along, and nobody else's", "[net][unix]") {
  const TempDir folder;
  const std::string path = folder / "hub.sock";
  Rig rig(options_for_tests(), path);
  SECTION("its own") {
    rig.stop();
    CHECK_FALSE(std::filesystem::exists(path));
  }
  SECTION("that of one that came after its file was deleted") {
    std::filesystem::remove(path);
    leave_stale_socket(path);
    rig.stop();
    CHECK(std::filesystem::exists(path));
  }
}

TEST_CASE("a path that is too long for a socket is refused with its length", "[net][unix]") {
  const TempDir folder;
  const auto tried = try_to_listen(folder / std::string(120, 'x'));
  REQUIRE(tried.has_error());
  CHECK(tried.error().code == ErrorCode::bad_argument);
  CHECK_THAT(tried.error().message, Contains("107 at most"));
}

TEST_CASE("a client passes a Unix socket that refuses over for the port", "[net][unix][ws]") {
  const TempDir folder;
  synapse::test::WsListener hub;
  Probe probe(hub.uri());
  SECTION("nothing is there") { probe.options.socket = folder / "none.sock"; }
  SECTION("nobody listens there") {
    probe.options.socket = folder / "stale.sock";
    leave_stale_socket(probe.options.socket);
  }
  SECTION("no socket can be there") { probe.options.socket = folder / std::string(120, 'x'); }
  auto script = play([&] { hub.accept().close(1000); });
  CHECK(probe.run().code == 1000);
  CHECK(probe.opened);
  script.get();
}

TEST_CASE("a unix: URI goes to its socket alone, and its failure names it", "[net][unix][ws]") {
  const TempDir folder;
  const std::string path = folder / "none.sock";
  Probe probe("unix:" + path);
  CHECK_THAT(probe.run().why.message, Contains(path) && Contains("No such file"));
}
