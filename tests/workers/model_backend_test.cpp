// SPDX-License-Identifier: AGPL-3.0-or-later
// Models over HTTP and HTTPS, against a server in a process of its own.
#include "workers/model_backend.hpp"

#include <future>

#include "support/catch.hpp"
#include "support/loopback.hpp"
#include "support/result_text.hpp"
#include "workers/model_process.hpp"

using namespace synapse::workers;
using Catch::Matchers::Contains;
using synapse::ErrorCode;
using synapse::test::ModelProcess;
using synapse::test::ThrowawayCertificate;

namespace {

ModelOptions options_for(const std::string& url, const std::string& model) {
  ModelOptions options;
  options.base = parse_base_url(url + "/v1/").value();
  options.model = model;
  options.key = "sk-abcdefgh12345678";
  options.timeout = synapse::test::patience;
  return options;
}

synapse::Result<std::string> answer(const ModelOptions& options) {
  return ModelBackend(options).answer({"why?", "A says: why?"});
}

std::string refused(const ModelProcess& server, const std::string& model) {
  const auto result = answer(options_for(server.url(), model));
  REQUIRE(result.has_error());
  return result.error().message;
}

}  // namespace

TEST_CASE("a model is asked over HTTP with its name, its key and the prompt", "[workers][http]") {
  const ModelProcess server;
  CHECK(answer(options_for(server.url(), "kind")).value() == "  said by\nkind  ");
  REQUIRE(server.requests().size() == 1);
  const auto request = server.requests().front();
  CHECK(request.at("line") == "POST /v1/chat/completions HTTP/1.1");
  CHECK(request.at("authorization") == "Bearer sk-abcdefgh12345678");
  CHECK(request.at("body").at("model") == "kind");
  CHECK(request.at("body").at("messages").at(1).at("content") == "A says: why?");
}

TEST_CASE("a model that takes no temperature is asked without one, from then on",
          "[workers][http]") {
  const ModelProcess server;
  ModelBackend backend(options_for(server.url(), "reasoning"));
  CHECK(backend.answer({"why?", "why?"}).has_value());
  CHECK(backend.answer({"why?", "why?"}).has_value());
  const auto requests = server.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].at("body").at("temperature") == 0.2);
  CHECK_FALSE(requests[1].at("body").contains("temperature"));
  CHECK_FALSE(requests[2].at("body").contains("temperature"));
}

TEST_CASE("without a key none is sent", "[workers][http]") {
  const ModelProcess server;
  ModelOptions options = options_for(server.url(), "kind");
  options.key.clear();
  CHECK(answer(options).has_value());
  CHECK(server.requests().front().at("authorization") == "");
}

TEST_CASE("answers may come in chunks or until the connection ends", "[workers][http]") {
  const ModelProcess server;
  CHECK(answer(options_for(server.url(), "chunked")).value() == "in small pieces");
  CHECK(answer(options_for(server.url(), "until-end")).value() == "until the end");
}

TEST_CASE("what a server does wrong is told in a sentence", "[workers][http]") {
  const ModelProcess server;
  CHECK_THAT(refused(server, "broken"), Contains("no JSON"));
  CHECK_THAT(refused(server, "empty"), Contains("no reply"));
  CHECK_THAT(refused(server, "garbage"), Contains("no HTTP"));
  CHECK_THAT(refused(server, "cut"), Contains("in the middle"));
  CHECK_THAT(refused(server, "oversized"), Contains("larger than is taken"));
  CHECK_THAT(refused(server, "endless-head"), Contains("larger than is taken"));
  CHECK_THAT(refused(server, "streaming"), Contains("streams"));
  CHECK_THAT(refused(server, "busy"), Contains("HTTP 429") && Contains("7 s"));
  CHECK_THAT(refused(server, "elsewhere"), Contains("HTTP 302"));
}

TEST_CASE("a server that gives the key away gives it to nobody", "[workers][http]") {
  const ModelProcess server;
  CHECK_THAT(refused(server, "locked"), !Contains("abcdefgh"));
  CHECK_THAT(refused(server, "indiscreet"), Contains("no use for") && !Contains("abcdefgh"));
  CHECK(answer(options_for(server.url(), "parrot")).value() == "you sent Bearer ***");
}

TEST_CASE("a server that does not answer in time is an error", "[workers][http]") {
  const ModelProcess server;
  ModelOptions options = options_for(server.url(), "hang");
  options.timeout = std::chrono::milliseconds(100);
  CHECK(answer(options).error().code == ErrorCode::timed_out);
}

TEST_CASE("a server that is not there is an error that names it", "[workers][http]") {
  const std::string url = "http://127.0.0.1:" + std::to_string(synapse::test::free_port());
  const auto result = answer(options_for(url, "kind"));
  REQUIRE(result.has_error());
  CHECK(result.error().code == ErrorCode::unreachable);
  CHECK_THAT(result.error().message, Contains("127.0.0.1"));
}

TEST_CASE("an answer that is waited for can be cancelled, and so are all later ones",
          "[workers][http]") {
  ModelProcess server;
  ModelBackend backend(options_for(server.url(), "hang"));
  auto waiting = std::async(std::launch::async, [&] { return backend.answer({"a", "b"}); });
  REQUIRE(synapse::test::eventually(synapse::test::patience,
                                    [&] { return !server.requests().empty(); }));
  backend.cancel();
  CHECK(waiting.get().error().code == ErrorCode::cancelled);
  CHECK(server.sees_client_go());
  CHECK(backend.answer({"a", "b"}).error().code == ErrorCode::cancelled);
}

TEST_CASE("a model is asked over HTTPS when its certificate is trusted", "[workers][http][tls]") {
  const ThrowawayCertificate certificate("IP:127.0.0.1");
  const ModelProcess server(certificate);
  ModelOptions options = options_for(server.url(), "kind");
  options.tls_ca = certificate.certificate_file();
  CHECK(answer(options).value() == "  said by\nkind  ");
  options.model = "oversized";
  CHECK(answer(options).error().code == ErrorCode::field_too_long);
}

TEST_CASE("nothing is sent over HTTPS to whom is not trusted", "[workers][http][tls]") {
  const ThrowawayCertificate certificate("IP:127.0.0.1");
  const ThrowawayCertificate other("DNS:elsewhere.example");
  const ModelProcess server(certificate);
  ModelOptions options = options_for(server.url(), "kind");
  CHECK(answer(options).error().code == ErrorCode::tls_failed);
  options.tls_ca = other.certificate_file();
  CHECK(answer(options).error().code == ErrorCode::tls_failed);
  const ModelProcess misnamed(other);
  options = options_for(misnamed.url(), "kind");
  options.tls_ca = other.certificate_file();
  CHECK_THAT(answer(options).error().message, Contains("not one for the host"));
  CHECK(server.requests().empty());
  CHECK(misnamed.requests().empty());
}

TEST_CASE("a base address has a path and no query, user or other scheme", "[workers][http]") {
  CHECK(parse_base_url("https://api.example/v1//").value().target == "/v1");
  CHECK(parse_base_url("http://localhost").value().target == "");
  CHECK(parse_base_url("http://localhost").value().port == 80);
  CHECK(parse_base_url("https://localhost").value().port == 443);
  for (const char* url : {"http://h/v1?key=secret", "http://u:secret@h/v1", "ws://h/v1", "h", ""}) {
    CAPTURE(url);
    const auto parsed = parse_base_url(url);
    REQUIRE(parsed.has_error());
    CHECK_THAT(parsed.error().message, !Contains("secret"));
  }
}

TEST_CASE("only loopback hosts are on this machine", "[workers][http]") {
  for (const char* url : {"http://localhost:1", "http://LOCALHOST", "http://127.0.0.1",
                          "http://127.9.9.9", "http://[::1]"}) {
    CAPTURE(url);
    CHECK(is_on_this_machine(parse_base_url(url).value()));
  }
  for (const char* url : {"http://192.168.0.1", "http://localhost.example", "http://127.example",
                          "http://[2001:db8::1]", "http://0.0.0.0"}) {
    CAPTURE(url);
    CHECK_FALSE(is_on_this_machine(parse_base_url(url).value()));
  }
}
