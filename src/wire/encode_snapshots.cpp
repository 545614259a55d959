// SPDX-License-Identifier: AGPL-3.0-or-later
// The hub's state, plan and cards, a page at a time: docs/protocol.md, Snapshots.
#include <algorithm>

#include "wire/encode.hpp"
#include "wire/envelope.hpp"
#include "wire/page.hpp"

namespace synapse::wire {

namespace {

template <core::Described Record>
void write_listed(JsonWriter& json, const Record& record, TextLimit& limit) {
  json.begin_object();
  describe(MemberWriter{json, &limit}, record);
  if (limit.has_cut) json.key("truncated").boolean(true);
  json.end_object();
}

void write_claim(JsonWriter& json, const core::Lease& lease, TextLimit& limit) {
  limit.bytes_max = std::min(limit.bytes_max, listed_text_bytes_max);
  write_listed(json, lease, limit);
}

// One claim with its texts whole, if they fit.
void write_whole_claim(JsonWriter& json, const core::Lease* lease, std::size_t bytes_max) {
  json.key("active_claims").begin_array();
  if (lease != nullptr) {
    JsonWriter whole;
    TextLimit limit;
    write_listed(whole, *lease, limit);
    if (whole.text().size() > bytes_max) {
      whole = JsonWriter();
      limit.bytes_max = bytes_max / 8;
      write_listed(whole, *lease, limit);
    }
    json.raw(whole.text());
  }
  json.end_array();
}

void write_agent(JsonWriter& json, const std::pair<const AgentName, double>& entry) {
  json.begin_object().field("agent", entry.first).field("last_seen", entry.second).end_object();
}

void write_offer(JsonWriter& json, const core::Offer& offer) {
  json.begin_object();
  write_all_but(json, offer, {"offered_at"});
  json.end_object();
}

}  // namespace

std::string Encoder::state(const AgentName& to, const core::Machine& machine,
                           const StateRequest& request, std::size_t max_bytes, double now) const {
  JsonWriter json = Envelope{hub_id_, now}.open("state_snapshot", to.text, "state");
  json.key("snapshot").begin_object();
  Page page(request.page, max_bytes);
  const core::LeaseTable& leases = machine.leases();
  if (!request.task_id.empty()) {
    write_whole_claim(json, leases.find(request.task_id), max_bytes);
    for (const char* list : {"agents", "resources", "lapsed"}) {
      json.key(list).begin_array().end_array();
    }
  } else {
    page.list(json, "active_claims", leases.all(),
              [](JsonWriter& one, const auto& entry, TextLimit& limit) {
                write_claim(one, entry.second, limit);
              });
    page.list(json, "agents", machine.presence().last_seen(),
              [](JsonWriter& one, const auto& entry, TextLimit&) { write_agent(one, entry); });
    page.list(
        json, "resources", machine.offers().all(),
        [](JsonWriter& one, const auto& entry, TextLimit&) { write_offer(one, entry.second); });
    page.list(json, "lapsed", leases.lapses().all(),
              [](JsonWriter& one, const auto& entry, TextLimit& limit) {
                write(one, entry.second, &limit);
              });
  }
  json.field("generated_at", now).end_object();
  page.finish(json);
  return json.end_object().take();
}

std::string Encoder::board(const AgentName& to, const core::Plan& plan, const PageWish& wish,
                           std::size_t max_bytes, double now) const {
  JsonWriter json = Envelope{hub_id_, now}.open("board_snapshot", to.text, "board");
  json.key("board").begin_object();
  Page page(wish, max_bytes);
  std::vector<TaskId> ready_here;  // Of the tasks on this page.
  page.list(
      json, "tasks", plan.tasks(),
      [&](JsonWriter& one, const auto& entry, TextLimit& limit) {
        write_listed(one, entry.second, limit);
        if (!plan.is_ready(entry.first)) return;
        if (!ready_here.empty() && ready_here.back() == entry.first) return;
        ready_here.push_back(entry.first);
      },
      [](const TaskId& id) { return 2 * id.text.size() + 3; });
  // The one that filled the page is on the next.
  const std::string last = page.last().size() < 2 ? "" : page.last()[1];
  while (!ready_here.empty() && ready_here.back().text > last) ready_here.pop_back();
  json.field("ready", ready_here);
  page.newest(json, "progress", plan.progress(), plan.first_progress(),
              [](JsonWriter& one, const core::ProgressNote& note, TextLimit& limit) {
                write_listed(one, note, limit);
              });
  json.end_object();
  page.finish(json);
  return json.end_object().take();
}

std::string Encoder::manifest(const AgentName& to, const core::Cards& cards, const PageWish& wish,
                              std::size_t max_bytes, double now) const {
  JsonWriter json = Envelope{hub_id_, now}.open("manifest_snapshot", to.text, "manifest");
  Page page(wish, max_bytes);
  page.list(json, "manifest", cards.all(),
            [](JsonWriter& one, const auto& entry, TextLimit& limit) {
              write_listed(one, entry.second, limit);
            });
  page.finish(json);
  return json.end_object().take();
}

}  // namespace synapse::wire
