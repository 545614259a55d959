// SPDX-License-Identifier: AGPL-3.0-or-later
// A self-signed certificate and its key, made anew for one test and gone with it.
#pragma once

#include <string>

#include "support/temp_dir.hpp"

namespace synapse::test {

class ThrowawayCertificate {
 public:
  // For those subject alternative names, such as "DNS:localhost,IP:127.0.0.1".
  explicit ThrowawayCertificate(const std::string& names);

  // PEM files; the certificate is its own root.
  [[nodiscard]] std::string certificate_file() const { return folder_ / "cert.pem"; }
  [[nodiscard]] std::string key_file() const { return folder_ / "key.pem"; }

 private:
  TempDir folder_;
};

}  // namespace synapse::test
