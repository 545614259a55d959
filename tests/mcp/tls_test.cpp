// SPDX-License-Identifier: AGPL-3.0-or-later
// `synapse mcp --http` with a certificate, as its users have it.
#include "net/http_client.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/deadline.hpp"
#include "support/hub_process.hpp"
#include "support/loopback.hpp"
#include "support/result_text.hpp"
#include "support/throwaway_certificate.hpp"

using namespace synapse;
using namespace synapse::test;

TEST_CASE("a server with a certificate serves https", "[mcp][http][tls]") {
  const ThrowawayCertificate certificate("IP:127.0.0.1");
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  ChildProcess server({{program_under_test(), "mcp", "--uri", "ws://127.0.0.1:1", "--name", "gate",
                        "--http", address, "--tls-cert", certificate.certificate_file(),
                        "--tls-key", certificate.key_file()}});
  REQUIRE(server.wait_for_output("serving MCP on https://" + address + "/mcp\n", patience));
  net::HttpClientOptions options;
  options.tls_ca = certificate.certificate_file();
  options.timeout = patience;
  net::HttpClient client(options);
  net::HttpCall call;
  call.uri = net::parse_http_uri("https://" + address + "/mcp").value();
  call.request.method = "POST";
  call.request.headers = {{"Content-Type", "application/json"}};
  call.request.body = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  const auto answer = client.exchange(call);
  REQUIRE(answer);
  CHECK(answer->status == 200);
}
