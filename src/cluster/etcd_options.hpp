// SPDX-License-Identifier: AGPL-3.0-or-later
// How etcd's nodes are reached, and a connection to one of them.
#pragma once

#include <string>
#include <vector>

#include "net/http_line.hpp"
#include "net/tls.hpp"
#include "net/uri.hpp"

namespace synapse::cluster {

struct EtcdOptions {
  std::vector<net::Uri> endpoints;  // http or https; at least one.
  std::string bus;
  std::string tls_ca;  // PEM files; blank: the system's roots.
  std::string tls_cert;
  std::string tls_key;
  std::string user;  // Blank: etcd asks for none.
  std::string password;
};

[[nodiscard]] inline net::HttpLineOptions line_options(const EtcdOptions& options) {
  net::HttpLineOptions line;
  line.tls_ca = options.tls_ca;
  line.tls_verify = net::TlsVerify::verify;
  line.tls_cert = options.tls_cert;
  line.tls_key = options.tls_key;
  return line;
}

}  // namespace synapse::cluster
