// SPDX-License-Identifier: AGPL-3.0-or-later
// History and resume: bounded pages, by which a reader that goes on loses nothing unawares.
#include <nlohmann/json.hpp>

#include "encoder.hpp"
#include "support/catch.hpp"
#include "wire/records.hpp"

using namespace synapse;
using namespace synapse::test;
using nlohmann::json;

namespace {

// What a snapshot sets aside for its envelope.
constexpr std::size_t overhead = 4096;

core::ChatMessage message(std::uint64_t id, std::size_t bytes = 0) {
  return {MessageId{id}, asker,  "all", R"({"payload":")" + std::string(bytes, 'p') + R"("})",
          1.5,           "syn-1"};
}

core::History kept(std::uint64_t first, std::uint64_t last, std::size_t bytes = 1000) {
  core::History history(10'000, ample * 64);
  for (std::uint64_t id = first; id <= last; ++id) history.add(message(id, bytes));
  return history;
}

json history_of(const core::History& history, std::optional<std::int64_t> limit,
                std::size_t max_bytes = ample) {
  const std::string text = encoder.history(asker, history, {limit}, max_bytes, 2);
  CHECK(text.size() <= max_bytes);
  return json::parse(text);
}

json resume_of(const core::History& history, std::uint64_t since, std::size_t max_bytes = ample) {
  return json::parse(
      encoder.resume(asker, history, {since, static_cast<std::int64_t>(since)}, max_bytes, 2));
}

std::vector<std::uint64_t> ids(const json& messages) {
  std::vector<std::uint64_t> ids;
  for (const json& one : messages) ids.push_back(one["msg_id"]);
  return ids;
}

using Ids = std::vector<std::uint64_t>;

// Asks page after page, as a client does. What it is told: the messages, and whether some are lost.
struct Reading {
  Ids ids;
  std::size_t pages = 0;
  bool gap = false;
};

Reading read_on(const core::History& history, std::uint64_t since, std::size_t max_bytes) {
  Reading reading;
  for (bool more = true; more;) {
    REQUIRE(++reading.pages < 1000);
    const json page = resume_of(history, since, max_bytes);
    CHECK(page.dump().size() <= std::max(max_bytes, overhead));
    for (const std::uint64_t id : ids(page["messages"])) reading.ids.push_back(id);
    reading.gap = reading.gap || page.contains("gap");
    more = page.contains("truncated");
    if (more) CHECK(page["since"] > since);
    since = page["since"];
  }
  return reading;
}

Ids up_from(std::uint64_t first, std::uint64_t last) {
  Ids ids;
  for (; first <= last; ++first) ids.push_back(first);
  return ids;
}

}  // namespace

TEST_CASE("a history is the last so many, oldest first, and at least one", "[wire][encode]") {
  const core::History history = kept(3, 7, 1);
  const json all = history_of(history, {});
  CHECK(all["type"] == "history_snapshot");
  CHECK(all["target"] == "A");
  CHECK(ids(all["history"]) == Ids{3, 4, 5, 6, 7});
  CHECK(all["requested_limit"] == "all");
  CHECK_FALSE(all.contains("truncated"));
  const json two = history_of(history, 2);
  CHECK(ids(two["history"]) == Ids{6, 7});
  CHECK(two["requested_limit"] == 2);
  CHECK(ids(history_of(history, 0)["history"]) == Ids{7});
  CHECK(ids(history_of(history, -5)["history"]) == Ids{7});
  CHECK(history_of(history, -5)["requested_limit"] == 1);
  CHECK(ids(history_of(history, 99)["history"]) == Ids{3, 4, 5, 6, 7});
  CHECK(history_of(core::History(10, 100), {})["history"].empty());
}

TEST_CASE("a message is in a snapshot as it was broadcast", "[wire][encode]") {
  const core::History history = kept(3, 3, 2);
  const json frame = json::parse(wire::chat_frame(message(3, 2)));
  CHECK(history_of(history, {})["history"][0] == frame);
  CHECK(resume_of(history, 0)["messages"][0] == frame);
}

TEST_CASE("a history keeps the newest that fit and says where to go on", "[wire][encode]") {
  const core::History history = kept(11, 110);
  const json some = history_of(history, {}, 20'000);
  CHECK(some["truncated"] == true);
  const Ids shown = ids(some["history"]);
  REQUIRE(shown.size() > 5);
  REQUIRE(shown.size() < 20);
  CHECK(shown == up_from(111 - shown.size(), 110));
  CHECK(some["since"] == 10);  // From there on is what it left out.
  const json fifty = history_of(history, 50, 20'000);
  CHECK(fifty["since"] == 60);
  CHECK(fifty["requested_limit"] == 50);
  CHECK_FALSE(history_of(history, 5, 20'000).contains("truncated"));
}

TEST_CASE("what a truncated history left out is found by resuming", "[wire][encode]") {
  const core::History history = kept(11, 110);
  const json some = history_of(history, 50, 20'000);
  const Reading rest = read_on(history, some["since"], 20'000);
  CHECK(rest.ids == up_from(61, 110));
  CHECK_FALSE(rest.gap);
}

TEST_CASE("a resume is all that came after", "[wire][encode]") {
  const core::History history = kept(1, 5, 1);
  const json page = resume_of(history, 2);
  CHECK(page["type"] == "resume_snapshot");
  CHECK(page["target"] == "A");
  CHECK(page["since"] == 2);
  CHECK(ids(page["messages"]) == Ids{3, 4, 5});
  CHECK_FALSE(page.contains("truncated"));
  CHECK_FALSE(page.contains("gap"));
  CHECK(resume_of(history, 5)["messages"].empty());
  CHECK_FALSE(resume_of(history, 5).contains("gap"));
  CHECK(resume_of(history, 99)["messages"].empty());
  CHECK_FALSE(resume_of(history, 99).contains("gap"));
  CHECK_FALSE(resume_of(core::History(10, 100), 0).contains("gap"));
}

TEST_CASE("a reader that resumes page by page misses nothing", "[wire][encode]") {
  const core::History history = kept(1, 200);
  for (const std::size_t max_bytes : {6000U, 10'000U, 100'000U, 1'000'000U}) {
    INFO(max_bytes);
    const Reading all = read_on(history, 0, max_bytes);
    CHECK(all.ids == up_from(1, 200));
    CHECK_FALSE(all.gap);
    CHECK(read_on(history, 150, max_bytes).ids == up_from(151, 200));
  }
  CHECK(read_on(history, 0, 1'000'000).pages == 1);
  CHECK(read_on(history, 0, 10'000).pages > 20);
}

TEST_CASE("a reader that was away too long is told so", "[wire][encode]") {
  const core::History history = kept(11, 20, 1);
  CHECK(resume_of(history, 9)["gap"] == true);
  CHECK(ids(resume_of(history, 9)["messages"]) == up_from(11, 20));
  CHECK_FALSE(resume_of(history, 10).contains("gap"));
  CHECK_FALSE(resume_of(history, 15).contains("gap"));
}

TEST_CASE("what is missing in the middle or at the end is a gap as well", "[wire][encode]") {
  core::History history(100, ample);
  history.add(message(1));
  history.add(message(2));
  history.add(message(5));
  CHECK(resume_of(history, 0)["gap"] == true);
  CHECK(resume_of(history, 3)["gap"] == true);
  CHECK_FALSE(resume_of(history, 4).contains("gap"));
  history.saw(MessageId{6});
  CHECK(resume_of(history, 4)["gap"] == true);
  CHECK(resume_of(history, 5)["gap"] == true);
  CHECK_FALSE(resume_of(history, 6).contains("gap"));
}

TEST_CASE("numbers that were given and of which nothing is kept are a gap", "[wire][encode]") {
  core::History history(100, ample);
  history.saw(MessageId{7});
  CHECK(resume_of(history, 0)["gap"] == true);
  CHECK(resume_of(history, 6)["gap"] == true);
  CHECK_FALSE(resume_of(history, 7).contains("gap"));
}

TEST_CASE("a message that fits no page is passed over and told as a gap", "[wire][encode]") {
  core::History history(100, ample);
  history.add(message(1, 10));
  history.add(message(2, 50'000));
  history.add(message(3, 10));
  const Reading small = read_on(history, 0, 10'000);
  CHECK(small.ids == Ids{1, 3});
  CHECK(small.gap);
  CHECK(read_on(history, 0, 100'000).ids == Ids{1, 2, 3});
  CHECK_FALSE(read_on(history, 0, 100'000).gap);
  // Even when nothing fits at all the reader comes to an end.
  const Reading none = read_on(history, 0, 1);
  CHECK(none.ids.empty());
  CHECK(none.gap);
}

TEST_CASE("a resume that leaves nothing out repeats what it was asked", "[wire][encode]") {
  const core::History history(10, 1000);
  const json page = json::parse(encoder.resume(asker, history, {0, -4}, ample, 2));
  CHECK(page["since"] == -4);
  CHECK(page["messages"].empty());
}
