// SPDX-License-Identifier: AGPL-3.0-or-later
#include "client/pages.hpp"

#include "support/catch.hpp"

using namespace synapse;
using namespace synapse::client;

namespace {

Json request_of(const char* type) { return {{"type", type}}; }

Json board_page(const Json& tasks, const Json& progress, const Json& next = {}) {
  Json page{{"type", "board_snapshot"},
            {"timestamp", 1.5},
            {"board", {{"tasks", tasks}, {"ready", tasks}, {"progress", progress}}}};
  if (!next.is_null()) {
    page["next"] = next;
    page["truncated"] = true;
  }
  return page;
}

}  // namespace

TEST_CASE("a snapshot is asked for page by page, unless somebody wants one of their own",
          "[client][pages]") {
  for (const char* type : {"state_request", "board_request", "manifest_request"}) {
    CHECK(Pages::are_asked({{"type", type}}));
    for (const char* own : {"max_bytes", "limit", "after", "task_id"}) {
      CHECK_FALSE(Pages::are_asked({{"type", type}, {own, 1}}));
    }
  }
  for (const char* type : {"history_request", "who_request", "claim"}) {
    CHECK_FALSE(Pages::are_asked({{"type", type}}));
  }
}

TEST_CASE("pages are joined in the order of what they list", "[client][pages]") {
  Json asked = request_of("board_request");
  asked["payload"] = "p";
  Pages pages(asked);
  Json request = *pages.next();
  CHECK(request["max_bytes"] == Pages::page_bytes_max);
  CHECK_FALSE(request.contains("after"));
  pages.add(board_page({"a", "b"}, Json::array(), {"tasks", "b"}));
  request = *pages.next();
  CHECK(request["after"] == Json{"tasks", "b"});
  CHECK(request["payload"] == "p");
  pages.add(board_page({"c"}, {"n2", "n3"}, {"progress", "2"}));
  REQUIRE(pages.next());
  pages.add(board_page(Json::array(), {"n0", "n1"}));
  CHECK_FALSE(pages.next());
  const Json whole = *pages.whole();
  CHECK(whole["board"]["tasks"] == Json{"a", "b", "c"});
  CHECK(whole["board"]["ready"] == Json{"a", "b", "c"});
  CHECK(whole["board"]["progress"] == Json{"n0", "n1", "n2", "n3"});
  CHECK_FALSE(whole.contains("next"));
  CHECK_FALSE(whole.contains("truncated"));
  CHECK(whole["timestamp"] == 1.5);
}

TEST_CASE("a manifest's pages are joined in the frame itself", "[client][pages]") {
  Pages pages(request_of("manifest_request"));
  pages.add({{"manifest", {1}}, {"next", {"manifest", "a"}}, {"truncated", true}});
  pages.add({{"manifest", {2}}});
  CHECK(pages.whole()->at("manifest") == Json{1, 2});
}

TEST_CASE("a last page that is not all says so, and a hub that stays in a place is asked no more",
          "[client][pages]") {
  Pages cut(request_of("state_request"));
  cut.add({{"snapshot", {{"active_claims", {1}}}}, {"truncated", true}});
  CHECK_FALSE(cut.next());
  CHECK(cut.whole()->at("truncated") == true);

  Pages stuck(request_of("state_request"));
  const Json page{{"snapshot", {{"active_claims", {1}}}},
                  {"truncated", true},
                  {"next", {"active_claims", "T"}}};
  stuck.add(page);
  REQUIRE(stuck.next());
  stuck.add(page);
  CHECK_FALSE(stuck.next());
  CHECK(stuck.whole()->at("truncated") == true);
}

TEST_CASE("no more pages are read than are held", "[client][pages]") {
  Pages pages(request_of("state_request"));
  std::size_t read = 0;
  while (pages.next()) {
    ++read;
    pages.add({{"snapshot", {{"active_claims", {1}}}},
               {"truncated", true},
               {"next", {"active_claims", std::to_string(read)}}});
  }
  CHECK(read == Pages::pages_max);
  CHECK(pages.whole()->at("truncated") == true);
}
