// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/bounds.hpp"
#include "wire/encode.hpp"
#include "wire/encode_mail.hpp"
#include "wire/envelope.hpp"
#include "wire/records.hpp"

namespace synapse::wire {

namespace {

Outgoing broadcast(std::string_view type, JsonWriter& json, const AgentName& about = {}) {
  return {Audience::everybody, about, std::string(type), json.end_object().take(), {}};
}

Outgoing reply(std::string_view type, JsonWriter& json) {
  return {Audience::actor, {}, std::string(type), json.end_object().take(), {}};
}

// Bytes of an operator's note in the sentence that the agent reads.
constexpr std::size_t note_told_max = 4096;

std::string quoted(const TaskId& id) { return "'" + id.text + "'"; }

void say_cut(JsonWriter& json, const TextLimit& limit) {
  if (limit.has_cut) json.key("truncated").boolean(true);
}

struct EncodeEvent {
  Envelope envelope;
  const core::Machine& machine;
  const AgentName& actor;

  using Frame = std::optional<Outgoing>;

  Frame operator()(const core::LeaseGranted& event) const {
    return lease("claim_granted", event.lease,
                 event.lease.owner.text + " holds " + quoted(event.lease.task_id), event.given_up);
  }
  Frame operator()(const core::LeaseExtended& event) const {
    return changed_paths(
        "lease_extended", event.lease,
        event.lease.owner.text + " holds more under " + quoted(event.lease.task_id), "added",
        event.added);
  }
  Frame operator()(const core::LeaseNarrowed& event) const {
    return changed_paths(
        "lease_narrowed", event.lease,
        event.lease.owner.text + " holds less under " + quoted(event.lease.task_id), "given_up",
        event.given_up);
  }
  Frame operator()(const core::LeaseRenewed& event) const {
    return lease("lease_renewed", event.lease,
                 event.lease.owner.text + " renewed " + quoted(event.lease.task_id));
  }
  Frame operator()(const core::TaskUpdated& event) const {
    const core::Lease& lease = event.lease;
    JsonWriter json = envelope.open(
        "task_updated", "all", quoted(lease.task_id) + " is " + std::string(word(lease.status)));
    TextLimit limit{told_text_bytes_max};
    write_members(json, lease, {"task_id", "owner", "status", "data_ref", "version"}, &limit);
    say_cut(json, limit);
    return broadcast("task_updated", json);
  }
  Frame operator()(const core::CheckpointSaved& event) const {
    JsonWriter json = envelope.open("checkpoint_saved", actor.text,
                                    "checkpoint of " + quoted(event.lease.task_id) + " saved");
    write_members(json, event.lease, {"task_id", "version"});
    return reply("checkpoint_saved", json);
  }
  Frame operator()(const core::LeaseHandedOff& event) const {
    const core::Lease& lease = event.lease;
    const std::string payload =
        event.previous_owner.text + " handed " + quoted(lease.task_id) + " to " + lease.owner.text;
    return told("handoff_granted", payload, lease,
                [&event](JsonWriter& json, const core::Lease& one, TextLimit& limit) {
                  write_members(json, one, {"task_id", "owner"});
                  json.field("previous_owner", event.previous_owner);
                  write_members(json, one,
                                {"note", "status", "worktree", "paths", "epoch", "version",
                                 "lease_expires_at", "checkpoint", "scope"},
                                &limit);
                });
  }
  Frame operator()(const core::LeaseReleased& event) const {
    JsonWriter json = envelope.open("release_granted", "all",
                                    event.owner.text + " released " + quoted(event.task_id));
    json.field("task_id", event.task_id).field("owner", event.owner);
    return broadcast("release_granted", json);
  }
  Frame operator()(const core::LeaseExpired& event) const {
    JsonWriter json = envelope.open(
        "lease_expired", "all",
        "the lease of " + event.owner.text + " on " + quoted(event.task_id) + " ended");
    TextLimit limit{told_text_bytes_max};
    write_all_but(json, event, {}, &limit);
    say_cut(json, limit);
    return broadcast("lease_expired", json, event.owner);
  }
  Frame operator()(const core::PlanTaskDeclared& event) const {
    return plan_task("ledger_task_posted", event.task, " is on the plan");
  }
  Frame operator()(const core::PlanTaskUpdated& event) const {
    return plan_task("ledger_task_updated", event.task,
                     " is " + std::string(word(event.task.status)));
  }
  Frame operator()(const core::PlanTaskForgotten& event) const {
    JsonWriter json =
        envelope.open("ledger_task_forgotten", "all", quoted(event.task_id) + " is off the plan");
    json.field("task_id", event.task_id);
    return broadcast("ledger_task_forgotten", json);
  }
  Frame operator()(const core::ProgressPosted& event) const {
    // The text stands in the note as well; both have to fit.
    constexpr std::size_t payload_bytes_max = 4096;
    const std::string_view payload = json_prefix(event.note.text, payload_bytes_max);
    return with_record("ledger_progress_posted", "note", event.note,
                       [&] { return envelope.open("ledger_progress_posted", "all", payload); });
  }
  Frame operator()(const core::ResourceOffered& event) const {
    const core::Offer& offer = event.offer;
    JsonWriter json = envelope.open("resource_offered", "all",
                                    offer.agent.text + " offers " + offer.kind + " " + offer.name);
    write_members(json, offer, {"agent", "kind", "name"});
    json.field("key", offer.agent.text + ":" + offer.kind + ":" + offer.name);
    return broadcast("resource_offered", json);
  }
  Frame operator()(const core::ChatPosted& event) const {
    return Outgoing{
        Audience::everybody, {}, "chat", chat_frame(event.message), event.message.target};
  }
  Frame operator()(const core::FindingRecorded& event) const {
    return with_record("finding_recorded", "finding", event.finding, [&] {
      JsonWriter json =
          envelope.open("finding_recorded", "all", actor.text + " recorded a finding");
      json.field("verdict", event.verdict)
          .field("claim_status", event.finding.claim_status)
          .field("reasons", event.reasons);
      return json;
    });
  }
  Frame operator()(const core::RecallLogged&) const {
    JsonWriter json = envelope.open("recall_logged", actor.text, "recall logged");
    return reply("recall_logged", json);
  }
  Frame operator()(const core::UnclaimedWrite& event) const {
    JsonWriter json =
        envelope.open("unclaimed_write", "all",
                      event.agent.text + " wrote " + event.path + ", which " + event.holder.text +
                          " holds under " + quoted(event.task_id));
    json.field("agent", event.agent)
        .field("holder", event.holder)
        .field("task_id", event.task_id)
        .field("worktree", event.worktree)
        .field("path", event.path)
        .field("at", event.at);
    return broadcast("unclaimed_write", json, event.holder);
  }
  Frame operator()(const core::OperatorActed& event) const {
    JsonWriter json = envelope.open("operator_acted", "all", core::sentence(event));
    TextLimit limit{told_text_bytes_max};
    write_all_but(json, event, {}, &limit);
    say_cut(json, limit);
    return broadcast("operator_acted", json, event.agent);
  }
  Frame operator()(const core::AnswerRemembered&) const { return std::nullopt; }
  Frame operator()(const core::AgentSeen&) const { return std::nullopt; }
  Frame operator()(const core::AgentJoined& event) const { return presence("joined", event.agent); }
  Frame operator()(const core::AgentLeft& event) const { return presence("left", event.agent); }
  Frame operator()(const core::OfferLapsed&) const { return std::nullopt; }
  Frame operator()(const core::CardAdvertised& event) const {
    return with_record("capability_advertised", "card", event.card, [&] {
      JsonWriter json = envelope.open("capability_advertised", "all",
                                      event.card.agent.text + " says what it can do");
      json.field("agent", event.card.agent);
      return json;
    });
  }
  Frame operator()(const core::CardLapsed&) const { return std::nullopt; }
  Frame operator()(const core::WaitStarted& event) const {
    JsonWriter json =
        envelope.open("wait_granted", actor.text,
                      "waiting for " + event.holder.text + " to end " + quoted(event.task_id));
    json.field("task_id", event.task_id).field("holder", event.holder);
    return reply("wait_granted", json);
  }
  Frame operator()(const core::ClaimQueued& event) const {
    JsonWriter json =
        envelope.open("claim_queued", actor.text,
                      quoted(event.claim.task_id) + " waits for " + event.holder.text);
    json.field("task_id", event.claim.task_id)
        .field("position", static_cast<std::uint64_t>(event.position))
        .field("holder", event.holder);
    return reply("claim_queued", json);
  }
  Frame operator()(const core::ClaimUnqueued& event) const {
    if (event.why == ErrorCode::closed) return std::nullopt;  // Nobody is there to be told.
    // Taken back by its own agent: the answer to that release. Otherwise the late refusal of the
    // claim.
    const bool is_ended = event.why == ErrorCode::cancelled && core::Seats::is_operators(actor);
    const bool taken_back = event.why == ErrorCode::cancelled && !is_ended;
    const char* type = taken_back ? "release_granted" : "claim_denied";
    std::string why(text(event.why));
    if (is_ended) {
      why = actor.text + " ended its wait";
      if (!event.said.empty()) why += ": " + std::string(json_prefix(event.said, note_told_max));
    }
    JsonWriter json =
        envelope.open(type, event.agent.text, quoted(event.task_id) + " no longer waits: " + why);
    json.field("task_id", event.task_id).field("owner", event.agent);
    if (taken_back) {
      json.key("queued").boolean(true);
    } else {
      json.field("code", wire_name(event.why)).field("in_reply_to", "claim");
    }
    return Outgoing{Audience::agent, event.agent, type, json.end_object().take(), {}};
  }
  // Its senders are told: mail_news().
  Frame operator()(const core::MailKept&) const { return std::nullopt; }
  Frame operator()(const core::MailNoted&) const { return std::nullopt; }
  Frame operator()(const core::DoesNotRead&) const { return std::nullopt; }
  Frame operator()(const core::ChatAccepted& event) const {
    return mail("chat_accepted", mail_frames().accepted(event));
  }
  Frame operator()(const core::InboxRead& event) const {
    return mail("inbox_snapshot", mail_frames().inbox(event));
  }
  Frame operator()(const core::DeliveryNoted& event) const {
    return mail("delivery_noted", mail_frames().noted(event));
  }
  Frame operator()(const core::MailWithdrawn& event) const {
    return mail("withdrawn", mail_frames().withdrawn(event));
  }
  Frame operator()(const core::LettersRead& event) const {
    return mail("dead_letters_snapshot", mail_frames().letters(event));
  }
  Frame operator()(const core::LettersEnded& event) const {
    return mail(event.retried_as ? "dead_letters_retried" : "dead_letters_cleared",
                mail_frames().letters_ended(event));
  }

 private:
  [[nodiscard]] MailFrames mail_frames() const {
    return {envelope, machine.mail(), machine.presence(), actor.text};
  }
  static Outgoing mail(std::string_view type, std::string text) {
    return {Audience::actor, {}, std::string(type), std::move(text), {}};
  }
  [[nodiscard]] Frame lease(std::string_view type, const core::Lease& lease,
                            std::string_view payload,
                            const std::optional<core::GivenUp>& given_up = std::nullopt) const {
    return told(type, payload, lease,
                [&given_up](JsonWriter& json, const core::Lease& one, TextLimit& limit) {
                  write_all_but(json, one, {"claimed_at", "data_ref"}, &limit);
                  if (given_up) write_given_up(json, *given_up, limit);
                });
  }
  // Of a lease whose paths are others now: these are the ones that came or went.
  [[nodiscard]] Frame changed_paths(std::string_view type, const core::Lease& lease,
                                    std::string_view payload, std::string_view key,
                                    const std::vector<std::string>& changed) const {
    return told(type, payload, lease,
                [key, &changed](JsonWriter& json, const core::Lease& one, TextLimit& limit) {
                  write_all_but(json, one, {"claimed_at", "data_ref"}, &limit);
                  json.key(key);
                  write_paths(json, changed, limit);
                });
  }
  static void write_given_up(JsonWriter& json, const core::GivenUp& given_up, TextLimit& limit) {
    json.key("given_up").begin_object().field("worktree", given_up.worktree).key("paths");
    write_paths(json, given_up.paths, limit);
    json.end_object();
  }
  static void write_paths(JsonWriter& json, const std::vector<std::string>& paths,
                          TextLimit& limit) {
    json.begin_array();
    const std::size_t bytes_max = json.text().size() + told_text_bytes_max;
    for (const std::string& path : paths) {
      if (json.text().size() + path.size() > bytes_max) {
        limit.has_cut = true;
        break;
      }
      json.value(path);
    }
    json.end_array();
  }
  // Of a lease, its texts cut where they are long. Paths that are too many for a broadcast, as
  // other programs' logs may have them, are told as what surely covers them.
  template <class Write>
  [[nodiscard]] Frame told(std::string_view type, std::string_view payload,
                           const core::Lease& lease, const Write& write_lease) const {
    const auto written = [&](const core::Lease& one) {
      JsonWriter json = envelope.open(type, "all", payload);
      TextLimit limit{told_text_bytes_max};
      write_lease(json, one, limit);
      say_cut(json, limit);
      return json;
    };
    JsonWriter json = written(lease);
    if (json.text().size() >= broadcast_bytes_max) {
      core::Lease wider = lease;
      wider.paths = {""};
      json = written(wider);
    }
    return broadcast(type, json, lease.owner);
  }
  // With a record that is told whole if that fits, and otherwise with its texts cut.
  template <class Record, class Open>
  [[nodiscard]] static Frame with_record(std::string_view type, std::string_view key,
                                         const Record& record, const Open& open) {
    const auto written = [&](TextLimit limit) {
      JsonWriter json = open();
      json.key(key);
      write(json, record, &limit);
      say_cut(json, limit);
      return json;
    };
    JsonWriter json = written(TextLimit{});
    if (json.text().size() >= broadcast_bytes_max) json = written(TextLimit{told_text_bytes_max});
    return broadcast(type, json);
  }
  [[nodiscard]] Frame plan_task(std::string_view type, const core::PlanTask& task,
                                const std::string& what) const {
    return with_record(type, "task", task,
                       [&] { return envelope.open(type, "all", quoted(task.task_id) + what); });
  }
  [[nodiscard]] Frame presence(std::string_view what, const AgentName& agent) const {
    // These very words: readers of the relay file show them.
    JsonWriter json = envelope.open("presence_update", "all", "Presence update");
    write_online(json, machine.presence());
    json.field("event", what).field("agent", agent);
    return broadcast("presence_update", json);
  }
};

}  // namespace

std::optional<Outgoing> Encoder::event(const core::Event& event, const core::Machine& machine,
                                       const AgentName& actor, double now) const {
  return std::visit(EncodeEvent{{hub_id_, now}, machine, actor}, event);
}

}  // namespace synapse::wire
