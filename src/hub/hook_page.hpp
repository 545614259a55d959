// SPDX-License-Identifier: AGPL-3.0-or-later
// /hook, which guards of host programs post to (docs/protocol.md, Hooks). Pages in a browser must
// not: it asks for a header that no page can send unasked, and refuses what has an Origin.
#pragma once

#include <string_view>
#include <variant>

#include "hub/hook_counts.hpp"
#include "net/http_message.hpp"
#include "net/token_book.hpp"
#include "wire/hook.hpp"

namespace synapse::hub {

[[nodiscard]] bool is_for_hooks(const net::HttpRequest& request);

// A call of somebody who may make it.
struct AdmittedHook {
  wire::HookRequest request;
  net::Pass pass;
};

// A call to be carried out, or what to answer at once: a refusal, or to GET what was counted.
using HookInput = std::variant<AdmittedHook, net::HttpResponse>;
[[nodiscard]] HookInput read_hook_request(const net::HttpRequest& request,
                                          const net::TokenGate& tokens, const HookCounts& counts);

[[nodiscard]] net::HttpResponse hook_response(const Result<std::string>& text);

}  // namespace synapse::hub
