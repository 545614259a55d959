// SPDX-License-Identifier: AGPL-3.0-or-later
// The addresses that the hub, and the servers that stand beside it, may listen on.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace synapse::hub {

struct Exposure {
  std::string host;
  bool has_token = false;
  bool serves_metrics = false;
  bool has_metrics_token = false;
  std::string_view token_option = "--token";
};
// An error that says why listening there would be unsafe, and what to do.
[[nodiscard]] Result<> check_exposure(const Exposure& exposure);

}  // namespace synapse::hub
