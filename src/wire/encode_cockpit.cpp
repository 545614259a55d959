// SPDX-License-Identifier: AGPL-3.0-or-later
// What a page that shows a bus begins with, a page of it at a time: docs/protocol.md, Activity.
#include <algorithm>

#include "wire/encode.hpp"
#include "wire/envelope.hpp"
#include "wire/page.hpp"
#include "wire/records.hpp"

namespace synapse::wire {

namespace {

// Of a claim that a page shows in a row.
constexpr std::size_t row_text_bytes_max = 512;
constexpr std::size_t chat_bytes_max = 16UL << 10U;
constexpr std::size_t chats_max = 200;

void write_row(JsonWriter& json, const core::Lease& lease, TextLimit& limit) {
  limit.bytes_max = std::min(limit.bytes_max, row_text_bytes_max);
  json.begin_object();
  describe(MemberWriter{json, &limit}, lease);
  if (limit.has_cut) json.key("truncated").boolean(true);
  json.end_object();
}

using QueuedSince = std::function<std::optional<double>(const AgentName&, const TaskId&)>;

void write_queued(JsonWriter& json, const core::QueuedClaim& queued, const QueuedSince& since_of) {
  const core::ClaimTask& claim = queued.claim;
  json.begin_object()
      .field("agent", queued.agent)
      .field("task_id", claim.task_id)
      .field("ticket", queued.ticket)
      .field("worktree", claim.worktree)
      .field("paths", claim.paths);
  if (claim.coverage == core::Coverage::none) json.field("scope", "none");
  if (queued.is_absent()) json.key("absent").boolean(true);
  if (const auto since = since_of(queued.agent, claim.task_id)) {
    json.field("since", *since);
  }
  json.end_object();
}

void write_agent_row(JsonWriter& json, const AgentName& agent, double last_seen,
                     const CockpitScene& scene) {
  const core::Machine& machine = scene.machine;
  json.begin_object().field("agent", agent).field("last_seen", last_seen);
  json.key("online").boolean(scene.presence.is_online(agent));
  json.key("sockets").begin_array();
  for (const SessionId session : machine.seats().of(agent)) {
    const core::Seat* seat = machine.seats().find(session);
    json.value(seat->seating == core::Seating::alone ? "agent" : core::word(seat->kind));
  }
  json.end_array();
  const core::Mailroom::Box* box = machine.mail().box(agent);
  json.field("unread", static_cast<std::uint64_t>(box == nullptr ? 0 : box->open.size()));
  if (machine.mail().does_not_read(agent)) json.key("does_not_read").boolean(true);
  json.end_object();
}

void write_recipients(JsonWriter& json, const core::Mailroom::Mail& mail) {
  json.key("recipients").begin_array();
  for (const core::Mailroom::Copy& copy : mail.copies) {
    json.begin_object().field("agent", *copy.box->name).field("state", word(copy.state));
    if (copy.why != core::DropReason::none) json.field("why", word(copy.why));
    json.field("at", copy.at);
    if (copy.answer.value != 0) json.field("answer", copy.answer);
    json.end_object();
  }
  json.end_array();
}

void write_talk(JsonWriter& json, const core::ChatMessage& message, const core::Machine& machine) {
  json.begin_object().field("msg_id", message.id);
  if (message.body.size() <= chat_bytes_max) {
    json.key("frame").raw(chat_frame(message));
  } else {
    json.field("from", message.sender)
        .field("timestamp", message.timestamp)
        .key("truncated")
        .boolean(true);
  }
  if (const core::Mailroom::Mail* mail = machine.mail().find(message.id)) {
    if (!mail->thread.empty()) json.field("thread", mail->thread.view());
    write_recipients(json, *mail);
  }
  json.end_object();
}

void write_beginning(JsonWriter& json, const std::optional<LogBeginning>& begins) {
  if (!begins) return;
  json.key("begins").begin_object().field("seq", begins->seq).field("ts", begins->ts);
  json.end_object();
}

// The lists. Of leases those that end after `now`.
void write_scene(JsonWriter& json, Page& page, const CockpitScene& scene, const QueuedSince& since,
                 double now) {
  const core::Machine& machine = scene.machine;
  page.list(json, "agents", scene.presence.last_seen(),
            [&](JsonWriter& one, const auto& entry, TextLimit&) {
              write_agent_row(one, entry.first, entry.second, scene);
            });
  page.list(json, "claims", machine.leases().all(),
            [now](JsonWriter& one, const auto& entry, TextLimit& limit) {
              if (entry.second.expires_at > now) write_row(one, entry.second, limit);
            });
  page.list(json, "queue", scene.queue.all(), [&](JsonWriter& one, const auto& entry, TextLimit&) {
    write_queued(one, entry.second, since);
  });
  page.list(json, "waits", scene.queue.waits(), [](JsonWriter& one, const auto& entry, TextLimit&) {
    one.begin_object().field("agent", entry.first).field("task_id", entry.second);
    one.end_object();
  });
  page.list(json, "lapsed", machine.leases().lapses().all(),
            [](JsonWriter& one, const auto& entry, TextLimit& limit) {
              limit.bytes_max = std::min(limit.bytes_max, row_text_bytes_max);
              write(one, entry.second, &limit);
            });
  page.list(json, "tasks", machine.plan().tasks(),
            [](JsonWriter& one, const auto& entry, TextLimit& limit) {
              limit.bytes_max = std::min(limit.bytes_max, row_text_bytes_max);
              write(one, entry.second, &limit);
            });
  page.list(json, "cards", machine.cards().all(),
            [](JsonWriter& one, const auto& entry, TextLimit& limit) {
              limit.bytes_max = std::min(limit.bytes_max, row_text_bytes_max);
              write(one, entry.second, &limit);
            });
  page.newest(json, "progress", machine.plan().progress(), machine.plan().first_progress(),
              [](JsonWriter& one, const core::ProgressNote& note, TextLimit& limit) {
                limit.bytes_max = std::min(limit.bytes_max, row_text_bytes_max);
                write(one, note, &limit);
              });
  const auto& messages = machine.history().messages();
  const std::size_t count = std::min(messages.size(), chats_max);
  std::vector<const core::ChatMessage*> newest;
  for (std::size_t i = messages.size() - count; i < messages.size(); ++i) {
    newest.push_back(&messages[i]);
  }
  page.newest(json, "talk", newest, newest.empty() ? 0 : newest.front()->id.value,
              [&](JsonWriter& one, const core::ChatMessage* message, TextLimit&) {
                write_talk(one, *message, machine);
              });
}

}  // namespace

std::string Encoder::cockpit(const AgentName& to, const core::Machine& machine,
                             const CockpitNews& news, const PageWish& wish, std::size_t max_bytes,
                             double now) const {
  JsonWriter json = Envelope{hub_id_, now}.open("page_snapshot", to.text, "all there is to show");
  json.key("counters").raw(news.counters);
  if (!news.read_only_reason.empty()) json.field("read_only_reason", news.read_only_reason);
  const bool is_first = wish.after.empty();
  if (is_first) json.key("events").raw("[" + news.events + "]");
  const std::size_t taken = std::min(max_bytes, is_first ? json.text().size() : 0);
  Page page(wish, max_bytes - taken);
  write_scene(json, page, {machine, machine.presence(), machine.queue()}, news.queued_since, 0);
  page.finish(json);
  return json.end_object().take();
}

std::string Encoder::then(const AgentName& to, const CockpitScene& scene, const PastNews& news,
                          const PageWish& wish, std::size_t max_bytes, double now) const {
  JsonWriter json = Envelope{hub_id_, now}.open("at_snapshot", to.text, "all there was to show");
  json.field("seq", news.seq).field("ts", news.ts);
  write_beginning(json, news.begins);
  if (news.witnesses == PastNews::Witnesses::not_recorded) {
    json.field("not_recorded", std::vector<std::string>{"presence", "queue", "waits"});
  }
  Page page(wish, max_bytes);
  write_scene(json, page, scene, news.queued_since, news.ts);
  page.finish(json);
  return json.end_object().take();
}

std::string Encoder::events(const AgentName& to, const EventsPage& page, double now) const {
  JsonWriter json = Envelope{hub_id_, now}.open("events_snapshot", to.text, "what happened");
  write_beginning(json, page.begins);
  json.key("events").raw("[" + page.events + "]");
  if (!page.next.empty()) json.field("next", page.next);
  return json.end_object().take();
}

}  // namespace synapse::wire
