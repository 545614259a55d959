// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/addressing.hpp"

#include "support/catch.hpp"

using namespace synapse::wire;

TEST_CASE("a blank target and all mean everybody", "[wire][addressing]") {
  for (const char* target : {"", "  ", "all", " all "}) {
    INFO('"' << target << '"');
    CHECK(is_broadcast(target));
    CHECK(is_recipient(target, "p/a"));
    CHECK_FALSE(is_directed(target, "p/a"));
    CHECK(addresses_project(target, "p"));
    CHECK(is_group(target));
  }
  for (const char* target : {"All", "ALL", "all,b", "al"}) {
    INFO(target);
    CHECK_FALSE(is_broadcast(target));
  }
}

TEST_CASE("who is meant by a target", "[wire][addressing]") {
  struct Row {
    const char* target;
    const char* name;
    bool recipient;
    bool directed;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"p/a", "p/a", true, true},     {"p/a", "p/b", false, false},
           {"p/a", "P/a", false, false},  // Case counts.
           {"p", "p/a", true, false},     // The project, not the name itself.
           {"p", "p", true, true},         {"p", "pq/a", false, false},
           {"a", "p/a", false, false},     {"x, p/a ,y", "p/a", true, true},
           {"x,,y", "", false, false},     {"x,all", "p/a", true, false},
           {"all,p/a", "p/a", true, true}, {"p/*", "p/a", true, true},
           {"p/*", "p/a/b", true, true},  // A star crosses slashes.
           {"p/*", "p", false, false},     {"*", "p/a/b", true, true},
           {"*/b", "p/a/b", true, true},   {"p*", "p/a", true, true},
           {"?", "p/a", true, false},  // Only the project is one character long.
           {"p/?", "p/a", true, true},     {"p?a", "p/a", true, true},
           {"p/[ab]", "p/b", true, true},  {"p/[!ab]", "p/b", false, false},
           {"[pq]", "q/x", true, false},   {"p/a/b", "p/a", false, false},
           {"p/a", "p/a/b", false, false},  // The project ends at the first slash.
       }) {
    INFO('"' << row.target << "\" to " << row.name);
    CHECK(is_recipient(row.target, row.name) == row.recipient);
    CHECK(is_directed(row.target, row.name) == row.directed);
  }
}

TEST_CASE("what addresses a project", "[wire][addressing]") {
  CHECK(project_of("p/a/b") == "p");
  CHECK(project_of("p") == "p");
  CHECK(project_of("/a").empty());
  for (const char* target : {"p", "p/a", "x, p ", "x,p/a/b", "x,all", "p/*", "p/"}) {
    INFO(target);
    CHECK(addresses_project(target, "p"));
  }
  for (const char* target : {"x", "pq", "pq/a", "P", "a/p", "p*", "x,y"}) {
    INFO(target);
    CHECK_FALSE(addresses_project(target, "p"));
  }
}

TEST_CASE("a list, a glob or everybody is a group and a name is none", "[wire][addressing]") {
  for (const char* target : {"a,b", "a*", "a?", "[ab]"}) CHECK(is_group(target));
  for (const char* target : {"a", "p/a", " a "}) CHECK_FALSE(is_group(target));
}

TEST_CASE("any message to its reader wakes who waits for any", "[wire][addressing]") {
  CHECK(wakes("all", "B", false, "p/a", WakeOn::any));
  CHECK(wakes("p", "B", false, "p/a", WakeOn::any));
  CHECK(wakes("p/a", "B", false, "p/a", WakeOn::any));
  CHECK_FALSE(wakes("p/b", "B", false, "p/a", WakeOn::any));
  CHECK_FALSE(wakes("p/b", "CEO", true, "p/a", WakeOn::any));
}

TEST_CASE("directed waiting sleeps through broadcasts but for priority and the CEO",
          "[wire][addressing]") {
  CHECK(wakes("p/a", "B", false, "p/a", WakeOn::directed));
  CHECK(wakes("x,p/*", "B", false, "p/a", WakeOn::directed));
  for (const char* target : {"all", "", "p", "x,all"}) {
    INFO('"' << target << '"');
    CHECK_FALSE(wakes(target, "B", false, "p/a", WakeOn::directed));
    CHECK(wakes(target, "B", true, "p/a", WakeOn::directed));
    CHECK(wakes(target, "CEO", false, "p/a", WakeOn::directed));
    CHECK_FALSE(wakes(target, "ceo", false, "p/a", WakeOn::directed));
  }
  // Neither makes a message to others one's own.
  CHECK_FALSE(wakes("p/b", "CEO", true, "p/a", WakeOn::directed));
}
