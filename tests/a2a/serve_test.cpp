// SPDX-License-Identifier: AGPL-3.0-or-later
// The commands as their users have them.
#include <csignal>
#include <fstream>

#include "a2a/json_text.hpp"
#include "net/http_client.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/http_get.hpp"
#include "support/hub_process.hpp"
#include "support/loopback.hpp"
#include "support/temp_dir.hpp"
#include "support/throwaway_certificate.hpp"

using namespace synapse;
using namespace synapse::test;
using Catch::Matchers::Contains;

namespace {

using Words = std::vector<std::string>;

Words serve(const Words& more) {
  Words words{program_under_test(), "a2a-serve", "--endpoint-url", "http://127.0.0.1:8877"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

struct Refusal {
  int code;
  std::string text;
};
Refusal refusal(const Words& more, Environment environment = clean_environment()) {
  const Finished finished = run({serve(more), std::move(environment)});
  REQUIRE(finished.status.has_value());
  return {finished.status->as_number(), finished.err + finished.out};
}

}  // namespace

TEST_CASE("a bridge says where it listens and ends at a signal", "[a2a][serve]") {
  HubProcess hub;
  const int signal = GENERATE(SIGTERM, SIGINT);
  const std::uint16_t port = free_port();
  ChildProcess bridge({serve({"--uri", hub.uri(), "--port", std::to_string(port)})});
  REQUIRE(bridge.wait_for_output(
      "[A2A-BRIDGE] A2A bridge listening on http://127.0.0.1:" + std::to_string(port) + "\n",
      patience));
  CHECK(http_get(port, "/.well-known/agent-card.json").status == 200);
  // A client that holds its connection does not hold the bridge.
  const auto idle = try_connect(port);
  bridge.send_signal(signal);
  const auto ended = bridge.wait(patience);
  REQUIRE(ended);
  CHECK(ended->as_number() == 0);
}

TEST_CASE("what would be unsafe or has no sense is a usage error", "[a2a][serve]") {
  const Finished no_url = run({{program_under_test(), "a2a-serve"}});
  CHECK(no_url.status->code == 2);
  CHECK_THAT(no_url.err, Contains("--endpoint-url"));
  CHECK(run({{program_under_test(), "a2a-card"}}).status->code == 2);
  CHECK(run({{program_under_test(), "a2a-card", "--endpoint-url", "x"}}).status->code == 2);
  const Refusal open = refusal({"--host", "0.0.0.0"});
  CHECK(open.code == 2);
  CHECK_THAT(open.text, Contains("--bearer-auth"));
  const Refusal tokenless = refusal({"--bearer-auth"});
  CHECK(tokenless.code == 2);
  CHECK_THAT(tokenless.text, Contains("--a2a-token-file"));
  CHECK(refusal({"--a2a-token", "x"}).code == 2);
  const TempDir folder;
  const std::string file = folder / "token";
  std::ofstream(file) << "s3cret\n";
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  const Refusal readable = refusal({"--bearer-auth", "--a2a-token-file", file});
  CHECK(readable.code == 2);
  CHECK_THAT(readable.text, Contains("--a2a-token-file") && Contains("chmod 600"));
}

TEST_CASE("without a hub, or with a broken state file, a bridge does not start", "[a2a][serve]") {
  const std::string nowhere = "ws://127.0.0.1:" + std::to_string(free_port());
  const Refusal unreachable = refusal({"--uri", nowhere});
  CHECK(unreachable.code == 1);
  CHECK_THAT(unreachable.text, Contains("[A2A-BRIDGE] Could not reach hub at " + nowhere + "."));
  const TempDir folder;
  const std::string file = folder / "state.json";
  std::ofstream(file) << "nonsense";
  const Refusal broken = refusal({"--uri", nowhere, "--state-file", file});
  CHECK(broken.code == 1);
  CHECK_THAT(broken.text, Contains(file));
}

TEST_CASE("a bridge asks for its token wherever that stood", "[a2a][serve]") {
  HubProcess hub;
  Environment environment = clean_environment();
  environment["SYNAPSE_A2A_TOKEN"] = "s3cret";
  const std::uint16_t port = free_port();
  ChildProcess bridge(
      {serve({"--uri", hub.uri(), "--port", std::to_string(port), "--bearer-auth"}), environment});
  REQUIRE(bridge.wait_for_output("listening", patience));
  CHECK(http_get(port, "/tasks").status == 401);
  CHECK(http_get(port, "/tasks", {{"Authorization", "Bearer s3cret"}}).status == 200);
  const auto card = a2a::Json::parse(http_get(port, "/.well-known/agent-card.json").body);
  CHECK(card["capabilities"]["extendedAgentCard"] == true);
}

TEST_CASE("a bridge whose name is taken over ends and says so", "[a2a][serve]") {
  HubProcess hub;
  const std::uint16_t port = free_port();
  ChildProcess bridge({serve({"--uri", hub.uri(), "--port", std::to_string(port)})});
  REQUIRE(bridge.wait_for_output("listening", patience));
  // A waiter takes the name that it waits under.
  ChildProcess waiter({{program_under_test(), "wait", "--uri", hub.uri(), "--name", "A2A-BRIDGE",
                        "--for", "other"}});
  const auto ended = bridge.wait(patience);
  REQUIRE(ended);
  CHECK(ended->as_number() == 1);
  CHECK_THAT(bridge.err(), Contains("gone for good"));
}

TEST_CASE("a bridge with a certificate serves https, and needs both files", "[a2a][serve]") {
  HubProcess hub;
  const ThrowawayCertificate certificate("IP:127.0.0.1");
  const std::uint16_t port = free_port();
  ChildProcess bridge(
      {serve({"--uri", hub.uri(), "--port", std::to_string(port), "--tls-cert",
              certificate.certificate_file(), "--tls-key", certificate.key_file()})});
  const std::string url = "https://127.0.0.1:" + std::to_string(port);
  REQUIRE(bridge.wait_for_output("listening on " + url + "\n", patience));
  net::HttpClientOptions options;
  options.tls_ca = certificate.certificate_file();
  options.timeout = patience;
  net::HttpClient client(options);
  net::HttpCall call;
  call.uri = net::parse_http_uri(url + "/.well-known/agent-card.json").value();
  call.request.method = "GET";
  const auto answer = client.exchange(call);
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK_THAT(refusal({"--tls-cert", certificate.certificate_file()}).text, Contains("go together"));
}
