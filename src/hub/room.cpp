// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/room.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "wire/records.hpp"

namespace synapse::hub {

namespace {

constexpr std::size_t renewed_bytes_at_once = 2UL << 20U;
// A snapshot takes as long to write as it is large, and is kept until it has been read: so much of
// one, and less while many frames are waiting to be sent.
constexpr std::size_t snapshot_bytes = 4UL << 20U;
// Whole messages are copied twice.
constexpr std::size_t chat_page_bytes = 3UL << 19U;
constexpr std::size_t snapshot_bytes_scarce = 64UL << 10U;
constexpr std::size_t frame_bytes_ample = 64UL << 20U;
// What only people want to know of later waits so long for something else to be written.
constexpr std::chrono::seconds rows_wait_max{1};

}  // namespace

Room::Room(std::string hub_id, std::unique_ptr<core::Machine> machine, LogWriter* log,
           Metrics& metrics)
    : machine_(std::move(machine)),
      log_(log),
      metrics_(metrics),
      encoder_(std::move(hub_id)),
      activity_(log == nullptr ? Activity::Rows::unwanted : Activity::Rows::wanted) {}

core::Outcome Room::execute(const core::Entry& entry, Turn& turn) {
  written_.clear();
  core::Outcome outcome = machine_->execute(entry, *this);
  tell(outcome, entry, turn);
  activity_.saw(entry, outcome, name_of(entry.session), *machine_, turn);
  keep_rows(entry.now);
  if (watcher_) watcher_(outcome.events, entry.now);
  if (outcome.again) turn.send(entry.session, *outcome.again);
  return outcome;
}

void Room::pass_time(Moment now) {
  if (const std::optional<Mono> whole = recorder_.due(); whole && *whole <= now.mono) {
    static_cast<void>(write_some_renewed(now, renewed_bytes_at_once));
  }
  activity_.tell_refusals(Activity::Untold::due, now.mono);
  keep_rows(now);
  if (rows_due_ && *rows_due_ <= now.mono) write_rows();
}

void Room::keep_rows(Moment now) {
  std::vector<store::Entry> rows = activity_.take_rows();
  if (rows.empty() || !read_only_reason_.empty()) return;
  std::move(rows.begin(), rows.end(), std::back_inserter(entries_));
  if (!rows_due_) rows_due_ = now.mono + rows_wait_max;
}

void Room::write_rows() {
  if (!rows_due_) return;
  Turn turn;
  turn.is_logged = true;
  finish(std::move(turn));
}

std::optional<Mono> Room::next_deadline() const {
  const std::optional<Mono> a = machine_->next_deadline();
  std::optional<Mono> next = rows_due_;
  for (const std::optional<Mono>& one : {a, recorder_.due(), activity_.refusals_due()}) {
    if (one && (!next || *one < *next)) next = one;
  }
  return next;
}

void Room::write_renewed(Moment now) {
  while (write_some_renewed(now, renewed_bytes_at_once)) {
  }
  activity_.tell_refusals(Activity::Untold::all, now.mono);
  keep_rows(now);
  write_rows();
}

bool Room::write_some_renewed(Moment now, std::size_t bytes_max) {
  std::vector<store::Entry> whole = recorder_.take_changed(machine_->leases(), now.wall, bytes_max);
  if (std::optional<store::Entry> safe = recorder_.all_safe(now)) {
    whole.push_back(std::move(*safe));
  }
  if (whole.empty() || !read_only_reason_.empty()) return false;
  Turn turn;
  turn.is_logged = true;
  std::move(whole.begin(), whole.end(), std::back_inserter(entries_));
  finish(std::move(turn));
  return true;
}

std::string Room::write(const core::Event& event, const core::Machine& machine,
                        const AgentName& actor, Moment now) {
  std::optional<wire::Outgoing> outgoing = encoder_.event(event, machine, actor, now.wall);
  std::string text = outgoing ? outgoing->text : std::string();
  written_.push_back(std::move(outgoing));
  return text;
}

void Room::tell(const core::Outcome& outcome, const core::Entry& entry, Turn& turn) {
  const AgentName actor = name_of(entry.session);
  std::size_t written = 0;
  std::optional<Delivery> hand_off;  // Logged before its progress note, but told after it.
  for (std::size_t i = 0; i < outcome.events.size(); ++i) {
    const core::Event& event = outcome.events[i];
    count(event);
    log(event, turn, entry.now);
    std::optional<wire::Outgoing> outgoing;
    if (written < outcome.written.size() && outcome.written[written] == i) {
      outgoing = std::move(written_[written]);
      while (written < outcome.written.size() && outcome.written[written] == i) ++written;
    } else {
      outgoing = encoder_.event(event, *machine_, actor, entry.now.wall);
    }
    if (!outgoing) continue;
    const auto late = outcome.late_answers.find(i);
    const SessionId asker = late == outcome.late_answers.end() ? entry.session : late->second;
    // It answers a socket that is gone.
    if (outgoing->audience != wire::Audience::everybody && asker == SessionId{}) continue;
    // A wait that an operator ended, of an agent that fell silent.
    const auto* dropped = std::get_if<core::ClaimUnqueued>(&event);
    const bool is_own = dropped == nullptr || dropped->agent == actor;
    if (!is_own && late == outcome.late_answers.end()) continue;
    Delivery delivery = delivery_of(event, std::move(*outgoing), asker);
    if (i + 1 < outcome.events.size()) {
      if (const auto* kept = std::get_if<core::MailKept>(&outcome.events[i + 1])) {
        delivery.recipients = kept->recipients;
        delivery.message_id = kept->message.id;
      }
    }
    if (std::holds_alternative<core::LeaseHandedOff>(event)) {
      hand_off = std::move(delivery);
      continue;
    }
    // A claim that is taken back: whoever does that is answered too.
    if (dropped != nullptr && is_own && dropped->why == ErrorCode::cancelled &&
        asker != entry.session) {
      turn.deliveries.push_back(delivery);
      turn.deliveries.back().one = entry.session;
    }
    turn.deliveries.push_back(std::move(delivery));
    if (hand_off) turn.deliveries.push_back(std::move(*std::exchange(hand_off, std::nullopt)));
  }
  tell_senders(outcome, turn, entry.now);
}

// Of what a message came to within one turn, the last.
void Room::tell_senders(const core::Outcome& outcome, Turn& turn, Moment now) const {
  std::map<std::pair<MessageId, AgentName>, std::size_t> places;
  for (const core::Event& event : outcome.events) {
    if (!std::holds_alternative<core::MailNoted>(event) &&
        !std::holds_alternative<core::DoesNotRead>(event)) {
      continue;
    }
    for (wire::MailNews& news : encoder_.mail_news(event, *machine_, now.wall)) {
      Delivery delivery;
      delivery.frame = net::text_frame(news.text);
      delivery.receipts_of = std::move(news.sender);
      const auto [place, is_first] =
          places.try_emplace({news.id, std::move(news.agent)}, turn.deliveries.size());
      if (is_first || news.id == MessageId{}) {
        turn.deliveries.push_back(std::move(delivery));
      } else {
        turn.deliveries[place->second] = std::move(delivery);
      }
    }
  }
}

std::string Room::notice(const core::MailNotice& notice) const { return wire::notice_body(notice); }

std::string Room::readdressed(std::string_view body, const AgentName& target,
                              MessageId retry_of) const {
  return wire::readdressed(body, target, retry_of);
}

Delivery Room::delivery_of(const core::Event& event, wire::Outgoing outgoing, SessionId asker) {
  Delivery delivery;
  delivery.frame = net::text_frame(outgoing.text);
  if (outgoing.audience == wire::Audience::everybody) {
    delivery.about = std::move(outgoing.to);
    delivery.type = std::move(outgoing.type);
    delivery.chat_target = std::move(outgoing.chat_target);
  } else {
    delivery.one = asker;
  }
  if (const auto* granted = std::get_if<core::LeaseGranted>(&event)) {
    delivery.answers = asker;
    delivery.task_id = granted->lease.task_id;
  }
  return delivery;
}

void Room::log(const core::Event& event, Turn& turn, Moment now) {
  if (log_ == nullptr || !read_only_reason_.empty()) return;
  if (core::durability(event) == core::Durability::none) return;
  if (std::optional<store::Entry> block = recorder_.reservation(event, now)) {
    entries_.push_back(std::move(*block));
  }
  if (std::optional<store::Entry> entry = recorder_.entry(event, now)) {
    entries_.push_back(std::move(*entry));
    turn.is_logged = true;
  }
}

void Room::count(const core::Event& event) {
  if (std::holds_alternative<core::LeaseGranted>(event)) ++metrics_.grants;
  if (std::holds_alternative<core::LeaseExpired>(event)) ++metrics_.expiries;
  const auto* dropped = std::get_if<core::ClaimUnqueued>(&event);
  if (dropped == nullptr) return;
  if (dropped->why == ErrorCode::cancelled || dropped->why == ErrorCode::closed) return;
  ++metrics_.refusals[std::string(wire_name(dropped->why))];
}

AgentName Room::name_of(SessionId session) const {
  const core::Seat* seat = machine_->seats().find(session);
  return seat == nullptr ? AgentName() : seat->name;
}

void Room::refuse(SessionId session, std::string_view in_reply_to, const core::Refusal& refusal,
                  Turn& turn, Moment now) {
  ++metrics_.refusals[std::string(wire_name(refusal.error.code))];
  keep_rows(now);
  const AgentName name = name_of(session);
  turn.send(session,
            encoder_.refusal(refusal, in_reply_to, name.empty() ? "self" : name.text, now.wall));
}

void Room::finish(Turn&& turn) {
  turn.number = ++last_turn_;
  if (turn.is_logged) {
    log_->submit(turn.number, std::exchange(entries_, {}));
    rows_due_.reset();
  }
  gate_.push(std::move(turn));
}

wire::CockpitNews Room::news(const wire::PageWish& wish, std::size_t connected) const {
  wire::CockpitNews news;
  if (wish.after.empty()) news.events = activity_.lines();
  wire::JsonWriter json;
  json.begin_object()
      .field("connected", static_cast<std::uint64_t>(connected))
      .field("messages", metrics_.messages)
      .field("grants", metrics_.grants)
      .field("expiries", metrics_.expiries)
      .key("refusals")
      .begin_object();
  for (const auto& [code, count] : metrics_.refusals) json.field(code, count);
  news.counters = json.end_object().end_object().take();
  news.read_only_reason = read_only_reason_;
  news.queued_since = [this](const AgentName& agent, const TaskId& task_id) {
    return activity_.queued_since(agent, task_id);
  };
  return news;
}

std::string Room::answer(const wire::Query& query, const Asker& asker, std::size_t connected,
                         Moment now) const {
  const bool is_scarce = net::Frame::live_bytes() > frame_bytes_ample;
  const std::size_t room =
      std::min(asker.max_bytes, is_scarce ? snapshot_bytes_scarce : snapshot_bytes);
  struct Ask {
    const wire::Encoder& encoder;
    const core::Machine& machine;
    AgentName to;
    std::size_t room;
    std::size_t connected;
    double now;
    const core::Principal& principal;
    std::function<wire::CockpitNews(const wire::PageWish&)> news;
    std::string operator()(const wire::Heartbeat&) const { return {}; }
    std::string operator()(const wire::UnknownType&) const { return {}; }
    std::string operator()(const wire::BadRequest&) const { return {}; }
    // The desk's to answer.
    std::string operator()(const wire::AtRequest&) const { return {}; }
    std::string operator()(const wire::EventsRequest&) const { return {}; }
    std::string operator()(const wire::WhoRequest&) const {
      return encoder.who(to, connected, machine, now);
    }
    std::string operator()(const wire::StateRequest& request) const {
      return encoder.state(to, machine, request, room, now);
    }
    std::string operator()(const wire::BoardRequest& request) const {
      return encoder.board(to, machine.plan(), request.page, room, now);
    }
    std::string operator()(const wire::ManifestRequest& request) const {
      return encoder.manifest(to, machine.cards(), request.page, room, now);
    }
    std::string operator()(const wire::CockpitRequest& request) const {
      return encoder.cockpit(to, machine, news(request.page), request.page, room, now);
    }
    std::string operator()(const wire::HistoryRequest& request) const {
      return encoder.history(to, machine.history(), request, std::min(room, chat_page_bytes), now);
    }
    std::string operator()(const wire::ResumeRequest& request) const {
      return encoder.resume(to, machine.history(), request, std::min(room, chat_page_bytes), now);
    }
    std::string operator()(wire::InboxRequest request) const {
      request.wish.bytes_max = std::min(request.wish.bytes_max, room);
      return encoder.inbox(to, machine, request, now);
    }
    std::string operator()(wire::SentRequest request) const {
      request.wish.bytes_max = std::min(request.wish.bytes_max, room);
      return encoder.sent(to, machine, request, now);
    }
    std::string operator()(wire::LettersRequest request) const {
      request.wish.bytes_max = std::min(request.wish.bytes_max, room);
      return encoder.letters(to, machine, request, principal, now);
    }
  };
  AgentName to = name_of(asker.session);
  if (to.empty()) to = AgentName("self");
  return std::visit(
      Ask{encoder_, *machine_, std::move(to), room, connected, now.wall, asker.principal,
          [this, connected](const wire::PageWish& wish) { return news(wish, connected); }},
      query);
}

}  // namespace synapse::hub
