// SPDX-License-Identifier: AGPL-3.0-or-later
// TLS contexts for both ends: TLS 1.2 or newer, the library's own choice of ciphers.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>

#include "base/error.hpp"

namespace synapse::net {

enum class TlsVerify { verify, insecure };

// For connecting: certificates are checked against `ca_file` (PEM), or the system's roots if it is
// blank.
[[nodiscard]] Result<boost::asio::ssl::context> client_tls(const std::string& ca_file,
                                                           TlsVerify verify);
// For a server that asks who connects: what this end shows of itself, the chain and the key as PEM
// files, as below.
[[nodiscard]] Result<> present_certificate(boost::asio::ssl::context& context,
                                           const std::string& cert_file,
                                           const std::string& key_file);
// For listening: the chain and the key as PEM files; a key that others can read is refused.
[[nodiscard]] Result<boost::asio::ssl::context> server_tls(const std::string& cert_file,
                                                           const std::string& key_file);

}  // namespace synapse::net
