// SPDX-License-Identifier: AGPL-3.0-or-later
// What pages that show a bus are told: a snapshot of all there is, then what changes, in frames
// that hold all of a moment.
#include <algorithm>
#include <cmath>

#include "hub/engine_rig.hpp"
#include "support/catch.hpp"

namespace synapse::test {

namespace {

constexpr double frame_seconds = 0.05;
constexpr double together_seconds = 0.25;

Json page_request() {
  return {{"type", "page_request"},
          {"observe", true},
          {"interest", {{"types", {"activity"}}, {"chat", "none"}}}};
}

// A page that has its snapshot, and has been told all that was under way.
Peer watch(Rig& rig) {
  Peer page = rig.connect();
  REQUIRE(rig.answer(page, page_request()).at("type") == "page_snapshot");
  rig.advance(together_seconds);
  page.forget();
  return page;
}

// The items of all frames of activity that a page has heard.
Frames items_of(Peer& page) {
  Frames items;
  for (const Json& frame : page.hear("activity")) {
    for (const Json& item : frame.at("items")) items.push_back(item);
  }
  return items;
}

Json only_of_kind(const Frames& items, std::string_view kind) {
  Frames found;
  for (const Json& item : items) {
    if (item.value("kind", "") == kind) found.push_back(item);
  }
  REQUIRE(found.size() == 1);
  return found.front();
}

std::size_t count_of_type(const Frames& items, std::string_view type) {
  return static_cast<std::size_t>(std::count_if(items.begin(), items.end(), [&](const Json& item) {
    return item.value("type", "") == type;
  }));
}

}  // namespace

TEST_CASE("a page's snapshot has agents, claims, queue, plan, talk and what happened",
          "[hub][activity]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}, {"paths", {"src"}}});
  rig.advance(3);
  rig.say(b, {{"type", "claim"}, {"task_id", "U"}, {"paths", {"src/x"}}, {"wait", true}});
  rig.say(a, {{"type", "ledger_task"}, {"task_id", "P"}, {"title", "plan"}});
  rig.say(a, {{"type", "chat"}, {"target", "B"}, {"payload", "hello"}});
  Peer page = rig.connect();
  const Json snapshot = rig.answer(page, page_request());
  CHECK(snapshot.at("agents").size() == 2);
  CHECK(snapshot.at("agents")[0].at("online") == true);
  CHECK(snapshot.at("agents")[1].at("unread") == 1);
  CHECK(snapshot.at("claims").at(0).at("task_id") == "T");
  const Json& queued = snapshot.at("queue").at(0);
  CHECK(queued.at("agent") == "B");
  CHECK(std::abs(queued.at("since").get<double>() - rig.now().wall) < 0.1);
  CHECK(snapshot.at("tasks").at(0).at("task_id") == "P");
  CHECK(snapshot.at("talk").at(0).at("frame").at("payload") == "hello");
  CHECK(snapshot.at("talk").at(0).at("recipients").at(0).at("state") == "sent");
  CHECK(only_of_kind(snapshot.at("events").get<Frames>(), "granted").at("paths") == Json{"src"});
  CHECK(snapshot.at("counters").at("grants") == 1);
  CHECK_FALSE(snapshot.contains("next"));
}

TEST_CASE("a page's snapshot in pages names everything once", "[hub][activity]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  for (int i = 0; i < 20; ++i) {
    const std::string task = "T" + std::to_string(i);
    rig.say(a, {{"type", "claim"}, {"task_id", task}, {"paths", {task}}});
    rig.say(b, {{"type", "claim"}, {"task_id", "U" + task}, {"paths", {task}}, {"wait", true}});
  }
  Peer page = rig.connect();
  Json request = page_request();
  request["limit"] = 7;
  std::map<std::string, std::size_t> counts;
  for (int pages = 0; pages < 20; ++pages) {
    const Json snapshot = rig.answer(page, request);
    for (const char* list : {"agents", "claims", "queue"}) counts[list] += snapshot.at(list).size();
    CHECK(snapshot.contains("events") == (pages == 0));
    if (!snapshot.contains("next")) break;
    request["after"] = snapshot.at("next");
  }
  CHECK(counts == std::map<std::string, std::size_t>{{"agents", 2}, {"claims", 20}, {"queue", 20}});
}

TEST_CASE("a page hears of refusals, the queue and comings, which nobody else is told of",
          "[hub][activity]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer page = watch(rig);
  Peer plain = rig.join("plain");
  Peer b = rig.join("B");
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}, {"paths", {"src"}}});
  rig.say(b, {{"type", "claim"}, {"task_id", "U"}, {"paths", {"src/x"}}, {"worktree", ""}});
  rig.say(b, {{"type", "claim"}, {"task_id", "U"}, {"paths", {"src/x"}}, {"wait", true}});
  rig.advance(2);
  rig.say(a, {{"type", "release"}, {"task_id", "T"}});
  rig.leave(b);
  rig.advance(frame_seconds);
  const Frames items = items_of(page);
  const Json refused = only_of_kind(items, "refused");
  CHECK(refused.at("agent") == "B");
  CHECK(refused.at("other") == "A");
  CHECK(refused.at("word") == "scope_held");
  CHECK(refused.at("other_task_id") == "T");
  CHECK(refused.at("paths") == Json{"src/x"});
  CHECK(only_of_kind(items, "queued").at("other") == "A");
  CHECK(only_of_kind(items, "left").at("agent") == "B");
  CHECK(count_of_type(items, "claim_granted") == 2);
  CHECK(count_of_type(items, "release_granted") == 1);
  CHECK(count_of_type(items, "presence_update") == 0);
  CHECK(plain.hear("activity").empty());
  SECTION("and how long the claim waited that was granted from the queue") {
    const auto waited = std::find_if(items.begin(), items.end(),
                                     [](const Json& item) { return item.contains("waited"); });
    REQUIRE(waited != items.end());
    CHECK(waited->at("task_id") == "U");
    CHECK(std::abs(waited->at("waited").get<double>() - 2) < 0.1);
  }
}

TEST_CASE("what happens within a moment reaches a page as one frame, and the numbers have no gap",
          "[hub][activity]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer page = watch(rig);
  for (int i = 0; i < 50; ++i) {
    rig.say(a, {{"type", "claim"}, {"task_id", "T" + std::to_string(i)}, {"scope", "none"}});
  }
  rig.advance(frame_seconds);
  rig.say(a, {{"type", "release"}, {"task_id", "T1"}});
  rig.advance(frame_seconds);
  const Frames frames = page.hear("activity");
  REQUIRE(frames.size() >= 2);
  CHECK(frames.size() <= 4);
  for (std::size_t i = 1; i < frames.size(); ++i) {
    CHECK(frames[i].at("seq").get<int>() == frames[i - 1].at("seq").get<int>() + 1);
  }
}

TEST_CASE("renewals and signs of life are told together, four times a second at most",
          "[hub][activity]") {
  Rig rig;
  Peer a = rig.join("A");
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}, {"scope", "none"}});
  Peer page = watch(rig);
  for (int i = 0; i < 40; ++i) {
    rig.say(a, {{"type", "renew"}, {"task_id", "T"}});
    rig.advance(0.025);
  }
  const Frames frames = page.hear("activity");
  CHECK(frames.size() <= 5);
  REQUIRE_FALSE(frames.empty());
  CHECK(frames.back().at("renewed").contains("T"));
  CHECK(frames.back().at("heard").contains("A"));
  CHECK(frames.back().at("items").empty());
}

TEST_CASE("a page is told nothing that is not safe in the log", "[hub][activity]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  rig.commit();
  Peer page = watch(rig);
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}, {"scope", "none"}});
  rig.advance(together_seconds);
  CHECK(items_of(page).empty());
  rig.commit();
  rig.advance(frame_seconds);
  CHECK(count_of_type(items_of(page), "claim_granted") == 1);
  SECTION("and when the log fails, that it did, with a gap in the numbers") {
    rig.say(a, {{"type", "heartbeat"}});
    rig.advance(together_seconds);
    const Frames before = page.hear("activity");
    rig.say(a, {{"type", "claim"}, {"task_id", "U"}, {"scope", "none"}});
    rig.fail_log();
    rig.advance(together_seconds);
    const Frames after = page.hear("activity");
    REQUIRE_FALSE(before.empty());
    REQUIRE_FALSE(after.empty());
    CHECK(after.front().at("seq").get<int>() > before.back().at("seq").get<int>() + 1);
    CHECK(after.front().dump().find("read_only") != std::string::npos);
    const Json snapshot = rig.answer(page, {{"type", "page_request"}});
    CHECK(snapshot.at("read_only_reason") == "no space left");
    CHECK(snapshot.at("claims").size() == 1);
  }
}

TEST_CASE("a page hears how far each message has come, and what is unread then",
          "[hub][activity]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer b = rig.connect();
  rig.say(b, {{"sender", "B"}, {"type", "heartbeat"}, {"attach", true}});
  Peer page = watch(rig);
  rig.say(a, {{"type", "chat"}, {"target", "B"}, {"payload", "hello"}, {"receipt", true}});
  rig.advance(frame_seconds);
  const Frames first = items_of(page);
  CHECK(only_of_kind(first, "kept").at("unread").at("B") == 1);
  CHECK(count_of_type(first, "chat") == 1);
  rig.say(b, {{"type", "seen"}, {"msg_ids", {1}}});
  rig.advance(frame_seconds);
  const Json delivered = only_of_kind(items_of(page), "delivered");
  CHECK(delivered.at("word") == "seen");
  CHECK(delivered.at("agents") == Json{"B"});
  CHECK(delivered.at("unread").at("B") == 0);
}

TEST_CASE("a claim that waits anew, after its agent has left, waits since then",
          "[hub][activity]") {
  Rig rig;
  Peer a = rig.join("A");
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}, {"paths", {"src"}}});
  const Json wish{{"type", "claim"}, {"task_id", "U"}, {"paths", {"src/x"}}, {"wait", true}};
  Peer first = rig.join("B");
  rig.say(first, wish);
  rig.advance(100);
  rig.leave(first);
  Peer second = rig.join("B");
  rig.say(second, wish);
  Peer page = rig.connect();
  const Json snapshot = rig.answer(page, page_request());
  REQUIRE(snapshot.at("queue").size() == 1);
  const double since = snapshot.at("queue")[0].at("since").get<double>();
  CHECK(std::abs(since - rig.now().wall) < 0.1);
}

TEST_CASE("a broadcast that is too long for a frame of activity makes a gap in the numbers",
          "[hub][activity]") {
  Rig rig;
  Peer a = rig.join("A");
  Peer page = watch(rig);
  rig.say(a, {{"type", "chat"}, {"payload", "short"}});
  rig.advance(frame_seconds);
  rig.say(a, {{"type", "chat"}, {"payload", std::string(100'000, 'x')}});
  rig.advance(frame_seconds);
  const Frames frames = page.hear("activity");
  REQUIRE(frames.size() == 2);
  CHECK(frames[1].at("seq").get<int>() == frames[0].at("seq").get<int>() + 2);
  CHECK(frames[1].dump().size() < 10'000);
}

TEST_CASE("refusals, waits and comings are in the log, and nobody waits for their rows",
          "[hub][activity]") {
  Rig rig({}, Durable::yes);
  Peer a = rig.join("A");
  Peer b = rig.join("B");
  rig.say(a, {{"type", "claim"}, {"task_id", "T"}, {"paths", {"src"}}});
  rig.commit();
  const auto rows = [&rig](std::string_view kind) {
    Frames found;
    for (const store::Entry& entry : rig.log()) {
      if (entry.kind != kind) continue;
      CHECK(entry.table == store::Table::synapse_events);
      found.push_back(Json::parse(entry.payload));
    }
    return found;
  };
  CHECK(rows("joined").size() == 2);
  for (int i = 0; i < 5; ++i) {
    const Frames heard = rig.ask(b, {{"type", "claim"}, {"task_id", "U"}, {"paths", {"src/x"}}});
    CHECK(heard.back().at("type") == "claim_denied");
  }
  // Five within a second are two rows: the first at once, and then the others together.
  rig.advance(1.1);
  rig.commit();
  REQUIRE(rows("refused").size() == 2);
  CHECK(rows("refused")[0].at("number") == 1);
  CHECK(rows("refused")[1].at("number") == 4);
  CHECK(rows("refused")[0].at("other") == "A");
  CHECK(rows("refused")[0].at("paths") == Json{"src/x"});
  CHECK_FALSE(rows("refused")[0].contains("text"));
  rig.say(b, {{"type", "claim"}, {"task_id", "U"}, {"paths", {"src/x"}}});
  rig.say(b, {{"type", "claim"}, {"task_id", "U"}, {"paths", {"src/x"}}, {"wait", true}});
  rig.leave(b);
  rig.advance(1.1);
  rig.commit();
  REQUIRE(rows("refused").size() == 3);
  CHECK(rows("refused")[2].at("number") == 1);
  CHECK(rows("queued").size() == 1);
  CHECK(rows("left").size() == 1);
}

}  // namespace synapse::test
