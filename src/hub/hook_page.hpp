// SPDX-License-Identifier: AGPL-3.0-or-later
// /hook, which guards of host programs post to (docs/protocol.md, Hooks). Pages in a browser must
// not: it asks for a header that no page can send unasked, and refuses what has an Origin.
#pragma once

#include <memory>
#include <optional>
#include <variant>

#include "hub/engine.hpp"
#include "net/http_message.hpp"
#include "net/http_reply.hpp"
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

// Answers the call when it has been carried out, which begins at `now`; nothing: the hub serves
// none.
void answer_hook(const net::HttpRequest& request, const std::shared_ptr<net::HttpReply>& reply,
                 Engine& engine, std::optional<Moment> now);

}  // namespace synapse::hub
