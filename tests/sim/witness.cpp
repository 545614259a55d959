// SPDX-License-Identifier: AGPL-3.0-or-later
// Facts are lines of text, made from a log entry and from the frame that tells of it alike.
#include "sim/witness.hpp"

namespace synapse::sim {

namespace {

using Json = nlohmann::json;

// Some fields of an object, as one line.
std::string fact(std::string_view what, const Json& object,
                 std::initializer_list<const char*> names) {
  std::string line(what);
  for (const char* name : names) line += ' ' + object.at(name).dump();
  return line;
}

std::string mail_fact(const Json& id, const Json& agent, const Json& state) {
  return "mail " + id.dump() + " " + agent.dump() + " " + state.dump();
}

std::string lease_fact(const Json& lease) {
  return fact("lease", lease,
              {"task_id", "owner", "epoch", "version", "lease_expires_at", "status", "checkpoint"});
}

}  // namespace

void Witness::learn_lease(const Json& lease, Knowledge& known) {
  std::set<std::string>& facts = known.facts;
  known.leases[lease.at("task_id")] = lease;
  facts.insert(lease_fact(lease));
  ends_[lease.at("epoch")] = lease.at("lease_expires_at");
  facts.insert(fact("update", lease, {"task_id", "owner", "status", "data_ref", "version"}));
  facts.insert(fact("checkpoint", lease, {"task_id", "version"}));
  facts.insert(fact("holder", lease, {"task_id", "owner"}));
}

void Witness::learn(const store::Entry& entry, Knowledge& known) {
  std::set<std::string>& facts = known.facts;
  const Json payload = Json::parse(entry.payload);
  if (entry.kind == "claim" || entry.kind == "task_update" || entry.kind == "checkpoint" ||
      entry.kind == "handoff") {
    learn_lease(payload, known);
  } else if (entry.kind == "lease_renewed") {
    // Of a lease whose whole record came before.
    Json lease = known.leases.at(payload.at("task_id"));
    lease["lease_expires_at"] = payload.at("lease_expires_at");
    learn_lease(lease, known);
  } else if (entry.kind == "release") {
    facts.insert(fact("release", payload, {"task_id"}));
  } else if (entry.kind == "ledger_task") {
    facts.insert("plan " + payload.dump());
  } else if (entry.kind == "ledger_progress") {
    facts.insert("note " + payload.dump());
  } else if (entry.kind == "chat") {
    facts.insert(fact("chat", payload, {"msg_id", "payload"}));
  } else if (entry.kind == "mail_kept") {
    for (const Json& agent : payload.at("recipients")) {
      facts.insert(mail_fact(payload.at("msg_id"), agent, "kept"));
    }
  } else if (entry.kind == "mail_noted") {
    for (const Json& id : payload.at("msg_ids")) {
      for (const Json& agent : payload.at("agents")) {
        facts.insert(mail_fact(id, agent, payload.at("state")));
      }
    }
  } else if (entry.kind == "idempotency") {
    const Json& response = payload.at("response");
    answers_[payload.at("key")] =
        response.is_string() ? Json::parse(response.get<std::string>()) : response;
  }
}

void Witness::log_grew(std::span<const store::Entry> written,
                       std::span<const store::Entry> synced) {
  for (const store::Entry& entry : written) learn(entry, written_);
  for (const store::Entry& entry : synced) {
    learn(entry, synced_);
    learn(entry, written_);
  }
}

const Json* Witness::answer(const std::string& key) const {
  const auto found = answers_.find(key);
  return found == answers_.end() ? nullptr : &found->second;
}

std::optional<std::string> Witness::missing(const std::string& fact, const Knowledge& known) {
  ++facts_checked_;
  if (known.facts.contains(fact)) return std::nullopt;
  return "somebody was told of what is not safe in the log: " + fact;
}

std::optional<std::string> Witness::told(const Json& frame, double now) {
  if (auto wrong = check_facts(frame, now)) return wrong;
  const std::string type = frame.at("type");
  if (type == "claim_granted" || type == "lease_renewed" || type == "handoff_granted") {
    return granted(frame, now);
  }
  if ((type == "release_granted" && !frame.contains("queued")) || type == "lease_expired") {
    held_.erase(frame.at("task_id").get<std::string>());
  }
  return std::nullopt;
}

std::optional<std::string> Witness::told_again(const Json& frame, double now) {
  if (frame.contains("epoch")) epochs_told_.insert(frame.at("epoch").get<std::uint64_t>());
  return check_facts(frame, now);
}

void Witness::asks(const std::string& agent, const std::string& task_id) {
  asking_[agent] = task_id;
  const auto found = held_.find(task_id);
  if (found != held_.end() && found->second.owner == agent) held_.erase(found);
}

std::optional<std::string> Witness::check_facts(const Json& frame, double now) {
  const std::string type = frame.at("type");
  if (type == "claim_granted" || type == "lease_renewed" || type == "handoff_granted") {
    return missing(lease_fact(frame), synced_);
  }
  if (type == "task_updated") {
    return missing(fact("update", frame, {"task_id", "owner", "status", "data_ref", "version"}),
                   synced_);
  }
  if (type == "checkpoint_saved") {
    return missing(fact("checkpoint", frame, {"task_id", "version"}), synced_);
  }
  if (type == "release_granted" && !frame.contains("queued")) {
    return missing(fact("release", frame, {"task_id"}), synced_);
  }
  if (type == "lease_expired") {
    // The clock ends leases on a hub that can't write, too, and would again after a restart.
    const auto end = ends_.find(frame.at("epoch").get<std::uint64_t>());
    if (end == ends_.end() || end->second > now) return "a lease ended early: " + frame.dump();
    return std::nullopt;
  }
  if (type == "ledger_task_posted" || type == "ledger_task_updated") {
    return missing("plan " + frame.at("task").dump(), synced_);
  }
  if (type == "ledger_progress_posted") return missing("note " + frame.at("note").dump(), written_);
  if (type == "chat") return missing(fact("chat", frame, {"msg_id", "payload"}), written_);
  if (type == "claim_denied" && frame.value("code", "") == "task_held") {
    const Json holder{{"task_id", frame.at("task_id")}, {"owner", frame.at("holder")}};
    return missing(fact("holder", holder, {"task_id", "owner"}), synced_);
  }
  if (type == "chat_accepted") {
    for (const Json& one : frame.at("recipients")) {
      if (auto wrong = check_mail(frame.at("msg_id"), one)) return wrong;
    }
    return std::nullopt;
  }
  if (type == "receipt") return check_mail(frame.at("msg_id"), frame);
  if (type == "state_snapshot") return check_snapshot(frame.at("snapshot"));
  return std::nullopt;
}

// A chat that is asked for again is answered with the states of its message by then. What can't be
// taken back any more is synced, and so is that the message is kept; that it was sent, or handed
// over, is only written: after a power cut it is sent once more.
std::optional<std::string> Witness::check_mail(const Json& id, const Json& recipient) {
  const std::string state = recipient.at("state");
  const bool is_written = state == "sent" || state == "received";
  return missing(mail_fact(id, recipient.at("agent"), recipient.at("state")),
                 is_written ? written_ : synced_);
}

std::optional<std::string> Witness::check_snapshot(const Json& snapshot) {
  for (const Json& lease : snapshot.at("active_claims")) {
    if (auto wrong = missing(lease_fact(lease), synced_)) return wrong;
  }
  return std::nullopt;
}

std::optional<std::string> Witness::granted(const Json& frame, double now) {
  // An answer that is given again tells of what may be over by now.
  if (!epochs_told_.insert(frame.at("epoch").get<std::uint64_t>()).second) return std::nullopt;
  ++grants_;
  Held held;
  held.owner = frame.at("owner");
  held.worktree = frame.at("worktree");
  held.has_files = frame.value("scope", "") != "none";
  held.cover = universe_.cover(frame.at("paths").get<std::vector<std::string>>());
  held.expires_at = frame.at("lease_expires_at");
  const std::string task_id = frame.at("task_id");
  for (const auto& [other_id, other] : held_) {
    if (other.expires_at <= now || other.owner == held.owner) continue;
    // What lies within a task that is handed over goes along, and is told of right after it.
    const bool hands_over = frame.value("previous_owner", "") == other.owner &&
                            (other_id == task_id || (other.cover & ~held.cover).none());
    const bool meet = other.has_files && held.has_files && other.worktree == held.worktree &&
                      (other.cover & held.cover).any();
    if (!hands_over && (other_id == task_id || meet)) {
      return held.owner + " was told that it holds '" + task_id + "', and " + other.owner +
             " that it holds '" + other_id + "' until " + std::to_string(other.expires_at) +
             ", and it is " + std::to_string(now) + ": " + frame.dump();
    }
  }
  const auto asking = asking_.find(held.owner);
  const bool is_in_doubt = asking != asking_.end() && asking->second == task_id;
  if (!is_in_doubt) held_[task_id] = held;
  return std::nullopt;
}

}  // namespace synapse::sim
