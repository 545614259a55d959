// SPDX-License-Identifier: AGPL-3.0-or-later
// One message to a client's webhook. Plain data.
#pragma once

#include <memory>
#include <string>

namespace synapse::a2a {

struct Webhook {
  std::string url;
  std::string authorization;  // Blank: none.
  std::string token;          // The same.
  std::shared_ptr<const std::string> body;
};

}  // namespace synapse::a2a
