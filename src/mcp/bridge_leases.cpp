// SPDX-License-Identifier: AGPL-3.0-or-later
// The bridge's leases: what becomes of them between two calls, and at the end.
#include <utility>

#include "client/frames.hpp"
#include "mcp/bridge.hpp"

namespace synapse::mcp {

namespace {

// For the hub to take leases back, all in all: somebody may wait for the program to end.
constexpr std::chrono::milliseconds giving_back_patience{2'000};

}  // namespace

void Bridge::take_news(const Json& frame) {
  const std::string type = text_member(frame, "type");
  const std::string task_id = text_member(frame, "task_id");
  if (type == "handoff_granted" && text_member(frame, "owner") == name()) {
    leases_.keep(task_id, 0, {text_member(frame, "worktree"), texts_member(frame, "paths")},
                 clock_.now().mono);
    leases_.doubt(task_id, clock_.now().mono);
    return note(text_member(frame, "previous_owner") + " handed " + quoted(task_id) +
                " over to you");
  }
  if (type == "lease_expired") return leases_.doubt(task_id, clock_.now().mono);
  const bool is_released = type == "release_granted";
  lose(task_id, is_released ? "somebody released it under your name"
                            : "it was handed over to " + text_member(frame, "owner"));
}

void Bridge::renew_one() {
  if (!agent_.is_connected()) return;
  const std::optional<std::string> task_id = leases_.due(clock_.now().mono);
  if (!task_id) return;
  const ClaimScope scope = leases_.find(*task_id)->scope;
  const auto claim_again = [&] {
    return agent_.request(claim_frame(*task_id, scope, options_.lease_ttl));
  };
  const double ttl = std::chrono::duration<double>(options_.lease_ttl).count();
  Mono sent_at = clock_.now().mono;
  const Result<Reply> reply = client::renew_lease(agent_, *task_id, ttl, claim_again);
  if (leases_.take(*task_id, reply, sent_at, clock_.now().mono) != client::Renewal::gone) {
    return lose_if_refused(*task_id, reply);
  }
  sent_at = clock_.now().mono;
  const Result<Reply> again = claim_again();
  if (leases_.take(*task_id, again, sent_at, clock_.now().mono) == client::Renewal::kept) {
    return note("The lease on " + quoted(*task_id) +
                " had ended and was taken again: others may have changed its files meanwhile.");
  }
  lose_if_refused(*task_id, again);
}

void Bridge::lose_if_refused(const std::string& task_id, const Result<Reply>& reply) {
  if (!reply || reply->granted || client::is_passing(*reply->frame)) return;
  lose(task_id, refusal_text(*reply->frame));
}

void Bridge::lose(const std::string& task_id, const std::string& why) {
  if (leases_.drop(task_id)) note("You no longer hold " + quoted(task_id) + ": " + why);
}

void Bridge::lose_all(const std::string& why) {
  while (const std::optional<std::string> task_id = leases_.due(Mono::max())) lose(*task_id, why);
}

void Bridge::tell_of_ends() {
  for (const std::string& task_id : leases_.run_out(clock_.now().mono)) {
    note("The lease on " + quoted(task_id) +
         " could not be renewed in time: somebody else may have it by now. Leave its files alone "
         "until it is yours again.");
  }
}

// Should this fail, the lease ends by itself.
void Bridge::give_back(const std::string& task_id) {
  leases_.drop(task_id);
  static_cast<void>(
      agent_.request({{"type", "release"}, {"task_id", task_id}}, giving_back_patience));
}

void Bridge::give_all_back() {
  const Mono deadline = clock_.now().mono + giving_back_patience;
  while (agent_.is_connected() && clock_.now().mono < deadline) {
    const std::optional<std::string> task_id = leases_.due(Mono::max());
    if (!task_id) return;
    give_back(*task_id);
  }
}

}  // namespace synapse::mcp
