// SPDX-License-Identifier: AGPL-3.0-or-later
#include "client/answers.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"

namespace synapse::client {

namespace {

// The first of two spellings that is not blank.
std::string either(const Json& frame, const char* name, const char* other) {
  std::string id = id_member(frame, name);
  return id.empty() ? id_member(frame, other) : id;
}

bool is_task(const Question& question, const Json& frame) {
  return id_member(frame, "task_id") == question.task_id;
}

// A refusal made before anyone looked at the task does not name it.
bool is_task_or_none(const Question& question, const Json& frame) {
  return member(frame, "task_id").is_null() || is_task(question, frame);
}

// How a grant is told from those of others. `me` is the agent that asked.
using IsOurs = bool (*)(const Question& question, const Json& frame, std::string_view me);

bool any(const Question&, const Json&, std::string_view) { return true; }

bool task(const Question& question, const Json& frame, std::string_view) {
  return is_task(question, frame);
}

bool task_of_owner(const Question& question, const Json& frame, std::string_view me) {
  return is_task(question, frame) && text_member(frame, "owner") == me;
}

bool task_of_previous_owner(const Question& question, const Json& frame, std::string_view me) {
  return is_task(question, frame) && text_member(frame, "previous_owner") == me;
}

bool offer(const Question& question, const Json& frame, std::string_view me) {
  return text_member(frame, "agent") == me && id_member(frame, "kind") == question.kind &&
         id_member(frame, "name") == question.name;
}

bool card(const Question&, const Json& frame, std::string_view me) {
  return text_member(frame, "agent") == me;
}

bool plan_task(const Question& question, const Json& frame, std::string_view) {
  const Json& task = member(frame, "task");
  return is_task(question, task) &&
         (question.text.empty() || text_member(task, "title") == question.text);
}

bool note(const Question& question, const Json& frame, std::string_view me) {
  const Json& posted = member(frame, "note");
  const std::string& text = text_member(posted, "text");
  // Hubs of the first version took the blanks around it off.
  return text_member(posted, "author") == me && is_task(question, posted) &&
         (text == question.text || text == base::trim(question.text));
}

bool finding(const Question& question, const Json& frame, std::string_view me) {
  const Json& recorded = member(frame, "finding");
  return text_member(member(recorded, "provenance"), "actor") == me &&
         text_member(recorded, "statement") == question.text;
}

bool chat(const Question& question, const Json& frame, std::string_view me) {
  if (text_member(frame, "sender") != me) return false;
  // The hub sends a chat on with all its fields.
  if (!question.idem_key.empty()) return text_member(frame, "idem_key") == question.idem_key;
  return text_member(frame, "payload") == question.text;
}

bool noted_as(const char* state, const Json& frame) { return text_member(frame, "state") == state; }

bool noted_as_got(const Question&, const Json& frame, std::string_view) {
  return noted_as("received", frame);
}

bool noted_as_seen(const Question&, const Json& frame, std::string_view) {
  return noted_as("seen", frame);
}

bool message(const Question& question, const Json& frame, std::string_view) {
  return count_member(frame, "msg_id") == question.msg_id;
}

struct Rule {
  std::string_view request;
  std::string_view granted;
  IsOurs is_ours;
  std::string_view refused;  // Blank: by `error` alone.
  // What is idempotent by itself needs no key, and what has a bound of its own no max_bytes.
  enum class Kind { mutation, query, plain } kind;
};

constexpr auto mutation = Rule::Kind::mutation;
constexpr auto query = Rule::Kind::query;
constexpr auto plain = Rule::Kind::plain;

// Source: docs/protocol.md, Messages, agent to hub.
constexpr auto rules = std::to_array<Rule>({
    {"claim", "claim_granted", task_of_owner, "claim_denied", mutation},
    {"extend", "lease_extended", task_of_owner, "extend_denied", mutation},
    {"release", "release_granted", task_of_owner, "release_denied", mutation},
    {"renew", "lease_renewed", task_of_owner, "renew_denied", mutation},
    {"task_update", "task_updated", task_of_owner, "", mutation},
    {"checkpoint", "checkpoint_saved", task, "checkpoint_denied", mutation},
    {"handoff", "handoff_granted", task_of_previous_owner, "handoff_denied", mutation},
    {"wait_request", "wait_granted", task, "wait_denied", mutation},
    {"resource", "resource_offered", offer, "", mutation},
    {"resource_offer", "resource_offered", offer, "", mutation},
    {"offer_resource", "resource_offered", offer, "", mutation},
    {"ledger_task", "ledger_task_posted", plan_task, "", mutation},
    {"ledger_task_update", "ledger_task_updated", plan_task, "", mutation},
    {"ledger_forget", "ledger_task_forgotten", task, "", mutation},
    {"ledger_progress", "ledger_progress_posted", note, "", mutation},
    {"advertise", "capability_advertised", card, "", mutation},
    {"recall_log", "recall_logged", any, "", mutation},
    {"finding", "finding_recorded", finding, "finding_rejected", mutation},
    {"chat", "chat", chat, "", mutation},
    {"who_request", "who_snapshot", any, "", query},
    {"state_request", "state_snapshot", any, "", query},
    {"board_request", "board_snapshot", any, "", query},
    {"manifest_request", "manifest_snapshot", any, "", query},
    {"page_request", "page_snapshot", any, "", query},
    {"history_request", "history_snapshot", any, "", query},
    {"resume_request", "resume_snapshot", any, "", query},
    {"inbox_request", "inbox_snapshot", any, "", plain},
    {"got", "delivery_noted", noted_as_got, "", plain},
    {"seen", "delivery_noted", noted_as_seen, "", plain},
    {"sent_request", "sent_snapshot", any, "", plain},
    {"withdraw", "withdrawn", message, "", plain},
    {"dead_letters_request", "dead_letters_snapshot", any, "", plain},
    {"dead_letter_retry", "dead_letters_retried", any, "", plain},
    {"dead_letter_clear", "dead_letters_cleared", any, "", plain},
});

// A chat that wants a receipt has its answer behind its broadcast.
constexpr Rule chat_with_receipt{"chat", "chat_accepted", any, "", mutation};

const Rule* rule_of(std::string_view type) {
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [type](const Rule& rule) { return rule.request == type; });
  return found == rules.end() ? nullptr : &*found;
}

// What is said of a claim between the request and its answer.
Verdict judge_waiting_claim(const Question& question, const Json& frame, std::string_view type,
                            std::string_view me) {
  if (!question.waits || !is_task(question, frame)) return Verdict::none;
  if (type == "claim_queued") return Verdict::queued;
  // Another thread of this agent took the claim back: the queue says so to the release alone.
  const bool taken_back = type == "release_granted" && flag_member(frame, "queued") &&
                          text_member(frame, "owner") == me;
  return taken_back ? Verdict::refused : Verdict::none;
}

}  // namespace

Question question_of(const Json& request) {
  Question question;
  question.type = type_of(request);
  const std::string& type = question.type;
  // The second spellings are the protocol's own.
  const bool in_payload = type == "claim" || type == "extend" || type == "release" ||
                          type == "renew" || type == "wait_request";
  question.task_id = in_payload              ? either(request, "task_id", "payload")
                     : type == "task_update" ? either(request, "task_id", "id")
                                             : id_member(request, "task_id");
  question.kind = either(request, "kind", "resource_kind");
  question.name = either(request, "name", "resource_name");
  question.idem_key = text_member(request, "idem_key");
  question.waits = type == "claim" && flag_member(request, "wait");
  if (type == "chat") {
    question.text = text_member(request, "payload");
    question.wants_receipt = flag_member(request, "receipt");
  }
  if (type == "withdraw") question.msg_id = count_member(request, "msg_id");
  if (type == "ledger_progress") {
    question.text = text_member(request, "text");
    if (question.text.empty()) question.text = text_member(request, "payload");
  }
  if (type == "ledger_task") question.text = id_member(request, "title");
  if (type == "finding") question.text = id_member(request, "statement");
  return question;
}

Verdict judge(const Question& question, const Json& frame, std::string_view me) {
  const std::string& type = text_member(frame, "type");
  const std::string& in_reply_to = text_member(frame, "in_reply_to");
  if (type == "error") {
    const bool ours = in_reply_to == question.type && is_task_or_none(question, frame);
    return ours ? Verdict::refused : Verdict::none;
  }
  const Rule* rule = question.wants_receipt ? &chat_with_receipt : rule_of(question.type);
  if (rule == nullptr) {
    return in_reply_to == question.type ? Verdict::granted : Verdict::none;
  }
  // Some of a claim's paths were given back, and it goes on.
  const bool is_narrowed = question.type == "release" && type == "lease_narrowed";
  const bool is_answer = type == rule->granted || is_narrowed;
  if (is_answer && rule->is_ours(question, frame, me)) return Verdict::granted;
  if (!rule->refused.empty() && type == rule->refused && is_task_or_none(question, frame)) {
    return Verdict::refused;
  }
  return judge_waiting_claim(question, frame, type, me);
}

bool is_mutation(std::string_view type) {
  const Rule* rule = rule_of(type);
  return rule != nullptr && rule->kind == Rule::Kind::mutation;
}

bool is_snapshot_request(std::string_view type) {
  const Rule* rule = rule_of(type);
  return rule != nullptr && rule->kind == Rule::Kind::query;
}

}  // namespace synapse::client
