// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/top/operator_desk.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "base/utf8.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli {

namespace {

using wire::Json;
using Kind = TopSubject::Kind;

constexpr std::chrono::seconds patience{5};
constexpr double renewed_for = 3600;  // Seconds.
constexpr std::size_t typed_bytes_max = 4096;

}  // namespace

std::optional<OperatorDesk::Action> OperatorDesk::action_for(char key, const TopSubject& subject,
                                                             bool is_plan) {
  const std::string agent = shown(subject.agent);
  const std::string task = shown(subject.task_id);
  const bool is_claim = subject.kind == Kind::claim;
  const auto about_claim = [&subject](const char* type) {
    return Json{{"type", type}, {"task_id", subject.task_id}, {"epoch", subject.epoch}};
  };
  const auto about_task = [&subject](const char* type) {
    return Json{{"type", type}, {"task_id", subject.task_id}};
  };
  if (key == 'm' && !subject.agent.empty() && !is_plan) {
    return Action{"Message",
                  agent + " gets a message from you.",
                  {{"type", "chat"}, {"target", subject.agent}, {"receipt", true}},
                  {{"payload", "Message"}}};
  }
  if (key == 'r' && is_claim) {
    return Action{"Release", agent + " loses " + task + ", and its files are free.",
                  about_claim("release")};
  }
  if (key == 'n' && is_claim) {
    Json frame = about_claim("renew");
    frame["ttl_seconds"] = renewed_for;
    return Action{"Renew", agent + " keeps " + task + " for an hour from now.", std::move(frame)};
  }
  if (key == 'h' && is_claim) {
    return Action{"Hand over",
                  agent + " loses " + task + " to the agent that you name.",
                  about_claim("handoff"),
                  {{"to_agent", "To"}, {"note", "Note", true}}};
  }
  if (key == 'a' && subject.kind == Kind::wait) {
    Json frame = about_task("end_wait");
    frame["agent"] = subject.agent;
    return Action{"Answer",
                  agent + " waits for " + task + " no more, and is told what you say.",
                  std::move(frame),
                  {{"note", "Answer", true}}};
  }
  if (key == 'd' && is_plan) {
    return Action{"Declare a task",
                  "All see the task on the plan.",
                  {{"type", "ledger_task"}},
                  {{"task_id", "Id"}, {"title", "Title"}, {"suggested_owner", "Meant for", true}}};
  }
  if (key == 'c' && subject.kind == Kind::task) {
    return Action{
        "Change",
        "All see the status of " + task + " on the plan.",
        about_task("ledger_task_update"),
        {{"status", "Status", false, {"open", "in_progress", "blocked", "done", "cancelled"}}}};
  }
  if (key == 'x' && subject.kind == Kind::task) {
    return Action{"Forget", task + " leaves the plan.", about_task("ledger_forget")};
  }
  return std::nullopt;
}

std::string OperatorDesk::keys_for(const TopSubject& subject, bool is_plan) {
  constexpr std::array<std::pair<char, std::string_view>, 8> words{{{'m', "message"},
                                                                    {'r', "release"},
                                                                    {'n', "renew"},
                                                                    {'h', "hand over"},
                                                                    {'a', "answer"},
                                                                    {'d', "declare"},
                                                                    {'c', "change"},
                                                                    {'x', "forget"}}};
  std::string keys;
  for (const auto& [key, word] : words) {
    if (action_for(key, subject, is_plan)) {
      keys += (keys.empty() ? "" : "  ") + std::string(1, key) + " " + std::string(word);
    }
  }
  return keys;
}

bool OperatorDesk::begin(std::string_view key, const TopSubject& subject, bool is_plan) {
  if (key.size() != 1 || asked_) return false;
  if (job_ && job_->state == Job::State::waits) return false;
  std::optional<Action> action = action_for(key.front(), subject, is_plan);
  if (!action) return false;
  job_.reset();
  asked_ = std::move(action);
  field_ = 0;
  typed_.clear();
  complaint_.clear();
  return true;
}

void OperatorDesk::press(const TopInput& input) {
  if (!asked_) return;
  complaint_.clear();
  if (input.key == TopKey::escape) {
    asked_.reset();
  } else if (input.key == TopKey::enter) {
    enter();
  } else if (asked_->fields.empty()) {
    return;
  } else if (input.key == TopKey::backspace) {
    typed_ = without_last_character(typed_);
  } else if (input.key == TopKey::text && typed_.size() + input.text.size() <= typed_bytes_max) {
    typed_ += input.text;
  }
}

void OperatorDesk::enter() {
  if (field_ < asked_->fields.size()) {
    const Field& field = asked_->fields[field_];
    const std::string text = base::trimmed(typed_);
    const bool is_choice =
        field.choices.empty() ||
        std::find(field.choices.begin(), field.choices.end(), text) != field.choices.end();
    if (text.empty() && !field.is_optional) {
      complaint_ = "this can't be blank";
      return;
    }
    if (!is_choice) {
      complaint_ = "one of " + base::join(field.choices, ", ");
      return;
    }
    if (!text.empty()) asked_->frame[field.member] = text;
    typed_.clear();
    if (++field_ < asked_->fields.size()) return;
  }
  job_ = Job{asked_->verb + ": " + asked_->does, std::move(asked_->frame), std::nullopt};
  job_->seconds_left = patience.count();
  asked_.reset();
}

void OperatorDesk::drop() { job_.reset(); }

std::optional<Json> OperatorDesk::take_due(base::Mono now) {
  if (!job_ || job_->state != Job::State::waits) return std::nullopt;
  if (!job_->due) job_->due = now + patience;
  constexpr double almost = 0.999;  // A second that has begun is shown.
  job_->seconds_left = static_cast<std::int64_t>(base::to_seconds(*job_->due - now) + almost);
  if (now < *job_->due) return std::nullopt;
  job_->state = Job::State::sent;
  return job_->frame;
}

std::optional<base::Mono> OperatorDesk::next_due() const {
  if (!job_ || job_->state != Job::State::waits) return std::nullopt;
  return job_->due.value_or(base::Mono(0));
}

void OperatorDesk::failed(const std::string& why) {
  if (!job_ || job_->state != Job::State::sent) return;
  job_->state = Job::State::over;
  job_->said = "Not sent (" + shown(why) + "): ";
}

void OperatorDesk::hear(const Json& frame, std::string_view me) {
  if (!job_ || job_->state != Job::State::sent) return;
  const std::string& type = wire::text_member(job_->frame, "type");
  const std::string& answer = wire::text_member(frame, "type");
  if (wire::text_member(frame, "in_reply_to") == type) {
    job_->said = "Refused (" + shown(wire::text_member(frame, "payload")) + "): ";
  } else if (answer == "operator_acted" && wire::text_member(frame, "by") == me) {
    job_->said = "Done: ";
  } else if (answer == "chat_accepted" && type == "chat") {
    job_->said = "Sent (" + shown(wire::text_member(frame, "payload")) + "): ";
  } else {
    return;
  }
  job_->state = Job::State::over;
}

std::vector<std::string> OperatorDesk::lines() const {
  if (asked_) {
    std::string below = "Enter: " + base::to_lower(asked_->verb) + "   Esc: do not";
    if (field_ < asked_->fields.size()) {
      const Field& field = asked_->fields[field_];
      const std::string hint = field.choices.empty() ? "" : base::join(field.choices, ", ");
      below = field.label + (field.is_optional ? " (may be blank)" : "") +
              (hint.empty() ? "" : " (" + hint + ")") + ": " + shown(typed_) + "_" +
              (complaint_.empty() ? "" : "   " + complaint_);
    }
    return {asked_->verb + ": " + asked_->does, below};
  }
  if (!job_) return {};
  switch (job_->state) {
    case Job::State::waits:
      return {"u takes it back; sent in " + std::to_string(job_->seconds_left) +
              " s: " + job_->does};
    case Job::State::sent:
      return {"Sent, and not answered yet: " + job_->does + "   (u: away)"};
    case Job::State::over:
      return {job_->said + job_->does + "   (u: away)"};
  }
  return {};
}

}  // namespace synapse::cli
