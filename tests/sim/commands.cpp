// SPDX-License-Identifier: AGPL-3.0-or-later
#include "sim/commands.hpp"

#include <limits>

namespace synapse::sim {

using namespace core;

AgentName Crowd::agent() { return AgentName("agent" + std::to_string(dice_.pick(12))); }

TaskId Crowd::task() {
  if (dice_.one_in(100)) return TaskId("");
  return TaskId("t" + std::to_string(dice_.pick(20)));
}

std::string Crowd::path() {
  const auto name = [this] { return std::string(dice_.of(Universe::names)); };
  const auto segment = [&] {
    return dice_.one_in(3) ? std::string(dice_.of(Universe::patterns)) : name();
  };
  if (dice_.one_in(40)) return "";
  if (dice_.one_in(12)) {
    const std::string before = dice_.one_in(8) ? "" : segment() + "/";
    return dice_.one_in(3) ? before + "**" : before + "**/" + segment();
  }
  std::string made = dice_.one_in(5) ? segment() : name();
  for (std::size_t more = dice_.pick(3); more > 0; --more) made += "/" + segment();
  return made;
}

std::string Crowd::disguised(const std::string& path) {
  switch (dice_.pick(24)) {
    case 0:
      return "./" + path;
    case 1:
      return " /" + path + "/ ";
    case 2:
      return "x/../" + path;
    case 3:
      return "b/ab/./..//../" + path;
    case 4:
      return dice_.one_in(8) ? path + "\a" : path;
    case 5:
      return dice_.one_in(8) ? path + std::string(40, 'y') : path;
    default:
      return path;
  }
}

std::vector<std::string> Crowd::scope() {
  std::vector<std::string> paths;
  if (dice_.one_in(25)) return paths;
  for (std::size_t i = dice_.one_in(20) ? 5 : 1 + dice_.pick(3); i > 0; --i) {
    paths.push_back(disguised(path()));
  }
  return paths;
}

std::optional<double> Crowd::ttl() {
  static constexpr double lengths[] = {10,
                                       30,
                                       45,
                                       60,
                                       60.25,
                                       90,
                                       120,
                                       600,
                                       -1e9,
                                       1e300,
                                       1e9,
                                       std::numeric_limits<double>::quiet_NaN(),
                                       std::numeric_limits<double>::infinity()};
  if (dice_.one_in(3)) return std::nullopt;
  return dice_.one_in(8) ? dice_.of(lengths) : lengths[1 + dice_.pick(7)];
}

std::optional<std::int64_t> Crowd::about(std::uint64_t current) {
  const auto value = static_cast<std::int64_t>(current);
  if (dice_.one_in(2)) return std::nullopt;
  if (!dice_.one_in(6)) return value;
  return value + static_cast<std::int64_t>(dice_.pick(5)) - 2;
}

ClaimTask Crowd::claim() {
  static constexpr const char* worktrees[] = {"", "w", "v"};
  ClaimTask command;
  command.task_id = task();
  command.note = "note " + std::to_string(dice_.pick(100));
  command.ttl = ttl();
  command.worktree = dice_.of(worktrees);
  command.coverage = dice_.one_in(12) ? Coverage::none : Coverage::files;
  command.paths = scope();
  if (dice_.one_in(4)) command.git = GitContext{"branch", "main", "merge", ""};
  command.if_held = dice_.pick(5) < 2 ? IfHeld::wait : IfHeld::refuse;
  if (dice_.one_in(3)) command.wait_seconds = static_cast<double>(dice_.pick(60)) - 2;
  return command;
}

Request Crowd::owner_request(const Lease& lease) {
  static constexpr const char* statuses[] = {"",       "working", "input_required", "done",
                                             "failed", "claimed", "nonsense"};
  const TaskId& id = lease.task_id;
  const std::optional<std::int64_t> epoch = about(lease.epoch.value);
  AgentName actor = dice_.one_in(8) ? agent() : lease.owner;
  switch (dice_.pick(12)) {
    case 0:
    case 1:
    case 2:
      return {std::move(actor), ReleaseTask{id, epoch}};
    case 10:
      return {std::move(actor), ExtendLease{id, scope(), epoch, ttl()}};
    case 11: {
      ReleaseTask some{id, epoch, lease.paths};
      if (dice_.one_in(2) || some.paths->empty()) some.paths = scope();
      if (some.paths->size() > 1 && dice_.one_in(2)) some.paths->pop_back();
      return {std::move(actor), std::move(some)};
    }
    case 3:
      return {std::move(actor), RenewLease{id, ttl(), epoch}};
    case 4:
    case 5: {
      UpdateTask update{id, dice_.of(statuses), {}, {}, epoch, about(lease.version.value)};
      if (dice_.one_in(2)) update.note = "noted " + std::to_string(dice_.pick(100));
      if (dice_.one_in(3)) update.data_ref = "ref " + std::to_string(dice_.pick(100));
      return {std::move(actor), std::move(update)};
    }
    case 6:
      return {std::move(actor),
              SaveCheckpoint{id, dice_.one_in(5) ? "" : "step " + std::to_string(dice_.pick(100)),
                             epoch}};
    case 7:
    case 8: {
      const AgentName to = dice_.one_in(30) ? AgentName("") : agent();
      return {std::move(actor), HandOff{id, to, dice_.one_in(2) ? "" : "yours", epoch}};
    }
    default: {
      ClaimTask again = claim();  // A renewal, mostly of the same worktree.
      again.task_id = id;
      if (!dice_.one_in(4)) again.worktree = lease.worktree;
      if (dice_.one_in(4)) again.extent = Extent::added;
      return {std::move(actor), std::move(again)};
    }
  }
}

Command Crowd::board_command() {
  static constexpr const char* statuses[] = {"open", "in_progress", "blocked",
                                             "done", "cancelled",   "finished"};
  static constexpr const char* kinds[] = {"note", "blocked", "assessment", "weird"};
  switch (dice_.pick(8)) {
    case 0:
    case 1:
    case 2: {
      DeclarePlanTask command{task(), dice_.one_in(20) ? "" : "title", "", {}, ""};
      for (std::size_t i = dice_.pick(4); i > 0; --i) command.depends_on.push_back(task());
      return command;
    }
    case 3:
      if (dice_.one_in(4)) return ForgetPlanTask{task()};
      [[fallthrough]];
    case 4: {
      UpdatePlanTask command{task(), dice_.of(statuses), {}};
      if (dice_.one_in(2)) command.suggested_owner = agent().text;
      return command;
    }
    case 5:
      return PostProgress{task(), dice_.of(kinds), "text " + std::to_string(dice_.pick(100))};
    case 6: {
      OfferResource offer{dice_.one_in(20) ? "" : "gpu", std::to_string(dice_.pick(5)), 0, {}};
      offer.capacity = static_cast<std::int64_t>(dice_.pick(4)) - 1;
      return offer;
    }
    default:
      return Advertise{"description " + std::to_string(dice_.pick(9)), {"py"}, {}, "m", {}};
  }
}

Request Crowd::next(const Model& model) {
  const AgentName actor = dice_.of(model.online());
  const std::size_t what = dice_.pick(100);
  if (what < 30) return {actor, claim()};
  if (what < 34) return {actor, ReleaseTask{task(), std::nullopt}};
  if (what < 42) return {actor, WaitFor{task()}};
  if (what < 46) {
    PostChat chat{agent().text, R"({"payload":"x"})", std::nullopt};
    if (dice_.one_in(4)) chat.timestamp = static_cast<double>(1 + dice_.pick(1000));
    return {actor, std::move(chat)};
  }
  if (what < 58 || model.leases().empty()) return {actor, board_command()};
  if (what == 58) return {actor, LogRecall{{"query", {"id"}, true, false, {}, 0}}};
  if (what == 59) {
    Finding finding;
    finding.statement = dice_.one_in(4) ? "" : "statement";
    finding.subkind = "decision";
    finding.provenance.emplace();
    finding.validity.emplace();
    return {actor, RecordFinding{std::move(finding)}};
  }
  Request request = owner_request(dice_.of(model.leases()));
  if (!model.online().contains(request.actor)) request.actor = actor;
  return request;
}

}  // namespace synapse::sim
