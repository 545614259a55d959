// SPDX-License-Identifier: AGPL-3.0-or-later
// Snapshots of the machine's tables: what they say, and that none is larger than was asked for.
#include <nlohmann/json.hpp>

#include "encoder.hpp"
#include "support/actors.hpp"
#include "support/catch.hpp"

using namespace synapse;
using namespace synapse::test;
using nlohmann::json;

namespace {

core::Lease lease(const std::string& task, std::size_t note_bytes = 0) {
  core::Lease lease;
  lease.task_id = TaskId(task);
  lease.owner = asker;
  lease.note = std::string(note_bytes, 'n');
  lease.epoch = {1};
  return lease;
}

core::PlanTask plan_task(const std::string& id, std::size_t description_bytes = 0) {
  core::PlanTask task;
  task.task_id = TaskId(id);
  task.title = "t";
  task.description = std::string(description_bytes, 'd');
  return task;
}

void be_seen(core::Machine& machine, const AgentName& agent, Moment when) {
  static_cast<void>(test::Actors(machine).join(agent, when));
}

json state(const core::Machine& machine, std::size_t max_bytes,
           const wire::StateRequest& request = {}) {
  const std::string text = encoder.state(asker, machine, request, max_bytes, 9.5);
  CHECK(text.size() <= max_bytes);
  return json::parse(text);
}

json board(const core::Plan& plan, std::size_t max_bytes, const wire::PageWish& wish = {}) {
  const std::string text = encoder.board(asker, plan, wish, max_bytes, 9.5);
  CHECK(text.size() <= max_bytes);
  return json::parse(text);
}

}  // namespace

TEST_CASE("a state snapshot has claims, agents and resources in order", "[wire][encode]") {
  core::Machine machine{core::Limits{}};
  machine.replay(core::LeaseGranted{lease("T2")});
  machine.replay(core::LeaseGranted{lease("T1")});
  be_seen(machine, AgentName("B"), {7.5, Mono(0)});
  core::Offer offer;
  offer.agent = AgentName("B");
  offer.kind = "gpu";
  offer.name = "n0";
  offer.capacity = 2;
  offer.meta = {R"({"k":1})"};
  machine.replay(core::ResourceOffered{offer});
  const json frame = state(machine, ample);
  CHECK(frame["type"] == "state_snapshot");
  CHECK(frame["target"] == "A");
  CHECK_FALSE(frame.contains("truncated"));
  const json& snapshot = frame["snapshot"];
  CHECK(snapshot.size() == 5);
  REQUIRE(snapshot["active_claims"].size() == 2);
  CHECK(snapshot["active_claims"][0] == json{{"task_id", "T1"},
                                             {"owner", "A"},
                                             {"note", ""},
                                             {"claimed_at", 0.0},
                                             {"lease_expires_at", 0.0},
                                             {"status", "claimed"},
                                             {"data_ref", ""},
                                             {"worktree", ""},
                                             {"paths", json::array()},
                                             {"epoch", 1},
                                             {"version", 0},
                                             {"checkpoint", ""},
                                             {"git", nullptr}});
  CHECK(snapshot["active_claims"][1]["task_id"] == "T2");
  CHECK(snapshot["agents"] == json::array({{{"agent", "B"}, {"last_seen", 7.5}}}));
  CHECK(snapshot["resources"] == json::array({{{"agent", "B"},
                                               {"kind", "gpu"},
                                               {"name", "n0"},
                                               {"capacity", 2},
                                               {"meta", {{"k", 1}}}}}));
  CHECK(snapshot["generated_at"] == 9.5);
}

TEST_CASE("a state snapshot stops at what fits and says so", "[wire][encode]") {
  core::Machine machine{core::Limits{}};
  for (int i = 0; i < 100; ++i) {
    machine.replay(core::LeaseGranted{lease("T" + std::to_string(100 + i), 1000)});
  }
  be_seen(machine, AgentName("B"), {7.5, Mono(0)});
  CHECK_FALSE(state(machine, 200'000).contains("truncated"));
  const json frame = state(machine, 50'000);
  CHECK(frame["truncated"] == true);
  const std::size_t kept = frame["snapshot"]["active_claims"].size();
  CHECK(kept > 30);
  CHECK(kept < 50);
  CHECK(frame["snapshot"]["active_claims"].back()["task_id"] == "T" + std::to_string(99 + kept));
  CHECK(frame["snapshot"]["agents"].empty());  // Nothing after the first thing left out.
}

TEST_CASE("a board has tasks and what is ready in order and notes as they came", "[wire][encode]") {
  core::Plan plan{core::Limits{}};
  plan.put(plan_task("T2"));
  core::PlanTask blocked = plan_task("T1");
  blocked.depends_on = {TaskId("T2")};
  plan.put(blocked);
  plan.add({TaskId("T1"), "A", core::ProgressKind::note, "first", 1});
  plan.add({TaskId("T1"), "A", core::ProgressKind::blocked, "second", 2});
  const json frame = board(plan, ample);
  CHECK(frame["type"] == "board_snapshot");
  CHECK_FALSE(frame.contains("truncated"));
  const json& shown = frame["board"];
  CHECK(shown.size() == 3);
  REQUIRE(shown["tasks"].size() == 2);
  CHECK(shown["tasks"][0]["task_id"] == "T1");
  CHECK(shown["tasks"][0]["depends_on"] == json{"T2"});
  CHECK(shown["ready"] == json{"T2"});
  REQUIRE(shown["progress"].size() == 2);
  CHECK(shown["progress"][0]["text"] == "first");
  CHECK(shown["progress"][1]["kind"] == "blocked");
}

TEST_CASE("of the notes of a board the newest that fit are kept, oldest first", "[wire][encode]") {
  core::Plan plan{core::Limits{}};
  plan.put(plan_task("T"));
  for (int i = 0; i < 100; ++i) {
    plan.add({TaskId("T"), "A", core::ProgressKind::note,
              std::to_string(i) + " " + std::string(1000, 'x'), 1});
  }
  const json frame = board(plan, 50'000);
  CHECK(frame["truncated"] == true);
  CHECK(frame["board"]["tasks"].size() == 1);
  const json& notes = frame["board"]["progress"];
  REQUIRE(notes.size() > 30);
  REQUIRE(notes.size() < 50);
  for (std::size_t i = 0; i < notes.size(); ++i) {
    const std::string text = notes[i]["text"];
    CHECK(text.substr(0, text.find(' ')) == std::to_string(100 - notes.size() + i));
  }
}

TEST_CASE("a board with too many tasks stops at what fits", "[wire][encode]") {
  core::Plan plan{core::Limits{}};
  for (int i = 0; i < 100; ++i) plan.put(plan_task("T" + std::to_string(100 + i), 1000));
  plan.add({TaskId(""), "A", core::ProgressKind::note, "n", 1});
  CHECK_FALSE(board(plan, 200'000).contains("truncated"));
  const json frame = board(plan, 20'000);
  CHECK(frame["truncated"] == true);
  CHECK(frame["board"]["tasks"].size() > 5);
  CHECK(frame["board"]["tasks"].size() < 20);
}

TEST_CASE("a manifest has the cards by agent and is bounded too", "[wire][encode]") {
  core::Cards cards;
  for (int i = 0; i < 50; ++i) {
    core::Card card;
    card.agent = AgentName("agent" + std::to_string(149 - i));
    card.description = std::string(1000, 'd');
    cards.put(card.agent, card);
  }
  const json whole = json::parse(encoder.manifest(asker, cards, {}, ample, 1));
  CHECK(whole["type"] == "manifest_snapshot");
  CHECK_FALSE(whole.contains("truncated"));
  REQUIRE(whole["manifest"].size() == 50);
  CHECK(whole["manifest"][0]["agent"] == "agent100");
  CHECK(whole["manifest"][49]["agent"] == "agent149");
  const std::string text = encoder.manifest(asker, cards, {}, 20'000, 1);
  CHECK(text.size() <= 20'000);
  const json some = json::parse(text);
  CHECK(some["truncated"] == true);
  CHECK(some["manifest"].size() < 20);
  CHECK_FALSE(some["manifest"].empty());
}

TEST_CASE("a bound that has no room for anything still gives a snapshot", "[wire][encode]") {
  core::Machine machine{core::Limits{}};
  machine.replay(core::LeaseGranted{lease("T")});
  const json frame = json::parse(encoder.state(asker, machine, {}, 1, 1));
  CHECK(frame["truncated"] == true);
  CHECK(frame["snapshot"]["active_claims"].empty());
  core::Machine empty{core::Limits{}};
  CHECK_FALSE(json::parse(encoder.state(asker, empty, {}, 1, 1)).contains("truncated"));
}

TEST_CASE("text that needs escapes is counted as it is written", "[wire][encode]") {
  core::Machine machine{core::Limits{}};
  for (int i = 0; i < 100; ++i) {
    core::Lease hostile = lease("T" + std::to_string(i));
    hostile.note = std::string(500, '\x01');  // Six bytes each.
    machine.replay(core::LeaseGranted{hostile});
  }
  CHECK(state(machine, 50'000)["truncated"] == true);
}

namespace {

// Every page from the first to the last, by a reader that goes on at `next`.
template <class Ask>
std::vector<json> all_pages(const Ask& ask) {
  std::vector<json> pages;
  wire::PageWish wish;
  for (;;) {
    pages.push_back(ask(wish));
    REQUIRE(pages.size() <= 500);
    if (!pages.back().contains("next")) return pages;
    CHECK(pages.back()["truncated"] == true);
    wish.after = pages.back()["next"].get<std::vector<std::string>>();
  }
}

core::Machine& filled(core::Machine& machine) {
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(100 + i);
    machine.replay(core::LeaseGranted{lease("T" + number, 300)});
    be_seen(machine, AgentName("agent" + number), {7.5, Mono(0)});
    core::Offer offer;
    offer.agent = AgentName("agent" + number);
    offer.kind = "k";
    offer.name = "n:" + number;
    machine.replay(core::ResourceOffered{offer});
    core::Lease lapsed = lease("L" + number);
    machine.replay(core::TaskUpdated{lapsed});
    machine.replay(core::LeaseExpired{lapsed.task_id, lapsed.owner, lapsed.epoch, ""});
  }
  return machine;
}

}  // namespace

TEST_CASE("the pages of a state together are the whole, each item once", "[wire][encode]") {
  core::Machine machine{core::Limits{}};
  const json whole = state(filled(machine), ample)["snapshot"];
  REQUIRE(whole["lapsed"].size() == 40);
  const std::size_t limit = GENERATE(1U, 7U, 100'000U);
  json joined = {{"active_claims", json::array()},
                 {"agents", json::array()},
                 {"resources", json::array()},
                 {"lapsed", json::array()}};
  const std::vector<json> pages = all_pages([&](wire::PageWish wish) {
    if (limit < 100'000U) wish.limit = limit;
    return state(machine, 12'000, {{}, wish});
  });
  std::size_t items_in_all = 0;
  for (const auto& [name, list] : joined.items()) {
    REQUIRE(whole[name].size() >= 1);
    items_in_all += whole[name].size();
  }
  CHECK(pages.size() >= items_in_all / limit);
  CHECK(pages.size() > 1);
  for (const json& page : pages) {
    std::size_t items = 0;
    for (auto& [name, list] : joined.items()) {
      const json& more = page["snapshot"][name];
      items += more.size();
      list.insert(list.end(), more.begin(), more.end());
    }
    CHECK(items <= limit);
  }
  for (const auto& [name, list] : joined.items()) CHECK(list == whole[name]);
}

TEST_CASE("the pages of a board have each task, what is ready and each note once",
          "[wire][encode]") {
  core::Limits limits;
  limits.progress_max = 50;
  core::Plan plan(limits);
  for (int i = 0; i < 30; ++i) {
    core::PlanTask task = plan_task("T" + std::to_string(100 + i), 400);
    if (i % 2 == 1) task.depends_on = {TaskId("T100")};
    plan.put(task);
  }
  for (int i = 0; i < 80; ++i) {
    plan.add(
        {TaskId("T"), "A", core::ProgressKind::note, std::to_string(i) + std::string(300, 'x'), 1});
  }
  const json whole = board(plan, ample)["board"];
  json tasks = json::array();
  json ready = json::array();
  json notes = json::array();
  for (const json& page :
       all_pages([&](const wire::PageWish& wish) { return board(plan, 11'000, wish); })) {
    const json& shown = page["board"];
    tasks.insert(tasks.end(), shown["tasks"].begin(), shown["tasks"].end());
    ready.insert(ready.end(), shown["ready"].begin(), shown["ready"].end());
    json before = shown["progress"];  // The newest come first.
    before.insert(before.end(), notes.begin(), notes.end());
    notes = before;
  }
  CHECK(tasks == whole["tasks"]);
  CHECK(ready == whole["ready"]);
  CHECK(notes == whole["progress"]);
}

TEST_CASE("the pages of a manifest have each card once", "[wire][encode]") {
  core::Cards cards;
  for (int i = 0; i < 20; ++i) {
    core::Card card;
    card.agent = AgentName("agent" + std::to_string(100 + i));
    card.description = std::string(1000, 'd');
    cards.put(card.agent, card);
  }
  std::size_t shown = 0;
  for (const json& page : all_pages([&](const wire::PageWish& wish) {
         return json::parse(encoder.manifest(asker, cards, wish, 13'000, 1));
       })) {
    shown += page["manifest"].size();
  }
  CHECK(shown == 20);
}

TEST_CASE("a list has long texts of a claim in part, and a question about it has them whole",
          "[wire][encode]") {
  core::Machine machine{core::Limits{}};
  core::Lease big = lease("big", 5000);
  big.checkpoint = std::string(1'000'000, 'c');
  machine.replay(core::LeaseGranted{big});
  machine.replay(core::LeaseGranted{lease("small", 4096)});
  const json listed = state(machine, 1U << 20U)["snapshot"]["active_claims"];
  REQUIRE(listed.size() == 2);
  CHECK(listed[0]["note"] == std::string(4096, 'n'));
  CHECK(listed[0]["checkpoint"] == std::string(4096, 'c'));
  CHECK(listed[0]["truncated"] == true);
  CHECK(listed[1]["note"] == std::string(4096, 'n'));
  CHECK_FALSE(listed[1].contains("truncated"));
  const json one = state(machine, 2U << 20U, {TaskId("big"), {}})["snapshot"]["active_claims"];
  REQUIRE(one.size() == 1);
  CHECK(one[0]["checkpoint"] == big.checkpoint);
  CHECK(one[0]["note"] == big.note);
  CHECK_FALSE(one[0].contains("truncated"));
  const json cut = state(machine, 100'000, {TaskId("big"), {}})["snapshot"]["active_claims"];
  CHECK(cut[0]["truncated"] == true);
  CHECK(state(machine, ample, {TaskId("none"), {}})["snapshot"]["active_claims"].empty());
}

TEST_CASE("an item that fits no page is passed over, and nobody waits there for ever",
          "[wire][encode]") {
  core::Machine machine{core::Limits{}};
  core::Lease huge = lease("M");
  huge.paths.assign(40, std::string(1000, 'p'));
  machine.replay(core::LeaseGranted{lease("A")});
  machine.replay(core::LeaseGranted{huge});
  machine.replay(core::LeaseGranted{lease("Z")});
  std::vector<std::string> tasks;
  for (const json& page : all_pages([&](const wire::PageWish& wish) {
         return state(machine, 20'000, {{}, wish});
       })) {
    for (const json& claim : page["snapshot"]["active_claims"]) tasks.push_back(claim["task_id"]);
  }
  CHECK(tasks == std::vector<std::string>{"A", "Z"});
}
