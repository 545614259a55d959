// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/tls.hpp"
#include "net/ws_client_probe.hpp"
#include "support/loopback.hpp"
#include "support/ws_listener.hpp"

namespace synapse::net {
namespace {

using test::ThrowawayCertificate;
using test::WsLine;
using test::WsListener;

}  // namespace

TEST_CASE("wss is believed with the right root and name, and refused otherwise",
          "[net][ws_client][tls]") {
  const ThrowawayCertificate ours("IP:127.0.0.1");
  const ThrowawayCertificate for_another_host("DNS:hub.example.org");
  struct Case {
    const char* what;
    const ThrowawayCertificate& certificate;
    const ThrowawayCertificate* root;
    TlsVerify verify;
    const char* refusal;  // Null: accepted.
  };
  const std::vector<Case> cases{
      {"its own root", ours, &ours, TlsVerify::verify, nullptr},
      {"the system's roots", ours, nullptr, TlsVerify::verify, "not trusted"},
      {"another root", ours, &for_another_host, TlsVerify::verify, "not trusted"},
      {"another host's", for_another_host, &for_another_host, TlsVerify::verify,
       "not one for the host '127.0.0.1'"},
      {"unchecked", for_another_host, nullptr, TlsVerify::insecure, nullptr},
  };
  for (const Case& each : cases) {
    INFO(each.what);
    WsListener listener(each.certificate);
    auto script = play([&] {
      WsLine line = listener.accept();
      line.send_text("over TLS");
      static_cast<void>(line.receive());
      line.close(1000);
    });
    Probe probe(listener.uri());
    probe.options.tls_verify = each.verify;
    if (each.root != nullptr) probe.options.tls_ca = each.root->certificate_file();
    probe.on_text = [&](std::string_view) { CHECK(probe.client->send("back").has_value()); };
    const WsEnd& end = probe.run();
    CHECK(probe.opened == (each.refusal == nullptr));
    if (each.refusal == nullptr) {
      script.get();
      CHECK(probe.texts == std::vector<std::string>{"over TLS"});
      CHECK(end.code == 1000);
    } else {
      CHECK_THROWS(script.get());
      CHECK(end.why.code == ErrorCode::tls_failed);
      CHECK_THAT(end.why.message, Catch::Contains(each.refusal));
    }
  }
}

TEST_CASE("TLS with a server that speaks none fails as such", "[net][ws_client][tls]") {
  WsListener listener;
  auto script = play([&] {
    const test::Fd client = listener.accept_silently();
    static_cast<void>(test::send_all(client, "HTTP/1.1 400 Bad Request\r\n\r\n", test::patience));
  });
  Probe probe("wss://127.0.0.1:" + std::to_string(listener.port()));
  probe.options.tls_verify = TlsVerify::insecure;
  CHECK(probe.run().why.code == ErrorCode::tls_failed);
  script.get();
}

}  // namespace synapse::net
