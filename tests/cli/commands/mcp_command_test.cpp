// SPDX-License-Identifier: AGPL-3.0-or-later
// `synapse mcp --http`, in this process: a real hub behind it, real sockets before it.
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <future>
#include <set>

#include "cli/bus.hpp"
#include "cli/cli_run.hpp"
#include "support/catch.hpp"
#include "support/git_sandbox.hpp"
#include "support/http_peer.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::test;
using Catch::Matchers::Contains;

namespace {

// The command on a thread of its own, until the test ends it.
class Server {
 public:
  explicit Server(const Bus& bus, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"mcp",  "--uri",  bus.hub.uri(), "--name",
                                   "gate", "--http", "127.0.0.1:0"};
    words.insert(words.end(), more.begin(), more.end());
    ended_ = std::async(std::launch::async, [this, words] { return run_(words); });
    REQUIRE(
        eventually(patience, [this] { return run_.out().find("/mcp\n") != std::string::npos; }));
    const std::string line = run_.out();
    const std::string before = "[gate] serving MCP on http://127.0.0.1:";
    REQUIRE(line.starts_with(before));
    port_ = static_cast<std::uint16_t>(std::stoi(line.substr(before.size())));
  }
  ~Server() {
    if (ended_.valid()) end();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  int end() {
    run_.signals.send({SIGTERM, cli::Signal::Origin::process});
    return ended_.get();
  }

 private:
  CliRun run_;
  std::future<int> ended_;
  std::uint16_t port_ = 0;
};

Json message(const Json& id, const std::string& method, const Json& params) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}};
}

// One client: a session, spoken to over one kept connection.
class Client {
 public:
  explicit Client(const Server& server, HttpHeaders headers = {})
      : peer_(server.port()), headers_(std::move(headers)) {
    headers_["Accept"] = "application/json, text/event-stream";
    headers_["Content-Type"] = "application/json";
    const HttpReply begun = post(message(0, "initialize", {{"protocolVersion", "2025-11-25"}}));
    REQUIRE(begun.status == 200);
    headers_["Mcp-Session-Id"] = begun.headers.at("mcp-session-id");
  }

  HttpReply post(const Json& text) { return peer_.ask("POST", "/mcp", headers_, text.dump()); }
  Json call(const std::string& tool, const Json& arguments) {
    const HttpReply reply =
        post(message(++last_id_, "tools/call", {{"name", tool}, {"arguments", arguments}}));
    REQUIRE(reply.status == 200);
    return Json::parse(reply.body).at("result");
  }
  [[nodiscard]] const HttpHeaders& headers() const { return headers_; }

 private:
  HttpPeer peer_;
  HttpHeaders headers_;
  int last_id_ = 0;
};

std::string token_file(const TempDir& dir, mode_t mode) {
  const std::string path = dir / "token";
  std::ofstream(path) << "secret\n";
  REQUIRE(chmod(path.c_str(), mode) == 0);
  return path;
}

}  // namespace

TEST_CASE("each session over HTTP is an agent of its own, and hears of changes", "[cli][mcp]") {
  const Bus bus;
  Server server(bus, {"--worktree", "/w"});
  Client first(server);
  Client second(server);
  first.post(message("s", "resources/subscribe", {{"uri", "synapse://state"}}));
  HttpPeer listening(server.port());
  listening.send_request("GET", "/mcp", first.headers());
  CHECK(listening.read_head().headers.at("content-type") == "text/event-stream");
  CHECK(second.call("synapse_claim", {{"task_id", "t"}, {"paths", {"src"}}})
            .at("structuredContent")
            .at("task_id") == "t");
  CHECK_THAT(*listening.read_chunk(), Contains("retry:"));
  CHECK_THAT(*listening.read_chunk(), Contains("synapse://state"));
  const Json refused = first.call("synapse_claim", {{"task_id", "u"}, {"paths", {"src/a.c"}}});
  CHECK(refused.at("isError") == true);
  const std::string holder = refused.at("structuredContent").at("holder");
  CHECK(holder.starts_with("gate"));
  HttpPeer leaving(server.port());
  CHECK(leaving.ask("DELETE", "/mcp", first.headers()).status == 204);
  while (listening.read_chunk()) continue;
  CHECK(first.post(message(9, "ping", Json::object())).status == 404);
  CHECK(server.end() == 0);
}

TEST_CASE("a session that its client ends gives its leases back, unless they are to be kept",
          "[cli][mcp]") {
  const Bus bus;
  const auto other = bus.join("other");
  const std::string at_end = GENERATE("release", "keep");
  Server server(bus, {"--worktree", "/w", "--at-end", at_end});
  Client client(server);
  client.call("synapse_claim", {{"task_id", "t"}, {"paths", {"src"}}});
  HttpPeer leaving(server.port());
  CHECK(leaving.ask("DELETE", "/mcp", client.headers()).status == 204);
  ClaimRequest claim;
  claim.task_id = "t";
  const auto is_free = [&] { return other->claim(claim)->granted; };
  if (at_end == "release") {
    CHECK(eventually(patience, is_free));
  } else {
    // The agent leaves all the same: then all is done that will be.
    CHECK(eventually(patience, [&] {
      const auto who = other->who();
      const Json& names = who->frame->at("online_agents");
      return std::find(names.begin(), names.end(), "gate") == names.end();
    }));
    CHECK_FALSE(is_free());
  }
}

TEST_CASE("a client over HTTP goes by the name in its path, or by that of its token",
          "[cli][mcp]") {
  const Bus bus;
  const TempDir dir;
  const std::string book = dir / "tokens";
  std::ofstream(book) << "t1 shop/ann\n";
  REQUIRE(chmod(book.c_str(), 0600) == 0);
  Server open(bus, {"--worktree", "/w"});
  HttpPeer peer(open.port());
  const Json call = message(1, "tools/call",
                            {{"name", "synapse_state"},
                             {"_meta",
                              {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                               {"io.modelcontextprotocol/clientCapabilities", Json::object()}}}});
  HttpHeaders headers{{"Content-Type", "application/json"},
                      {"MCP-Protocol-Version", "2026-07-28"},
                      {"Mcp-Method", "tools/call"},
                      {"Mcp-Name", "synapse_state"}};
  const auto name_in = [](const HttpReply& reply) -> std::string {
    REQUIRE(reply.status == 200);
    return Json::parse(reply.body).at("result").at("structuredContent").at("you");
  };
  CHECK(name_in(peer.ask("POST", "/mcp/shop/bob", headers, call.dump())) == "shop/bob");
  CHECK(name_in(peer.ask("POST", "/mcp", headers, call.dump())) == "gate");
  Server bound(bus, {"--worktree", "/w", "--tokens", book});
  HttpPeer stranger(bound.port());
  CHECK(stranger.ask("POST", "/mcp", headers, call.dump()).status == 401);
  headers["Authorization"] = "Bearer t1";
  CHECK(name_in(stranger.ask("POST", "/mcp", headers, call.dump())) == "shop/ann");
  CHECK(stranger.ask("POST", "/mcp/shop/bob", headers, call.dump()).status == 403);
}

TEST_CASE("a client that is slow is not noticed by the fifty others", "[cli][mcp]") {
  const Bus bus;
  Server server(bus, {"--worktree", "/w"});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(std::make_unique<Client>(server));
  // Its call waits for a message that never comes, for as long as the others take.
  HttpPeer slow(server.port());
  slow.send_request("POST", "/mcp", clients[0]->headers(),
                    message("slow", "tools/call",
                            {{"name", "synapse_inbox"}, {"arguments", {{"wait_seconds", 60}}}})
                        .dump());
  for (std::size_t i = 1; i < clients.size(); ++i) {
    const std::string id = "t" + std::to_string(i);
    const Json claimed = clients[i]->call("synapse_claim", {{"task_id", id}, {"paths", {id}}});
    CHECK(claimed.value("isError", false) == false);
  }
  const Json state = clients[1]->call("synapse_state", Json::object()).at("structuredContent");
  CHECK(state.at("active_claims").size() == 49);
  std::set<std::string> owners;
  for (const Json& claim : state.at("active_claims")) owners.insert(claim.at("owner"));
  CHECK(owners.size() == 49);
}

TEST_CASE("a server that is stopped ends its streams and calls", "[cli][mcp]") {
  const Bus bus;
  Server server(bus, {"--worktree", "/w"});
  Client client(server);
  HttpPeer listening(server.port());
  listening.send_request("GET", "/mcp", client.headers());
  listening.read_head();
  CHECK(server.end() == 0);
  while (listening.read_chunk()) continue;
  CHECK(listening.has_ended());
}

TEST_CASE("a token over HTTP is asked for and taken from a private file", "[cli][mcp]") {
  const Bus bus;
  const TempDir dir;
  Server server(bus, {"--http-token-file", token_file(dir, 0600)});
  HttpPeer stranger(server.port());
  const HttpReply refused =
      stranger.ask("POST", "/mcp", {{"Content-Type", "application/json"}}, "{}");
  CHECK(refused.status == 401);
  CHECK(refused.headers.at("www-authenticate") == "Bearer");
  Client client(server, {{"Authorization", "Bearer secret"}});
  CHECK(client.call("synapse_board", Json::object()).value("isError", false) == false);
}

TEST_CASE("a message that is longer than a message may be is refused", "[cli][mcp]") {
  const Bus bus;
  Server server(bus, {"--worktree", "/w"});
  Client client(server);
  CHECK(client.post(std::string(2UL << 20U, 'x')).status == 413);
}

TEST_CASE("an unsafe or unclear address is refused before anything is done", "[cli][mcp]") {
  const TempDir dir;
  const std::string readable = token_file(dir, 0644);
  const TempDir other;
  const std::string no_names = token_file(other, 0600);
  struct Row {
    std::vector<std::string> words;
    const char* why;
  };
  for (const Row& row : {
           Row{{"--http", "0.0.0.0:0"}, "--http-token"},
           Row{{"--http", "[::]:0"}, "--insecure-off-loopback"},
           Row{{"--http", "127.0.0.1"}, "HOST:PORT"},
           Row{{"--http", ":8878"}, "HOST:PORT"},
           Row{{"--http", "127.0.0.1:"}, "HOST:PORT"},
           Row{{"--http", "127.0.0.1:x"}, "HOST:PORT"},
           Row{{"--http", "127.0.0.1:70000"}, "HOST:PORT"},
           Row{{"--http", "::1:8878"}, "HOST:PORT"},
           Row{{"--http", "127.0.0.1:0", "--http-token", " "}, "blank"},
           Row{{"--http", "127.0.0.1:0", "--http-token-file", readable}, "chmod 600"},
           Row{{"--http", "127.0.0.1:0", "--max-sessions", "0"}, "--max-sessions"},
           Row{{"--http-token", "x"}, "go with --http"},
           Row{{"--tokens", "x"}, "go with --http"},
           Row{{"--tls-cert", "x"}, "go with --http"},
           Row{{"--http", "127.0.0.1:0", "--tls-cert", "x"}, "go together"},
           Row{{"--http", "127.0.0.1:0", "--tokens", readable}, "chmod 600"},
           Row{{"--http", "127.0.0.1:0", "--tokens", no_names}, "line 1"},
           Row{{"--allow-origin", "http://x"}, "go with --http"},
       }) {
    CliRun run;
    std::vector<std::string> words{"mcp", "--uri", "ws://127.0.0.1:1"};
    words.insert(words.end(), row.words.begin(), row.words.end());
    CAPTURE(row.words);
    CHECK(run(words) == 2);
    CHECK_THAT(run.err(), Contains(row.why));
    CHECK(run.out().empty());
  }
}

TEST_CASE("off loopback a server over HTTP runs with a token, or when told to", "[cli][mcp]") {
  // Without a hub: it is looked for when a client asks for something.
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--http-token", "x"}, {"--insecure-off-loopback"}}) {
    CliRun run;
    std::vector<std::string> words{"mcp", "--uri", "ws://127.0.0.1:1", "--http", "0.0.0.0:0"};
    words.insert(words.end(), more.begin(), more.end());
    auto ended = std::async(std::launch::async, [&run, words] { return run(words); });
    CHECK(eventually(patience, [&run] { return run.out().find("/mcp\n") != std::string::npos; }));
    run.signals.send({SIGTERM, cli::Signal::Origin::process});
    CHECK(ended.get() == 0);
    CHECK((run.err().find("insecure by request") != std::string::npos) ==
          (more[0] == "--insecure-off-loopback"));
  }
}

TEST_CASE("a port that is taken is said so", "[cli][mcp]") {
  const Bus bus;
  Server server(bus, {"--worktree", "/w"});
  CliRun second;
  CHECK(second({"mcp", "--uri", bus.hub.uri(), "--name", "second", "--worktree", "/w", "--http",
                "127.0.0.1:" + std::to_string(server.port())}) == 1);
  CHECK_THAT(second.err(), Contains("can't listen on 127.0.0.1"));
}

TEST_CASE("a server outside of all repositories claims a file as those do that stand in its own",
          "[cli][mcp][scope]") {
  GitSandbox box;
  const std::filesystem::path repo = box.init("r");
  box.commit(repo, {"src/a"}, "one");
  const Bus bus;
  Server server(bus, {"--folder", "/"});
  Client client(server);
  const Json claimed =
      client.call("synapse_claim", {{"task_id", "t"}, {"paths", {(repo / "src/a").string()}}});
  CHECK(claimed.at("structuredContent").at("worktree") == repo.string());
  CliRun run(on(bus));
  run.context().folder = repo / "src";
  CHECK(run({"git-claim", "mine", "--paths", "a", "--name", "B"}) == 1);
  // A relative path is one of its folder, by its absolute form.
  CHECK(client.call("synapse_claim", {{"task_id", "u"}, {"paths", {"plain/f"}}})
            .value("isError", false) == false);
  run.context().folder = box.path();
  CHECK(run({"lock", "L", "--paths", "/plain/f", "--name", "B", "--wait-timeout", "0", "--",
             "true"}) == 1);
  CHECK_THAT(client.call("synapse_claim", {{"task_id", "v"}, {"paths", {"no/such/file"}}}).dump(),
             Contains("no/such/file: no such file yet"));
}
