// SPDX-License-Identifier: AGPL-3.0-or-later
// What the guard has to say, in the exact bytes of each host. Pure.
//
// It never approves: an "allow" would skip the user's own prompt. To have no opinion is, in most
// hosts, to print nothing.
#pragma once

#include <functional>
#include <string>

#include "guard/payload.hpp"

namespace synapse::guard {

struct Answer {
  enum class Kind { silence, deny, context };

  Kind kind = Kind::silence;
  std::string text;  // Valid UTF-8; of a deny never blank, or hosts would pass over it.
};

struct Output {
  int exit_code = 0;
  std::string out;
  std::string err;
  std::function<void()> once_told = {};  // To be called when it has been written, if anything.
};

// `call` null: its input was not understood, so it is answered as before a tool.
[[nodiscard]] Output render(const HostTraits& host, const HookCall* call, const Answer& answer);

}  // namespace synapse::guard
