// SPDX-License-Identifier: AGPL-3.0-or-later
#include "past/answers.hpp"

#include <algorithm>
#include <charconv>
#include <deque>

#include "core/scope.hpp"
#include "wire/json_writer.hpp"

namespace synapse::past {

namespace {

std::vector<std::string> words_of(const Place& place) {
  return {std::to_string(place.seq), std::to_string(place.own)};
}

// Nothing for words that are no place.
std::optional<Place> place_in(const std::vector<std::string>& words) {
  if (words.size() != 2) return std::nullopt;
  Place place;
  const auto read = [](const std::string& text, std::int64_t& number) {
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && rest == end;
  };
  if (!read(words[0], place.seq) || !read(words[1], place.own)) return std::nullopt;
  return place;
}

bool is_behind(const store::RecordView& record, const Place& place) {
  return record.table == store::Table::events ? record.seq > place.seq : record.own_id > place.own;
}

Error lost(const LogBeginning& beginning) {
  return fail(ErrorCode::not_found, "The log begins with event " + std::to_string(beginning.seq) +
                                        "; what was before was compacted.");
}

}  // namespace

Answers::Answers(store::LogReader log, std::string hub_id, States::IsWanted is_wanted)
    : states_(std::move(log), {}, std::move(is_wanted)), encoder_(std::move(hub_id)) {}

Result<std::string> Answers::at(const wire::AtRequest& request, const Asker& asker) {
  const When when{request.seq ? asker.now : std::min(request.ts, asker.now), request.seq};
  const Result<std::optional<LogBeginning>> beginning = beginning_of(states_.log());
  if (!beginning) return beginning.error();
  if (is_lost(when, *beginning)) return lost(**beginning);
  const Result<Then> then = states_.at(when);
  if (!then) return then.error();
  const core::Presence presence = then->witnesses.presence(then->machine.presence());
  core::ClaimQueue queue;
  then->witnesses.fill(queue);
  wire::PastNews news;
  news.seq = then->seq;
  news.ts = then->ts;
  news.begins = *beginning;
  if (!then->witnesses.are_recorded()) {
    news.witnesses = wire::PastNews::Witnesses::not_recorded;
  }
  news.queued_since = [&](const AgentName& agent, const TaskId& task_id) {
    const auto queued = then->witnesses.queued().find({agent, task_id});
    return queued == then->witnesses.queued().end() ? std::nullopt
                                                    : std::optional(queued->second.since);
  };
  return encoder_.then(asker.to, {then->machine, presence, queue}, news, request.page,
                       asker.max_bytes, asker.now);
}

// What is looked for, and what has been found.
struct Answers::Search {
  EventFilter filter;
  std::size_t limit = 0;
  std::size_t bytes_max = 0;
  std::optional<Place> after;   // Only behind it.
  std::optional<Place> before;  // Only up to it.

  wire::EventsRequest::Which which = wire::EventsRequest::Which::oldest;

  std::deque<std::string> found;
  std::size_t bytes = 0;
  std::size_t records = 0;         // That were looked at.
  bool has_met_since = false;      // There were events before the span.
  std::optional<Place> page_ends;  // More may stand behind it.

  [[nodiscard]] bool wants_newest() const { return which == wire::EventsRequest::Which::newest; }
  [[nodiscard]] bool has_room_for(const std::string& event) const {
    return found.size() < limit && bytes + event.size() + 1 <= bytes_max;
  }
  // Whether no event of the span can follow: refusals are written some time after they were.
  [[nodiscard]] bool is_over(const PastEvent& event) const {
    constexpr double late_seconds = 2;
    const When& until = *filter.until;
    return until.seq.has_value() || event.ts > until.wall + late_seconds;
  }
  void add(std::string event) {
    bytes += event.size() + 1;
    found.push_back(std::move(event));
  }
  // Of the newest, the older ones go.
  void fit() {
    while (found.size() > limit || (bytes > bytes_max && !found.empty())) {
      bytes -= found.front().size() + 1;
      found.pop_front();
    }
  }
};

Result<std::string> Answers::events(const wire::EventsRequest& request, const Asker& asker) {
  Search search;
  search.limit = request.limit;
  constexpr std::size_t envelope_bytes = 1024;
  search.bytes_max = asker.max_bytes - std::min(asker.max_bytes, envelope_bytes);
  EventFilter& filter = search.filter;
  filter.agent = request.agent;
  filter.task = request.task;
  if (request.path) filter.path = core::normalise_scope({*request.path}, core::Limits()).front();
  if (const Result<> known = check_kinds(request.kinds); !known) return known.error();
  filter.kinds = request.kinds;
  if (request.since) filter.since = moment_of(*request.since, asker.now);
  if (request.until) filter.until = moment_of(*request.until, asker.now);
  if (!request.after.empty()) {
    search.after = place_in(request.after);
    if (!search.after) return fail(ErrorCode::wrong_field_type, "`after` is no place of a page");
  }
  wire::EventsPage page;
  const Result<std::optional<LogBeginning>> beginning = beginning_of(states_.log());
  if (!beginning) return beginning.error();
  page.begins = *beginning;
  search.which = request.which;
  const Result<> done = search.wants_newest() ? find_newest(search) : find_oldest(search);
  if (!done) return done.error();
  for (const std::string& event : search.found) {
    page.events += (page.events.empty() ? "" : ",") + event;
  }
  if (search.page_ends) page.next = words_of(*search.page_ends);
  return encoder_.events(asker.to, page, asker.now);
}

Result<> Answers::find_oldest(Search& search) {
  const EventFilter& filter = search.filter;
  const std::optional<When> from =
      search.after ? std::optional(When{0, search.after->seq}) : filter.since;
  if (from) {
    // So that there are states up to there to start from.
    if (const Result<Then> there = states_.at(*from); !there) return there.error();
  }
  Result<States::Start> start = states_.before(from.value_or(When{0, 0}), 0);
  if (!start) return start.error();
  return scan(*start, search);
}

// Backwards, from one state that is kept to the one before it.
Result<> Answers::find_newest(Search& search) {
  const When until = search.filter.until.value_or(When{1e300, std::nullopt});
  if (const Result<Then> there = states_.at(until); !there) return there.error();
  std::deque<std::string> later;
  for (std::size_t back = 0;; ++back) {
    Result<States::Start> start = states_.before(until, back);
    if (!start) return start.error();
    const Place begin = start->place;
    if (const Result<> done = scan(*start, search); !done) return done;
    for (std::string& event : later) search.add(std::move(event));
    search.fit();
    const bool is_enough = search.found.size() >= search.limit || search.bytes >= search.bytes_max;
    if (start->is_first || is_enough || search.has_met_since) return {};
    if (search.records >= records_max) return {};
    later = std::move(search.found);
    search.found.clear();
    search.bytes = 0;
    search.before = begin;
  }
}

Result<> Answers::scan(const States::Start& start, Search& search) {
  Story story(*start.machine, start.witnesses);
  store::LogFilter all;
  all.after = start.place.seq;
  all.own_after = start.place.own;
  all.own = store::LogFilter::Own::read;
  Place here = start.place;
  return states_.log().read(all, [&](const store::RecordView& record) {
    if (search.before && is_behind(record, *search.before)) return false;
    const std::optional<PastEvent> event = story.next(record);
    const bool is_event = record.table == store::Table::events;
    const Place before = here;
    (is_event ? here.seq : here.own) = is_event ? record.seq : record.own_id;
    if (search.after && !is_behind(record, *search.after)) return true;
    if (event && search.filter.is_after(*event)) return !search.is_over(*event);
    if (event && search.filter.is_before(*event)) return search.has_met_since = true;
    ++search.records;
    if (event && search.filter.passes(*event)) {
      std::string text = wire::json_text(to_json(*event));
      if (search.wants_newest()) {
        search.add(std::move(text));
        search.fit();
      } else if (search.has_room_for(text)) {
        search.add(std::move(text));
      } else if (!search.found.empty()) {  // One that fits no page is passed over.
        search.page_ends = before;
        return false;
      }
    }
    if (search.records < records_max || search.wants_newest()) return true;
    search.page_ends = here;
    return false;
  });
}

}  // namespace synapse::past
