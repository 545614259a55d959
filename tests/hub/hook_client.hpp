// SPDX-License-Identifier: AGPL-3.0-or-later
// A guard's side of a hub's engine, for tests: requests, and the answers once they have left.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hub/engine_rig.hpp"
#include "hub/hook_page.hpp"
#include "support/catch.hpp"
#include "support/result_text.hpp"

namespace synapse::test {

using wire::HookAnswer;
using wire::HookEvent;
using wire::HookRequest;
using Paths = std::vector<std::string>;
using Decision = HookAnswer::Decision;

inline HookRequest hook_request(const std::string& session, HookEvent event, Paths paths = {},
                                const std::string& party = "") {
  HookRequest request;
  request.host = "claude";
  request.event = event;
  request.mode = wire::HookMode::enforce;
  request.session = session;
  request.party = party;
  request.name = AgentName("shop/claude");
  request.worktree = "/w/shop";
  request.paths = std::move(paths);
  request.room = 800;
  return request;
}

inline net::Peer peer_of(std::uint32_t user) {
  net::Peer peer;
  peer.host = "127.0.0.1";
  peer.user = user;
  return peer;
}

// Asks, and takes the answer when it has left; nothing: it waits for the log.
struct HookClient {
  Rig& rig;
  std::uint32_t user = 1000;

  std::optional<Result<std::string>> text = {};

  void send(HookRequest request) {
    text.reset();
    rig.engine().hook(std::move(request), peer_of(user), {}, rig.now(),
                      [this](Result<std::string> told) { text = std::move(told); });
    rig.engine().flush(rig.now());
  }
  HookAnswer ask(HookRequest request) {
    send(std::move(request));
    REQUIRE(text);
    REQUIRE(*text);
    return wire::decode_hook_answer(**text).value();
  }
  HookAnswer write(const std::string& session, Paths paths, const std::string& party = "") {
    return ask(hook_request(session, HookEvent::before_tool, std::move(paths), party));
  }
};

inline bool is_online(Rig& rig, const char* name) {
  return rig.engine().machine().presence().is_online(AgentName(name));
}

inline std::vector<const core::Lease*> all_leases(Rig& rig) {
  std::vector<const core::Lease*> all;
  for (const auto& [id, lease] : rig.engine().machine().leases().all()) all.push_back(&lease);
  return all;
}

}  // namespace synapse::test
