// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/tls.hpp"

#include <openssl/x509err.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace synapse::net {

namespace {

namespace ssl = boost::asio::ssl;

// The reason alone: Asio's own text repeats the library's name.
std::string reason(const boost::system::error_code& code) { return code.message(); }

Error refuse(const std::string& what, const std::string& file,
             const boost::system::error_code& code) {
  return fail(ErrorCode::tls_failed, what + " '" + file + "': " + reason(code));
}

// The library's constructor throws when it has no memory or no TLS at all.
Result<ssl::context> new_context(ssl::context::method method) {
  try {
    ssl::context context(method);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    return context;
  } catch (const boost::system::system_error& error) {
    return fail(ErrorCode::tls_failed, "TLS can't be set up: " + reason(error.code()));
  }
}

// A key that others can read is no secret: to serve with it would only look safe.
Result<> check_key_mode(const std::string& key_file) {
  struct stat status {};
  if (stat(key_file.c_str(), &status) != 0) {
    return fail(ErrorCode::tls_failed,
                "can't read the key '" + key_file + "': " + std::strerror(errno));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(ErrorCode::tls_failed,
                "the key '" + key_file + "' is open to others than its owner; chmod 600 it");
  }
  return {};
}

}  // namespace

Result<ssl::context> client_tls(const std::string& ca_file, TlsVerify verify) {
  Result<ssl::context> context = new_context(ssl::context::tls_client);
  if (!context) return context;
  boost::system::error_code code;
  if (verify == TlsVerify::insecure) {
    context->set_verify_mode(ssl::verify_none, code);
    return context;
  }
  context->set_verify_mode(ssl::verify_peer, code);
  if (ca_file.empty()) {
    context->set_default_verify_paths(code);
    if (code) return refuse("can't read the system's roots", X509_get_default_cert_file(), code);
  } else {
    context->load_verify_file(ca_file, code);
    if (code) return refuse("can't read the roots", ca_file, code);
  }
  return context;
}

Result<> present_certificate(ssl::context& context, const std::string& cert_file,
                             const std::string& key_file) {
  if (const Result<> secret = check_key_mode(key_file); !secret) return secret.error();
  boost::system::error_code code;
  context.use_certificate_chain_file(cert_file, code);
  if (code) return refuse("can't read the certificate", cert_file, code);
  // Without this, an encrypted key would stop the start-up at a prompt on the terminal.
  context.set_password_callback([](std::size_t, ssl::context::password_purpose) { return ""; },
                                code);
  context.use_private_key_file(key_file, ssl::context::pem, code);
  const bool is_other_key = code && ERR_GET_REASON(static_cast<unsigned long>(code.value())) ==
                                        X509_R_KEY_VALUES_MISMATCH;
  if (code && !is_other_key) return refuse("can't read the key", key_file, code);
  // A key of another kind than the certificate's is seen only here.
  if (is_other_key || SSL_CTX_check_private_key(context.native_handle()) != 1) {
    return fail(ErrorCode::tls_failed,
                "the key '" + key_file + "' is not the one of the certificate '" + cert_file + "'");
  }
  return {};
}

Result<ssl::context> server_tls(const std::string& cert_file, const std::string& key_file) {
  Result<ssl::context> context = new_context(ssl::context::tls_server);
  if (!context) return context;
  const Result<> shown = present_certificate(*context, cert_file, key_file);
  if (!shown) return shown.error();
  return context;
}

}  // namespace synapse::net
