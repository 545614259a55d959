// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/tools.hpp"

#include "support/catch.hpp"
#include "support/result_text.hpp"

using namespace synapse;
using namespace synapse::mcp;

namespace {

std::string read_refusal(const std::string& tool, const Json& arguments) {
  const Result<Call> call = read_call(tool, arguments);
  return call ? "accepted" : call.error().message;
}

}  // namespace

TEST_CASE("all that a model is told of the tools stays under 6 KB in each revision",
          "[mcp][tools]") {
  for (const Revision& revision : revisions()) {
    INFO(revision.name);
    const Json list = tool_list(revision);
    CHECK(list.size() == 11);
    CHECK(rpc::encode(list).size() + rpc::encode(resource_list()).size() < 6000);
    for (const Json& tool : list) {
      CHECK(tool.contains("outputSchema") == (revision.structured_output == Support::present));
      CHECK(tool.contains("annotations") == (revision.tool_annotations == Support::present));
    }
  }
}

TEST_CASE("good arguments make the call that they describe", "[mcp][tools]") {
  const auto claim = std::get<Claim>(
      read_call("synapse_claim", {{"task_id", "t"}, {"paths", {"a", "b"}}}).value());
  CHECK(claim.task_id == "t");
  CHECK(claim.paths == std::vector<std::string>{"a", "b"});
  const auto update = std::get<UpdateTask>(
      read_call("synapse_task_update", {{"task_id", "t"}, {"status", "done"}}).value());
  CHECK(update.status == "done");
  CHECK_FALSE(update.suggested_owner);
  CHECK(std::get<Look>(read_call("synapse_manifest", Json::object()).value()).at ==
        Resource::manifest);
  // Models write null for what they leave out.
  CHECK(read_call("synapse_claim", {{"task_id", "t"}, {"paths", nullptr}}).has_value());
}

TEST_CASE("a bad argument is refused by its name", "[mcp][tools]") {
  CHECK(read_refusal("synapse_claim", Json::object()) == "synapse_claim needs \"task_id\"");
  CHECK(read_refusal("synapse_claim", {{"task_id", nullptr}}) == "synapse_claim needs \"task_id\"");
  CHECK(read_refusal("synapse_claim", {{"task_id", 7}}) == "\"task_id\" must be a string");
  CHECK(read_refusal("synapse_claim", {{"task_id", " "}}) == "\"task_id\" must not be blank");
  CHECK(read_refusal("synapse_claim", {{"task_id", std::string(257, 'x')}}) ==
        "\"task_id\" is longer than 256 bytes");
  CHECK(read_refusal("synapse_claim", {{"task_id", std::string(256, 'x')}}) == "accepted");
  CHECK(read_refusal("synapse_claim", {{"task_id", "t"}, {"paths", "src"}}) ==
        "\"paths\" must be a list of strings");
  CHECK(read_refusal("synapse_claim", {{"task_id", "t"}, {"paths", {"src", 1}}}) ==
        "an item of \"paths\" must be a string");
  CHECK(read_refusal("synapse_claim", {{"task_id", "t"}, {"paths", Json(513, "x")}}) ==
        "\"paths\" has more than 512 items");
  CHECK(read_refusal("synapse_claim",
                     {{"task_id", "t"}, {"paths", Json(40, std::string(4000, 'x'))}}) ==
        "\"paths\" is longer than 131072 bytes in all");
  CHECK(read_refusal("synapse_claim", {{"task_id", "t"}, {"files", Json::array()}}) ==
        "synapse_claim has no argument \"files\"; it takes task_id, paths");
  CHECK(read_refusal("synapse_state", {{"mine", "yes"}}) == "\"mine\" must be true or false");
  CHECK(read_refusal("synapse_state", {{"limit", 1001}}) ==
        "\"limit\" must be a whole number of at most 1000");
  CHECK(read_refusal("synapse_who_holds", Json::object()) == "synapse_who_holds needs \"path\"");
  CHECK(read_refusal("synapse_board", {{"all", true}}) ==
        "synapse_board has no argument \"all\"; it takes none");
  CHECK(read_refusal("synapse_task_update", {{"task_id", "t"}, {"status", "odd"}}) ==
        "\"status\" must be one of open, in_progress, blocked, done, cancelled");
  CHECK(read_refusal("synapse_task_update", {{"task_id", "t"}}) ==
        "synapse_task_update needs \"status\" or \"suggested_owner\"");
  CHECK(read_refusal("synapse_dance", Json::object()) ==
        "there is no tool \"synapse_dance\"; see tools/list");
}

TEST_CASE("a string that holds a JSON list is read as that list", "[mcp][tools]") {
  const auto claim = std::get<Claim>(
      read_call("synapse_claim", {{"task_id", "t"}, {"paths", R"(["a.c", "b c.h"])"}}).value());
  CHECK(claim.paths == std::vector<std::string>{"a.c", "b c.h"});
  // One that only looks like it is a wrong argument, and so is a list of other things.
  for (const char* text : {"[a.c", "[1]", "{}", "a.c, b.c"}) {
    INFO(text);
    CHECK(read_refusal("synapse_claim", {{"task_id", "t"}, {"paths", text}}) != "accepted");
  }
  // Elsewhere a string stays what it is.
  CHECK(
      std::get<Send>(read_call("synapse_send", {{"target", "B"}, {"message", R"(["x"])"}}).value())
          .message == R"(["x"])");
}
