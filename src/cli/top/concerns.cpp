// SPDX-License-Identifier: AGPL-3.0-or-later
// The same judgement as the page's (src/page/world.js): who can't move, and why.
#include <algorithm>
#include <map>
#include <set>

#include "base/time_text.hpp"
#include "cli/output/render.hpp"
#include "cli/top/bus.hpp"

namespace synapse::cli {

namespace {

constexpr double quiet_after = 300;  // Seconds without a sign of life.
constexpr double long_wait = 120;
constexpr double lease_is_short = 60;
constexpr double refusals_within = 60;
constexpr std::size_t refusals_told = 3;

using Held = std::map<std::string, std::vector<const BusClaim*>>;

// The holders whom somebody is stuck behind go into `named`.
void judge_wait(const Bus& bus, const BusWait& wait, double now, std::vector<Concern>& list,
                std::set<std::string>& named) {
  const double seconds = wait.since ? now - *wait.since : 0;
  if (wait.holder.empty()) {
    if (wait.behind.empty() || seconds < long_wait) return;
    list.push_back({Concern::Level::watch, "waits", wait.agent,
                    shown(wait.agent) + " waits behind " + shown(wait.behind) + " for " +
                        base::span_of(seconds),
                    seconds});
    return;
  }
  const BusAgent* holder = bus.agent(wait.holder);
  const bool is_away = holder == nullptr || !holder->is_online;
  const bool is_silent = !is_away && now - holder->last_seen > quiet_after;
  if (!is_away && !is_silent && seconds < long_wait) return;
  const bool is_stuck = is_away || is_silent;
  if (is_stuck) named.insert(wait.holder);
  std::string text = shown(wait.agent) + " waits for " + shown(wait.holder);
  if (is_stuck) text += is_away ? ", which is away" : ", which is silent";
  text += ": " + scope_text(wait.scope, wait.task_id) + "; the lease ends in " +
          base::span_of(std::max(0.0, wait.holder_until - now));
  list.push_back({is_stuck ? Concern::Level::stuck : Concern::Level::watch,
                  is_stuck ? "stuck" : "waits", wait.agent, std::move(text), seconds + 1});
}

void judge_presence(const Bus& bus, const std::vector<const BusClaim*>& claims, double now,
                    std::vector<Concern>& list) {
  const BusClaim& first = *claims.front();
  const BusAgent* agent = bus.agent(first.owner);
  const std::string what =
      (claims.size() == 1 ? std::string("1 claim") : std::to_string(claims.size()) + " claims") +
      ": " + scope_text(first.scope, first.task_id);
  const double silent = agent == nullptr ? 0 : now - agent->last_seen;
  if (agent == nullptr || !agent->is_online) {
    list.push_back({Concern::Level::watch, "away", first.owner,
                    shown(first.owner) + " left and still holds " + what, silent});
  } else if (silent > quiet_after) {
    list.push_back(
        {Concern::Level::watch, "silent", first.owner,
         shown(first.owner) + " says nothing for " + base::span_of(silent) + " and holds " + what,
         silent});
  }
}

void judge_leases(const std::vector<const BusClaim*>& claims, double now,
                  std::vector<Concern>& list) {
  for (const BusClaim* claim : claims) {
    const double left = claim->expires_at - now;
    const bool is_over = claim->status == "done" || claim->status == "failed";
    if (left > lease_is_short || left < 0 || is_over) continue;
    list.push_back({Concern::Level::watch, "lease ends", claim->owner,
                    shown(claim->owner) + " is about to lose " +
                        scope_text(claim->scope, claim->task_id) + ", in " + base::span_of(left),
                    lease_is_short + 40 - left});
  }
}

void judge_mail(const Bus& bus, const Held& holders, double now, std::vector<Concern>& list) {
  for (const BusAgent& agent : bus.agents) {
    if (agent.unread == 0 || bus.is_helper(agent) || bus.listens(agent)) continue;
    // One that is away and holds nothing keeps nobody waiting.
    if (!agent.reads_nothing && !agent.is_online && !holders.contains(agent.name)) continue;
    if (!agent.reads_nothing && now - agent.last_seen < quiet_after) continue;
    list.push_back({Concern::Level::watch, "deaf", agent.name,
                    shown(agent.name) + " has " + std::to_string(agent.unread) + " unread and " +
                        (agent.is_online ? "does not listen" : "is away"),
                    static_cast<double>(agent.unread)});
  }
}

void judge_refusals(const Bus& bus, double now, std::vector<Concern>& list) {
  std::map<std::string, std::vector<const BusRefusal*>> by_agent;
  for (const BusRefusal& refusal : bus.refusals) {
    if (now - refusal.at <= refusals_within) by_agent[refusal.agent].push_back(&refusal);
  }
  for (const auto& [agent, refusals] : by_agent) {
    if (refusals.size() < refusals_told) continue;
    const BusRefusal& last = *refusals.back();
    list.push_back({Concern::Level::watch, "refused", agent,
                    shown(agent) + " was refused " + std::to_string(refusals.size()) +
                        " times in a minute" +
                        (last.holder.empty() ? "" : ", for " + shown(last.holder) + " has it"),
                    static_cast<double>(refusals.size())});
  }
}

}  // namespace

std::vector<Concern> concerns_of(const Bus& bus, double now) {
  std::vector<Concern> list;
  if (!bus.read_only_reason.empty()) {
    list.push_back({Concern::Level::stuck, "read-only", "",
                    "the hub refuses every change: " + shown(bus.read_only_reason), 1e9});
  }
  std::set<std::string> named;
  for (const BusWait& wait : bus.waits) judge_wait(bus, wait, now, list, named);
  Held held;
  for (const BusClaim& claim : bus.claims) held[claim.owner].push_back(&claim);
  for (const auto& [owner, claims] : held) {
    if (!named.contains(owner)) judge_presence(bus, claims, now, list);
    judge_leases(claims, now, list);
  }
  judge_mail(bus, held, now, list);
  judge_refusals(bus, now, list);
  std::stable_sort(list.begin(), list.end(), [](const Concern& a, const Concern& b) {
    return a.level != b.level ? a.level < b.level : a.weight > b.weight;
  });
  return list;
}

}  // namespace synapse::cli
