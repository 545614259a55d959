// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/tls.hpp"

#include <sys/stat.h>

#include <fstream>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "support/throwaway_certificate.hpp"

namespace synapse::net {
namespace {

using test::TempDir;
using test::ThrowawayCertificate;

std::string refusal(const Result<boost::asio::ssl::context>& context) {
  REQUIRE(context.has_error());
  CHECK(context.error().code == ErrorCode::tls_failed);
  return context.error().message;
}

}  // namespace

TEST_CASE("a certificate and its key make a server context", "[net][tls]") {
  const ThrowawayCertificate certificate("DNS:localhost");
  CHECK(server_tls(certificate.certificate_file(), certificate.key_file()).has_value());
}

TEST_CASE("a key that group or others can read is refused", "[net][tls]") {
  const ThrowawayCertificate certificate("DNS:localhost");
  for (const mode_t mode : {0640U, 0604U, 0620U}) {
    REQUIRE(chmod(certificate.key_file().c_str(), mode) == 0);
    CHECK_THAT(refusal(server_tls(certificate.certificate_file(), certificate.key_file())),
               Catch::Contains("chmod 600"));
  }
}

TEST_CASE("a key of another certificate is refused", "[net][tls]") {
  const ThrowawayCertificate one("DNS:localhost");
  const ThrowawayCertificate other("DNS:localhost");
  CHECK_THAT(refusal(server_tls(one.certificate_file(), other.key_file())),
             Catch::Contains("is not the one of the certificate"));
}

TEST_CASE("files that are missing or no PEM are refused by name", "[net][tls]") {
  const ThrowawayCertificate certificate("DNS:localhost");
  const TempDir folder;
  const std::string nothing = folder / "nothing.pem";
  const std::string garbage = folder / "garbage.pem";
  std::ofstream(garbage) << "not PEM";
  REQUIRE(chmod(garbage.c_str(), 0600) == 0);

  CHECK_THAT(refusal(server_tls(nothing, certificate.key_file())), Catch::Contains(nothing));
  CHECK_THAT(refusal(server_tls(garbage, certificate.key_file())), Catch::Contains(garbage));
  CHECK_THAT(refusal(server_tls(certificate.certificate_file(), nothing)),
             Catch::Contains(nothing));
  CHECK_THAT(refusal(server_tls(certificate.certificate_file(), garbage)),
             Catch::Contains(garbage));
  CHECK_THAT(refusal(client_tls(nothing, TlsVerify::verify)), Catch::Contains(nothing));
  CHECK_THAT(refusal(client_tls(garbage, TlsVerify::verify)), Catch::Contains(garbage));
}

TEST_CASE("a client context has the given roots, the system's, or looks at none", "[net][tls]") {
  const ThrowawayCertificate certificate("DNS:localhost");
  const auto mode = [](Result<boost::asio::ssl::context> context) {
    REQUIRE(context.has_value());
    return SSL_CTX_get_verify_mode(context->native_handle());
  };
  CHECK(mode(client_tls(certificate.certificate_file(), TlsVerify::verify)) == SSL_VERIFY_PEER);
  CHECK(mode(client_tls("", TlsVerify::verify)) == SSL_VERIFY_PEER);
  CHECK(mode(client_tls("", TlsVerify::insecure)) == SSL_VERIFY_NONE);
}

TEST_CASE("TLS older than 1.2 is not spoken", "[net][tls]") {
  Result<boost::asio::ssl::context> context = client_tls("", TlsVerify::insecure);
  REQUIRE(context.has_value());
  CHECK(SSL_CTX_get_min_proto_version(context->native_handle()) == TLS1_2_VERSION);
}

}  // namespace synapse::net
