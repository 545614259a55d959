// SPDX-License-Identifier: AGPL-3.0-or-later
#include "conformance/match.hpp"

#include "support/catch.hpp"

namespace {

using nlohmann::json;
using synapse::test::differences;
using synapse::test::missing_members;

std::vector<std::string> between(const char* want, const char* got) {
  return differences(json::parse(want), json::parse(got), "A");
}

}  // namespace

TEST_CASE("keys that were not recorded are no difference, at any depth", "[conformance][match]") {
  CHECK(between(R"({"a":1,"o":{"b":[{"c":2}]}})",
                R"({"a":1.0,"new":0,"o":{"b":[{"c":2,"new":0}],"new":0}})")
            .empty());
}

TEST_CASE("a recorded key that is missing is named with its place", "[conformance][match]") {
  CHECK(between(R"({"o":{"code":"x"}})", R"({"o":{}})") ==
        std::vector<std::string>{R"(A.o.code: missing, want "x")"});
}

TEST_CASE("a different value is shown beside the wanted one", "[conformance][match]") {
  CHECK(between(R"({"epoch":[3]})", R"({"epoch":[4]})") ==
        std::vector<std::string>{"A.epoch[0]: want 3, got 4"});
}

TEST_CASE("a list differs by its number and by its order", "[conformance][match]") {
  CHECK(between("[1]", "[1,2]").size() == 1);
  CHECK(between("[1,2]", "[1]").size() == 1);
  CHECK(between("[1,2]", "[2,1]").size() == 2);
}

TEST_CASE("a placeholder takes only what it stands for", "[conformance][match]") {
  const char* all = R"(["<time>","<hub>","<text>","<anon>"])";
  CHECK(between(all, R"([1.5,"syn-1","","anon-1"])").empty());
  CHECK(between(all, R"(["1","",null,"bob"])").size() == 4);
  CHECK(between(R"("<time>")", "true").size() == 1);
}

TEST_CASE("a placeholder after a prefix takes the rest of the line", "[conformance][match]") {
  CHECK(between(R"("  note: <text>")", R"("  note: anything")").empty());
  CHECK(between(R"("  note: <text>")", R"("note: anything")").size() == 1);
}

TEST_CASE("truth is no number", "[conformance][match]") {
  CHECK(between("1", "true").size() == 1);
  CHECK(between("null", "false").size() == 1);
}

TEST_CASE("a list of names may grow but not shrink", "[conformance][match]") {
  CHECK(missing_members({"a", "b"}, {"c", "b", "a"}, "keys").empty());
  CHECK(missing_members({"a", "b"}, {"b", "c"}, "keys").size() == 1);
}
