// SPDX-License-Identifier: AGPL-3.0-or-later
#include "client/requests.hpp"

#include <algorithm>

#include "base/clock.hpp"

namespace synapse::client {

namespace {

constexpr std::size_t marks_max = 256;

// A wait that the hub forgets with the connection: it is asked for anew, for the time that is left.
bool waits_for_mail(const Question& question) { return question.type == "inbox_request"; }

// How long a waiting claim, or a reader of a mailbox, is ready to wait, as its frame says.
std::optional<std::chrono::nanoseconds> wait_of(const Json& frame, const Question& question) {
  const Json& seconds = member(frame, "wait_seconds");
  const bool waits = question.waits || waits_for_mail(question);
  if (!waits || !seconds.is_number()) return std::nullopt;
  return base::from_seconds(std::clamp(seconds.get<double>(), 0.0, 1e7));
}

}  // namespace

Requests::Id Requests::add(Json frame, Lifetime lifetime, Time now,
                           std::chrono::nanoseconds timeout, Answer answer) {
  const Question question = question_of(frame);
  const auto wait = wait_of(frame, question);
  const Time deadline = now + timeout + wait.value_or(std::chrono::nanoseconds(0));
  std::optional<Time> wait_end;
  if (wait) wait_end = now + *wait;
  entries_.push_back(
      {++last_id_, std::move(frame), question, lifetime, deadline, wait_end, std::move(answer)});
  return last_id_;
}

std::vector<Requests::Id> Requests::unsent() const {
  std::vector<Id> ids;
  for (const Entry& entry : entries_) {
    if (!entry.is_sent) ids.push_back(entry.id);
  }
  return ids;
}

Json* Requests::frame_of(Id id) {
  for (Entry& entry : entries_) {
    if (entry.id == id) return &entry.frame;
  }
  return nullptr;
}

void Requests::sent(Id id) {
  for (Entry& entry : entries_) {
    if (entry.id == id) entry.is_sent = true;
  }
}

// Answers are told of entries that have left the list: what they do may change it.
Requests::Entry Requests::remove(Entries::iterator at) {
  Entry entry = std::move(*at);
  entries_.erase(at);
  return entry;
}

bool Requests::take(const SharedFrame& frame, std::string_view me) {
  const bool says_what_it_answers = member(*frame, "in_reply_to").is_string();
  if (text_member(*frame, "type") == "error" && !says_what_it_answers) return take_error(frame);
  // One frame ends both a queued claim and the release that took it back.
  const bool answers_several = flag_member(*frame, "queued");
  std::vector<std::pair<Answer, bool>> answered;
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto entry = at++;
    const Verdict verdict = entry->is_sent ? judge(entry->question, *frame, me) : Verdict::none;
    if (verdict == Verdict::none) continue;
    if (verdict == Verdict::queued) {
      entry->is_queued = true;
      return false;
    }
    answered.emplace_back(remove(entry).answer, verdict == Verdict::granted);
    if (!answers_several) break;
  }
  bool taken = false;
  for (const auto& [answer, granted] : answered) {
    // Too late for one that was given up; but the news may matter to somebody.
    if (!answer) continue;
    answer(Reply{granted, frame});
    taken = true;
  }
  return taken;
}

// Of an `error` that does not say what it answers, as the original hub sends them: by the order of
// answers it is the oldest request's, unless that is a claim which has had its first answer.
bool Requests::take_error(const SharedFrame& frame) {
  const auto at = std::find_if(entries_.begin(), entries_.end(), [](const Entry& entry) {
    return entry.is_sent && !entry.is_queued;
  });
  if (at == entries_.end()) return false;
  const Answer answer = remove(at).answer;
  if (!answer) return false;
  answer(Reply{false, frame});
  return true;
}

bool Requests::take_resumed(const SharedFrame& chat, std::string_view me) {
  for (auto at = entries_.begin(); at != entries_.end(); ++at) {
    if (at->question.idem_key.empty() || !at->answer) continue;
    if (judge(at->question, *chat, me) != Verdict::granted) continue;
    remove(at).answer(Reply{true, chat});
    return true;
  }
  return false;
}

void Requests::fail_one(Id id, const Error& why) {
  const auto at = std::find_if(entries_.begin(), entries_.end(),
                               [id](const Entry& entry) { return entry.id == id; });
  if (at == entries_.end()) return;
  if (const Answer answer = remove(at).answer) answer(why);
}

void Requests::fail_all(const Error& why) {
  const Entries failed = std::exchange(entries_, {});
  for (const Entry& entry : failed) {
    if (entry.answer) entry.answer(why);
  }
}

void Requests::expire(Time now) {
  std::vector<std::pair<Answer, std::string>> late;
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto entry = at++;
    if (!entry->answer || entry->deadline > now) continue;
    const std::string what = "'" + entry->question.type + "'";
    late.emplace_back(std::exchange(entry->answer, nullptr),
                      entry->is_sent ? "the hub gave no answer to " + what + " in time"
                                     : what + " could not be sent in time");
    if (!entry->is_sent) entries_.erase(entry);
  }
  bound_marks();
  for (const auto& [answer, why] : late) answer(fail(ErrorCode::timed_out, why));
}

void Requests::bound_marks() {
  auto marks = static_cast<std::size_t>(std::count_if(
      entries_.begin(), entries_.end(), [](const Entry& entry) { return !entry.answer; }));
  for (auto at = entries_.begin(); at != entries_.end() && marks > marks_max;) {
    if (at->answer) {
      ++at;
    } else {
      at = entries_.erase(at);
      --marks;
    }
  }
}

std::optional<Requests::Time> Requests::next_deadline() const {
  std::optional<Time> next;
  for (const Entry& entry : entries_) {
    if (entry.answer && (!next || entry.deadline < *next)) next = entry.deadline;
  }
  return next;
}

void Requests::disconnected(Time now) {
  entries_.remove_if(
      [](const Entry& entry) { return !entry.answer || entry.lifetime == Lifetime::connection; });
  for (Entry& entry : entries_) {
    entry.is_sent = false;
    // Its key stays: the hub keeps the place of a claim that waits, for the same request.
    const bool has_waited = std::exchange(entry.is_queued, false) || waits_for_mail(entry.question);
    if (has_waited && entry.wait_end) {
      entry.frame["wait_seconds"] =
          base::to_seconds(std::max(*entry.wait_end - now, std::chrono::nanoseconds(0)));
    }
  }
}

}  // namespace synapse::client
