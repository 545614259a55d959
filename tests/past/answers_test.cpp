// SPDX-License-Identifier: AGPL-3.0-or-later
#include "past/answers.hpp"

#include "store/event_codec.hpp"
#include "store/sqlite_store.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "wire/json_document.hpp"

using Catch::Matchers::Contains;
using namespace synapse;
using namespace synapse::test;
using wire::Json;

namespace {

constexpr double log_start = 1'795'000'000;

// alice and bob take turns at a file, a claim a second; each is released half a second later.
class TurnsLog {
 public:
  explicit TurnsLog(int turns) {
    add_own(0, "hub_started", "{}");
    add_own(0, "joined", R"({"agent":"shop/alice"})");
    for (int turn = 0; turn < turns; ++turn) {
      const double at = 10 + turn;
      core::Lease lease;
      lease.task_id = TaskId("T" + std::to_string(turn));
      lease.owner = AgentName(turn % 2 == 0 ? "shop/alice" : "shop/bob");
      lease.worktree = "/src/shop";
      lease.paths = {turn % 5 == 0 ? "docs/guide.md" : "src/feed.cpp"};
      lease.epoch.value = static_cast<std::uint64_t>(turn) + 1;
      lease.claimed_at = log_start + at;
      lease.expires_at = log_start + at + 600;
      entries_.push_back(*store::encode(core::LeaseGranted{lease}, log_start + at));
      if (turn % 3 == 0) {
        add_own(at + 0.25, "refused",
                R"({"agent":"shop/carol","other":"shop/alice","task_id":"X","word":"scope_held",)"
                R"("worktree":"/src/shop","paths":["src/feed.cpp"],"number":2})");
      }
      entries_.push_back(
          *store::encode(core::LeaseReleased{lease.task_id, lease.owner}, log_start + at + 0.5));
    }
    log_ = *store::SqliteStore::open(dir_ / "hub.db");
    REQUIRE(log_->append(entries_).has_value());
  }

  // One of 11.3 seconds, at the end of the log, of which the last event was then.
  void refuse_late(double last) {
    entries_.clear();
    entries_.push_back(*store::encode(
        core::ProgressPosted{{TaskId(), "a", core::ProgressKind::note, "", log_start + last}},
        log_start + last));
    add_own(11.3, "refused", R"({"agent":"shop/carol","task_id":"Y","word":"scope_held"})");
    REQUIRE(log_->append(entries_).has_value());
  }
  [[nodiscard]] past::Answers answers() const {
    Result<store::LogReader> log = store::LogReader::open(dir_ / "hub.db");
    REQUIRE(log.has_value());
    return past::Answers(*std::move(log), "syn-1", [] { return true; });
  }

 private:
  void add_own(double seconds, const char* kind, const char* payload) {
    entries_.push_back({log_start + seconds, kind, payload, core::Durability::written,
                        store::Table::synapse_events});
  }

  TempDir dir_;
  std::vector<store::Entry> entries_;
  std::unique_ptr<store::SqliteStore> log_;
};

const past::Answers::Asker asker{AgentName("self"), 1UL << 20U, log_start + 1e6};

Json parsed(const Result<std::string>& frame) {
  REQUIRE(frame.has_value());
  return Json::parse(*frame);
}

// Through all pages.
std::vector<Json> all_events(past::Answers& answers, wire::EventsRequest request,
                             const past::Answers::Asker& who = asker) {
  std::vector<Json> events;
  for (int pages = 0; pages < 1000; ++pages) {
    const Json page = parsed(answers.events(request, who));
    for (const Json& event : page["events"]) events.push_back(event);
    if (!page.contains("next")) return events;
    request.after = page["next"].get<std::vector<std::string>>();
  }
  FAIL("there is always one more page");
  return events;
}

std::vector<std::string> sentences(const std::vector<Json>& events) {
  std::vector<std::string> texts;
  for (const Json& event : events) texts.push_back(event["sentence"].get<std::string>());
  return texts;
}

}  // namespace

TEST_CASE("the answer for a moment has what lived then and says when that was", "[past]") {
  const TurnsLog log(10);
  past::Answers answers = log.answers();
  wire::AtRequest request;
  request.ts = log_start + 12.3;
  const Json then = parsed(answers.at(request, asker));
  CHECK(then["type"] == "at_snapshot");
  CHECK(then["seq"] == 5);
  CHECK(then["ts"] == log_start + 12.3);
  REQUIRE(then["claims"].size() == 1);
  CHECK(then["claims"][0]["task_id"] == "T2");
  CHECK(then["agents"][0]["online"] == true);
  CHECK_FALSE(then.contains("not_recorded"));

  request.seq = 6;
  CHECK(parsed(answers.at(request, asker))["claims"].empty());
  // What has run out by then is left out, though the log does not tell its end.
  request.seq.reset();
  request.ts = asker.now + 5;
  CHECK(parsed(answers.at(request, asker))["ts"] == asker.now);
}

TEST_CASE("of a time before presence was logged the answer says that it is not recorded",
          "[past]") {
  const TurnsLog log(3);
  past::Answers answers = log.answers();
  wire::AtRequest request;
  request.ts = log_start - 1;
  const Json then = parsed(answers.at(request, asker));
  CHECK(then["not_recorded"] == Json({"presence", "queue", "waits"}));
  CHECK(then["seq"] == 0);
}

TEST_CASE("pages of events have each event once, whatever the size of a page", "[past]") {
  const TurnsLog log(40);
  past::Answers answers = log.answers();
  const std::vector<std::string> all = sentences(all_events(answers, {}));
  // Claims, releases, refusals, and the start of the hub.
  CHECK(all.size() == 40 + 40 + 14 + 1);
  for (const std::size_t limit : {1U, 2U, 7U, 94U, 95U}) {
    wire::EventsRequest request;
    request.limit = limit;
    CHECK(sentences(all_events(answers, request)) == all);
  }
  const past::Answers::Asker narrow{AgentName("self"), 2000, asker.now};
  CHECK(sentences(all_events(answers, {}, narrow)) == all);
}

TEST_CASE("events are chosen by agent, task, path, kind and span", "[past]") {
  const TurnsLog log(40);
  past::Answers answers = log.answers();
  const auto count = [&](const wire::EventsRequest& request) {
    return all_events(answers, request).size();
  };
  wire::EventsRequest request;
  request.agent = "shop/bob";
  CHECK(count(request) == 40);
  request.agent = "shop";
  CHECK(count(request) == 94);
  request = {};
  request.task = "T7";
  CHECK(count(request) == 2);
  request = {};
  request.path = "docs/*.md";
  CHECK(count(request) == 16);
  request = {};
  request.kinds = {"refused", "joined"};
  CHECK(count(request) == 15);
  request.kinds = {"refuse"};
  const Result<std::string> refused = answers.events(request, asker);
  REQUIRE_FALSE(refused.has_value());
  CHECK_THAT(refused.error().message, Contains("'refuse' is no kind"));
  request = {};
  request.since = log_start + 20;
  request.until = log_start + 29.75;
  const std::vector<Json> span = all_events(answers, request);
  CHECK(span.size() == 20 + 3);
  CHECK(span.front()["task_id"] == "T10");
  // A number is an event's.
  request.since = 3;
  request.until = 6;
  CHECK(count(request) == 4);
}

TEST_CASE("of the newest events the last stands last, and there are as many as were asked for",
          "[past]") {
  const TurnsLog log(2000);
  past::Answers answers = log.answers();
  wire::EventsRequest request;
  request.which = wire::EventsRequest::Which::newest;
  request.limit = 3;
  request.kinds = {"claimed", "released"};
  const Json page = parsed(answers.events(request, asker));
  REQUIRE(page["events"].size() == 3);
  CHECK(page["events"][2]["seq"] == 4000);
  CHECK(page["events"][0]["seq"] == 3998);
  CHECK_FALSE(page.contains("next"));
  // Also where that takes going back further than the newest state that is kept.
  request.until = log_start + 1500;
  request.limit = 1900;
  const Json many = parsed(answers.events(request, asker));
  REQUIRE(many["events"].size() == 1900);
  CHECK(many["events"][1899]["task_id"] == "T1490");
  for (std::size_t i = 1; i < 1900; ++i) {
    CHECK(many["events"][i]["seq"] == many["events"][i - 1]["seq"].get<int>() + 1);
  }
}

TEST_CASE("a refusal that was written after a later event belongs to its own time", "[past]") {
  TurnsLog log(3);
  log.refuse_late(12.8);
  past::Answers answers = log.answers();
  wire::EventsRequest request;
  request.kinds = {"refused"};
  request.until = log_start + 11.4;
  CHECK(all_events(answers, request).size() == 2);
  request.which = wire::EventsRequest::Which::newest;
  CHECK(all_events(answers, request).size() == 2);
  request.until = log_start + 11.2;
  CHECK(all_events(answers, request).size() == 1);
}

TEST_CASE("an end of which the claim is before the page is told with owner and files", "[past]") {
  const TurnsLog log(2000);
  past::Answers answers = log.answers();
  wire::EventsRequest request;
  request.since = 3000;
  request.until = 3000;
  const Json page = parsed(answers.events(request, asker));
  REQUIRE(page["events"].size() == 1);
  CHECK(page["events"][0]["kind"] == "released");
  CHECK(page["events"][0]["agent"] == "shop/bob");
  CHECK(page["events"][0]["paths"] == Json({"src/feed.cpp"}));
}

TEST_CASE("a place of a page that is none is refused", "[past]") {
  const TurnsLog log(3);
  past::Answers answers = log.answers();
  for (const std::vector<std::string>& place :
       {std::vector<std::string>{"x", "1"}, {"1"}, {"1", "2", "3"}, {"", ""}}) {
    wire::EventsRequest request;
    request.after = place;
    CHECK_FALSE(answers.events(request, asker).has_value());
  }
}
