// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/lease_book.hpp"

#include "support/catch.hpp"

using namespace synapse;
using mcp::LeaseBook;
using std::chrono::seconds;

namespace {

Result<synapse::Reply> renewed() { return synapse::Reply{true, std::make_shared<Json>()}; }

}  // namespace

TEST_CASE("a lease is due at a third of its length, and again after each renewal", "[mcp][lease]") {
  LeaseBook book(seconds(600));
  CHECK_FALSE(book.next_due());
  book.keep("t", 1, {"/w", {"src"}}, seconds(1000));
  CHECK(book.next_due() == Mono(seconds(1200)));
  CHECK_FALSE(book.due(seconds(1199)));
  CHECK(book.due(seconds(1200)) == "t");
  CHECK(book.take("t", renewed(), seconds(1200), seconds(1200)) == client::Renewal::kept);
  CHECK_FALSE(book.due(seconds(1399)));
  book.doubt("t", seconds(1205));
  CHECK(book.due(seconds(1205)) == "t");
}

TEST_CASE("the lease that has been due the longest comes first", "[mcp][lease]") {
  LeaseBook book(seconds(600));
  book.keep("b", 1, {}, seconds(0));
  book.keep("a", 1, {}, seconds(50));
  CHECK(book.due(seconds(1000)) == "b");
  CHECK(book.take("b", renewed(), seconds(1000), seconds(1000)) == client::Renewal::kept);
  CHECK(book.due(seconds(1000)) == "a");
  book.doubt_all(seconds(10));
  CHECK(book.next_due() == Mono(seconds(10)));
}

TEST_CASE("a lease is known by the call that brought it", "[mcp][lease]") {
  LeaseBook book(seconds(600));
  book.keep("mine", 1, {}, seconds(0));
  book.keep("yours", 2, {}, seconds(0));
  book.keep("gift", 0, {}, seconds(0));
  CHECK(book.granted_by(1) == "mine");
  CHECK_FALSE(book.granted_by(3));
  CHECK_FALSE(book.granted_by(0));
  CHECK(book.drop("mine"));
  CHECK_FALSE(book.granted_by(1));
  CHECK(book.drop("gift"));
  CHECK(book.drop("yours"));
  CHECK_FALSE(book.drop("yours"));
  CHECK_FALSE(book.next_due());
}

TEST_CASE("a lease that could not be renewed in time is told of once, until it is kept again",
          "[mcp][lease]") {
  LeaseBook book(seconds(600));
  book.keep("t", 1, {}, seconds(1000));
  CHECK(book.run_out(seconds(1598)).empty());
  CHECK(book.run_out(seconds(1599)) == std::vector<std::string>{"t"});
  CHECK(book.run_out(seconds(1700)).empty());
  CHECK(book.take("t", renewed(), seconds(1700), seconds(1700)) == client::Renewal::kept);
  CHECK(book.run_out(seconds(2299)) == std::vector<std::string>{"t"});
}
