// SPDX-License-Identifier: AGPL-3.0-or-later
#include "sim/dump.hpp"

#include <array>
#include <cstdio>

namespace synapse::sim {

namespace {

using namespace core;

// Appends ` key=value` to a line.
class Line {
 public:
  explicit Line(const char* name) : text_(name) {}

  Line& operator()(const char* key, const std::string& value) {
    begin(key);
    text_ += '\'' + value + '\'';
    return *this;
  }
  Line& operator()(const char* key, const char* value) { return (*this)(key, std::string(value)); }
  Line& operator()(const char* key, std::string_view value) {
    return (*this)(key, std::string(value));
  }
  Line& operator()(const char* key, double value) {
    std::array<char, 40> digits{};
    std::snprintf(digits.data(), digits.size(), "%.17g", value);
    begin(key);
    text_ += digits.data();
    return *this;
  }
  Line& operator()(const char* key, std::int64_t value) {
    return number(key, std::to_string(value));
  }
  Line& operator()(const char* key, std::uint64_t value) {
    return number(key, std::to_string(value));
  }
  Line& operator()(const char* key, bool value) { return number(key, value ? "yes" : "no"); }
  Line& operator()(const char* key, Mono value) {
    return (*this)(key, std::int64_t{value.count()});
  }
  template <class Tag>
  Line& operator()(const char* key, const base::StringId<Tag>& id) {
    return (*this)(key, id.text);
  }
  template <class Tag>
  Line& operator()(const char* key, const base::NumberId<Tag>& id) {
    return (*this)(key, id.value);
  }
  Line& operator()(const char* key, const JsonText& json) { return (*this)(key, json.text); }
  Line& operator()(const char* key, Coverage coverage) {
    return number(key, coverage == Coverage::files ? "files" : "none");
  }
  template <class T>
  Line& operator()(const char* key, const std::optional<T>& value) {
    return value ? (*this)(key, *value) : *this;
  }
  template <class T>
  Line& operator()(const char* key, const std::vector<T>& values) {
    (*this)(key, std::uint64_t{values.size()});
    for (const T& value : values) (*this)("-", value);
    return *this;
  }
  [[nodiscard]] std::string text() const { return text_; }

 private:
  void begin(const char* key) {
    text_ += ' ';
    text_ += key;
    text_ += '=';
  }
  Line& number(const char* key, const std::string& digits) {
    begin(key);
    text_ += digits;
    return *this;
  }

  std::string text_;
};

std::string line(const char* name, const Lease& lease) {
  Line text(name);
  text("task", lease.task_id)("owner", lease.owner)("note", lease.note);
  text("claimed_at", lease.claimed_at)("expires_at", lease.expires_at);
  text("status", word(lease.status))("data_ref", lease.data_ref)("worktree", lease.worktree);
  text("coverage", lease.coverage)("paths", lease.paths);
  text("epoch", lease.epoch)("version", lease.version)("checkpoint", lease.checkpoint);
  if (lease.git) {
    text("branch", lease.git->branch)("base", lease.git->base);
    text("auto_release_on", lease.git->auto_release_on)("repo", lease.git->repo);
  }
  return text.text();
}

std::string line(const char* name, const PlanTask& task) {
  return Line(name)("task", task.task_id)("title", task.title)("description", task.description)(
             "depends_on", task.depends_on)("status", word(task.status))(
             "suggested_owner", task.suggested_owner)("created_by", task.created_by)(
             "created_at", task.created_at)("updated_at", task.updated_at)
      .text();
}

std::string line(const char* name, const ProgressNote& note) {
  return Line(name)("task", note.task_id)("author", note.author)("kind", word(note.kind))(
             "text", note.text)("posted_at", note.posted_at)
      .text();
}

std::string line(const char* name, const Offer& offer) {
  return Line(name)("agent", offer.agent)("kind", offer.kind)("name", offer.name)(
             "capacity", offer.capacity)("meta", offer.meta)("offered_at", offer.offered_at)
      .text();
}

std::string line(const char* name, const ChatMessage& message) {
  return Line(name)("id", message.id)("sender", message.sender)("target", message.target)(
             "body", message.body.view())("timestamp", message.timestamp)("hub", message.hub_id)
      .text();
}

std::string line(const char* name, const AnswerRemembered& answer) {
  return Line(name)("key", answer.key)("sender", answer.sender)("type", answer.type)(
             "digest", answer.digest)("response", answer.response)
      .text();
}

std::string line(const char* name, const Finding& finding) {
  Line text(name);
  text("statement", finding.statement)("subkind", finding.subkind);
  text("evidence_kind", finding.evidence_kind)("claim_status", finding.claim_status);
  text("freshness", finding.freshness)("evidence_ref", finding.evidence_ref);
  if (finding.provenance) {
    text("project", finding.provenance->project)("actor", finding.provenance->actor);
    text("ts", finding.provenance->ts);
  }
  if (finding.validity) text("valid_from", finding.validity->valid_from);
  return text("by", finding.verified_at_source.by)("at", finding.verified_at_source.at).text();
}

std::string due(Mono deadline) { return Line("")("deadline", deadline).text(); }

struct EventText {
  std::string operator()(const LeaseGranted& e) const { return lease("granted", e.lease); }
  std::string operator()(const LeaseExtended& e) const {
    return lease("extended", e.lease) + Line("")("added", e.added).text();
  }
  std::string operator()(const LeaseNarrowed& e) const {
    return lease("narrowed", e.lease) + Line("")("given_up", e.given_up).text();
  }
  std::string operator()(const LeaseRenewed& e) const { return lease("renewed", e.lease); }
  std::string operator()(const TaskUpdated& e) const { return lease("updated", e.lease); }
  std::string operator()(const CheckpointSaved& e) const { return lease("checkpoint", e.lease); }
  std::string operator()(const LeaseHandedOff& e) const {
    return lease("handed_off", e.lease) + Line("")("from", e.previous_owner).text();
  }
  std::string operator()(const LeaseReleased& e) const {
    return Line("released")("task", e.task_id)("owner", e.owner).text();
  }
  std::string operator()(const LeaseExpired& e) const {
    return Line("expired")("task", e.task_id)("owner", e.owner)("epoch", e.epoch)("checkpoint",
                                                                                  e.checkpoint)
        .text();
  }
  std::string operator()(const PlanTaskDeclared& e) const { return line("declared", e.task); }
  std::string operator()(const PlanTaskUpdated& e) const { return line("plan_updated", e.task); }
  std::string operator()(const PlanTaskForgotten& e) const {
    return Line("plan_forgotten")("task", e.task_id).text();
  }
  std::string operator()(const ProgressPosted& e) const { return line("progress", e.note); }
  std::string operator()(const ResourceOffered& e) const {
    return line("offered", e.offer) + due(e.offer.deadline);
  }
  std::string operator()(const ChatPosted& e) const { return line("chat", e.message); }
  std::string operator()(const FindingRecorded& e) const {
    return line("finding", e.finding) + Line("")("verdict", e.verdict)("reasons", e.reasons).text();
  }
  std::string operator()(const UnclaimedWrite& e) const {
    return Line("unclaimed_write")("agent", e.agent)("task", e.task_id)("path", e.path).text();
  }
  std::string operator()(const OperatorActed& e) const { return sentence(e); }
  std::string operator()(const RecallLogged& e) const {
    return Line("recall")("query", e.recall.query_text)("ids", e.recall.returned_claim_ids)(
               "by", e.recall.by)("at", e.recall.at)
        .text();
  }
  std::string operator()(const AnswerRemembered& e) const { return line("answer", e); }
  std::string operator()(const AgentSeen& e) const {
    return Line("seen")("agent", e.agent)("at", e.last_seen).text();
  }
  std::string operator()(const AgentJoined& e) const {
    return Line("joined")("agent", e.agent).text();
  }
  std::string operator()(const AgentLeft& e) const { return Line("left")("agent", e.agent).text(); }
  std::string operator()(const OfferLapsed& e) const {
    return Line("offer_lapsed")("agent", e.agent)("kind", e.kind)("name", e.name).text();
  }
  std::string operator()(const CardAdvertised& e) const {
    return Line("card")("agent", e.card.agent)("description", e.card.description)(
               "at", e.card.advertised_at)("deadline", e.card.deadline)
        .text();
  }
  std::string operator()(const CardLapsed& e) const {
    return Line("card_lapsed")("agent", e.agent).text();
  }
  std::string operator()(const WaitStarted& e) const {
    return Line("waits")("waiter", e.waiter)("task", e.task_id)("holder", e.holder).text();
  }
  std::string operator()(const ClaimQueued& e) const {
    return Line("queued")("agent", e.agent)("task", e.claim.task_id)("paths", e.claim.paths)(
               "worktree", e.claim.worktree)("coverage", e.claim.coverage)("ticket", e.ticket)(
               "deadline", e.deadline)("holder", e.holder)("position", std::uint64_t{e.position})
        .text();
  }
  std::string operator()(const ClaimUnqueued& e) const {
    return Line("unqueued")("agent", e.agent)("task", e.task_id)("why", wire_name(e.why)).text();
  }

  std::string operator()(const MailKept& e) const {
    return line("kept", e.message) +
           Line("")("for", e.recipients)("receipt", e.receipt == Receipt::wanted)(
               "thread", e.thread)("inherits", e.inherits_thread)("at", e.at)("kept", e.kept)(
               "bytes", e.bytes)
               .text();
  }
  std::string operator()(const MailNoted& e) const {
    return Line("noted")("agents", e.agents)("ids", e.ids)("state", word(e.state))(
               "why", word(e.why))("at", e.at)("answer", e.answer)
        .text();
  }
  std::string operator()(const InboxRead& e) const {
    return Line("inbox")("agent", e.agent)("fresh", e.fresh)("dropped", e.dropped)("ids", e.ids)(
               "unseen", std::uint64_t{e.unseen})("truncated", e.is_truncated)
        .text();
  }
  std::string operator()(const LettersRead& e) const {
    return Line("letters")("which", word(e.which))("agents", e.agents)("ids", e.ids)(
               "count", std::uint64_t{e.count})("truncated", e.is_truncated)
        .text();
  }
  std::string operator()(const LettersEnded& e) const {
    return Line("letters_ended")("agents", e.agents)("ids", e.ids)("as", e.retried_as)(
               "left", std::uint64_t{e.left})
        .text();
  }
  std::string operator()(const ChatAccepted& e) const {
    Line text("accepted");
    text("id", e.id)("thread", e.thread)("too_many", e.are_too_many);
    for (const ChatAccepted::Recipient& one : e.recipients) {
      text("agent", one.agent)("state", word(one.state))("presence", word(one.presence))(
          "since", one.away_since)("nearest", one.nearest)("reads", !one.does_not_read);
    }
    return text.text();
  }
  std::string operator()(const DeliveryNoted& e) const {
    return Line("delivery")("state", word(e.state))("ids", e.ids)("unseen", std::uint64_t{e.unseen})
        .text();
  }
  std::string operator()(const MailWithdrawn& e) const {
    return Line("withdrawn")("id", e.id).text();
  }
  std::string operator()(const DoesNotRead& e) const {
    return Line("does_not_read")("agent", e.agent)("dropped", std::uint64_t{e.dropped})(
               "unseen", std::uint64_t{e.unseen})("senders", e.senders)
        .text();
  }
  static std::string lease(const char* name, const Lease& lease) {
    return line(name, lease) + due(lease.deadline);
  }
};

struct CommandText {
  std::string operator()(const PostChat& c) const {
    return Line("chat")("target", c.target)("receipt", c.receipt == Receipt::wanted)(
               "thread", c.thread)("answers", c.in_reply_to)
        .text();
  }
  std::string operator()(const ReadInbox& c) const {
    return Line("inbox")("since", c.wish.since)("limit", std::uint64_t{c.wish.limit})(
               "from", c.wish.from)("thread", c.wish.thread)("all",
                                                             c.wish.which == InboxWish::Which::all)
        .text();
  }
  std::string operator()(const NoteMail& c) const {
    return Line("note")("state", word(c.state))("ids", c.ids)("through", c.through).text();
  }
  std::string operator()(const WithdrawMail& c) const {
    return Line("withdraw")("id", c.id).text();
  }
  std::string operator()(const ReadLetters& c) const { return letters("letters", c.wish); }
  std::string operator()(const RetryLetters& c) const { return letters("retry", c.wish); }
  std::string operator()(const ClearLetters& c) const { return letters("clear", c.wish); }
  static std::string letters(const char* name, const LetterWish& wish) {
    return Line(name)("which", word(wish.which))("agent", wish.agent)("ids", wish.ids).text();
  }
  std::string operator()(const ClaimTask& c) const {
    return Line("claim")("task", c.task_id)("ttl", c.ttl)("worktree", c.worktree)(
               "coverage", c.coverage)("paths", c.paths)("wait", c.if_held == IfHeld::wait)(
               "wait_seconds", c.wait_seconds)
        .text();
  }
  std::string operator()(const ExtendLease& c) const {
    return Line("extend")("task", c.task_id)("paths", c.paths)("epoch", c.epoch)("ttl", c.ttl)
        .text();
  }
  std::string operator()(const ReleaseTask& c) const {
    return Line("release")("task", c.task_id)("epoch", c.epoch)("paths", c.paths).text();
  }
  std::string operator()(const RenewLease& c) const {
    return Line("renew")("task", c.task_id)("ttl", c.ttl)("epoch", c.epoch).text();
  }
  std::string operator()(const UpdateTask& c) const {
    return Line("update")("task", c.task_id)("status", c.status)("note", c.note)(
               "data_ref", c.data_ref)("epoch", c.epoch)("version", c.expected_version)
        .text();
  }
  std::string operator()(const SaveCheckpoint& c) const {
    return Line("checkpoint")("task", c.task_id)("checkpoint", c.checkpoint)("epoch", c.epoch)
        .text();
  }
  std::string operator()(const HandOff& c) const {
    return Line("hand_off")("task", c.task_id)("to", c.to_agent)("epoch", c.epoch).text();
  }
  std::string operator()(const EndWait& c) const { return Line("end wait")("of", c.agent).text(); }
  std::string operator()(const WaitFor& c) const { return Line("wait")("task", c.task_id).text(); }
  std::string operator()(const OfferResource& c) const {
    return Line("offer")("kind", c.kind)("name", c.name).text();
  }
  std::string operator()(const DeclarePlanTask& c) const {
    return Line("declare")("task", c.task_id)("title", c.title)("depends_on", c.depends_on).text();
  }
  std::string operator()(const UpdatePlanTask& c) const {
    return Line("plan_update")("task", c.task_id)("status", c.status).text();
  }
  std::string operator()(const ForgetPlanTask& c) const {
    return Line("forget")("task", c.task_id).text();
  }
  std::string operator()(const PostProgress& c) const {
    return Line("progress")("task", c.task_id)("kind", c.kind).text();
  }
  std::string operator()(const Advertise&) const { return "advertise"; }
  std::string operator()(const LogRecall&) const { return "recall"; }
  std::string operator()(const ReportWrite&) const { return "report"; }
  std::string operator()(const RecordFinding&) const { return "finding"; }
};

std::string mail_line(const char* name, const SavedMailroom::Mail& mail) {
  Line text(name);
  text("id", mail.id)("sender", mail.sender)("body", mail.body)("hub", mail.hub_id);
  text("timestamp", mail.timestamp)("thread", mail.thread)("inherits", mail.inherits_thread);
  text("bytes", std::uint64_t{mail.bytes})("receipt", mail.receipt == Receipt::wanted);
  for (const SavedMailroom::Copy& copy : mail.copies) {
    text("agent", copy.agent)("state", word(copy.state))("why", word(copy.why))("at", copy.at);
    text("answer", copy.answer)("given_out", copy.is_given_out)("told", copy.is_told_of);
    text("no_letter", copy.is_no_letter)("by_sender", copy.seen_by_sender);
    text("by_operator", copy.seen_by_operator);
  }
  return text.text();
}

template <class Add>
void add_mail(const SavedMailroom& mail, Add add) {
  for (const SavedMailroom::Mail& one : mail.live) add(mail_line("mail", one));
  for (const SavedMailroom::Mail& one : mail.dead) add(mail_line("dead", one));
  for (const SavedMailroom::Mail& one : mail.ended) add(mail_line("ended", one));
  for (const AgentName& name : mail.strangers) add(Line("stranger")("name", name).text());
  for (const AgentName& name : mail.not_reading) add(Line("no_reader")("name", name).text());
}

}  // namespace

std::string dump(const Machine& machine) {
  std::string text;
  const auto add = [&text](const std::string& one) { text += one + '\n'; };
  for (const auto& [id, lease] : machine.leases().all()) add(line("lease", lease));
  add(Line("epoch")("last", machine.leases().last_epoch()).text());
  for (const Lapse& lapse : machine.leases().lapses().in_order()) {
    add(Line("lapse")("task", lapse.task_id)("owner", lapse.owner)("epoch", lapse.epoch)(
            "at", lapse.lapsed_at)("worktree", lapse.worktree)("coverage", lapse.coverage)(
            "paths", lapse.paths)
            .text());
  }
  for (const TaskId& id : machine.leases().kept_order()) {
    add(Line("kept")("task", id)("checkpoint", *machine.leases().kept_checkpoint(id)).text());
  }
  for (const auto& [id, task] : machine.plan().tasks()) add(line("task", task));
  for (const ProgressNote& note : machine.plan().progress()) add(line("note", note));
  for (const auto& [key, offer] : machine.offers().all()) add(line("offer", offer));
  for (const ChatMessage& message : machine.history().messages()) add(line("chat", message));
  add(Line("chat")("last", machine.history().last_id()).text());
  for (const auto& [place, answer] : machine.answers().all()) add(line("answer", answer));
  add_mail(machine.mail().save(), add);
  return text;
}

std::string dump(const Event& event) { return std::visit(EventText{}, event); }
std::string dump(const Command& command) { return std::visit(CommandText{}, command); }

}  // namespace synapse::sim
