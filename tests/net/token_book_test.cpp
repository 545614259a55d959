// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/token_book.hpp"

#include "net/percent.hpp"
#include "support/catch.hpp"
#include "support/result_text.hpp"

using namespace synapse;
using namespace synapse::net;

TEST_CASE("a token is bound to its names", "[net][tokens]") {
  const auto book = TokenBook::parse("# who\n\n t1\tann \nt2 bob , bob-night\r\n");
  REQUIRE(book);
  REQUIRE(book->find("t1") != nullptr);
  CHECK(book->find("t1")->names == std::vector<std::string>{"ann"});
  REQUIRE(book->find("t2") != nullptr);
  CHECK(book->find("t2")->names == std::vector<std::string>{"bob", "bob-night"});
  for (const char* wrong : {"t", "t12", "T1", "#", ""}) CHECK(book->find(wrong) == nullptr);
}

TEST_CASE("the holder of a token goes by its names and those of its helpers", "[net][tokens]") {
  const auto book = TokenBook::parse("t1 shop/ann\nt2 depot/*,eve\nt3 *");
  REQUIRE(book);
  const TokenBook::Entry& ann = *book->find("t1");
  for (const char* own : {"shop/ann", "shop/ann-rx", "shop/ann-presence", "shop/ann-lock-0aF9",
                          "shop/ann-2", "shop/ann-123"}) {
    INFO(own);
    CHECK(ann.allows(own));
  }
  for (const char* other :
       {"", "shop/an", "shop/anna", "shop/ann-night", "shop/ann-", "shop/ann-1234",
        "shop/ann-lock-12", "shop/ann-lock-wxyz", "shop/ann-rx2", "SHOP/ANN"}) {
    INFO(other);
    CHECK_FALSE(ann.allows(other));
  }
  CHECK(ann.first_name() == "shop/ann");
  const TokenBook::Entry& depot = *book->find("t2");
  CHECK(depot.allows("depot/x"));
  CHECK(depot.allows("eve"));
  CHECK_FALSE(depot.allows("shop/x"));
  CHECK(depot.first_name().empty());
  CHECK(book->find("t3")->allows("anybody"));
}

TEST_CASE("a name that is listed for one is no other's, though it looks like a helper's",
          "[net][tokens]") {
  const auto book = TokenBook::parse("t1 bob\nt2 bob-2\nt3 shop/*\nt4 shop/ann,bob\nt5 bob*");
  REQUIRE(book);
  CHECK_FALSE(book->find("t1")->allows("bob-2"));
  CHECK(book->find("t1")->allows("bob-3"));
  CHECK(book->find("t1")->allows("bob-rx"));
  CHECK(book->find("t2")->allows("bob-2"));
  CHECK(book->find("t2")->allows("bob-2-rx"));
  CHECK(book->find("t3")->allows("shop/zoe"));
  CHECK_FALSE(book->find("t3")->allows("shop/ann"));
  CHECK_FALSE(book->find("t3")->allows("shop/ann-rx"));
  CHECK(book->find("t4")->allows("bob"));
  CHECK_FALSE(book->find("t5")->allows("bob-rx"));
  CHECK(book->find("t5")->allows("bobby"));
}

TEST_CASE("a gate knows the token for all, those of its book, and no other", "[net][tokens]") {
  CHECK(TokenGate().is_open());
  CHECK(TokenGate().admit("whatever"));
  const TokenBook book = *TokenBook::parse("t1 ann");
  for (const TokenGate& gate :
       {TokenGate("all", book), TokenGate("", book), TokenGate("all", {})}) {
    CHECK_FALSE(gate.is_open());
    CHECK_FALSE(gate.admit("t2"));
    CHECK_FALSE(gate.admit(""));
  }
  const TokenGate gate("all", book);
  REQUIRE(gate.admit("all"));
  CHECK(gate.admit("all")->holder.empty());
  CHECK(gate.admit("all")->allows("anybody"));
  REQUIRE(gate.admit("t1"));
  CHECK(gate.admit("t1")->holder.size() == 32);
  CHECK(gate.admit("t1")->holder.find("t1") == std::string::npos);
  CHECK_FALSE(gate.admit("t1")->allows("bob"));
  HttpRequest request;
  request.headers = {{"Authorization", "bearer t1"}};
  REQUIRE(gate.admit(request));
  CHECK(gate.admit(request)->allows("ann"));
  request.headers = {{"Authorization", "Basic t1"}};
  CHECK_FALSE(gate.admit(request));
}

TEST_CASE("a line that binds nothing is told by its number, without its token", "[net][tokens]") {
  for (const char* wrong : {"s3cret", "ok a\ns3cret", "s3cret ,", "s3cret a,,b",
                            "s3cret a\ns3cret b", "s3cret a\x01"}) {
    INFO(wrong);
    const auto book = TokenBook::parse(wrong);
    REQUIRE_FALSE(book);
    CHECK(book.error().message.find("line ") == 0);
    CHECK(book.error().message.find("s3cret") == std::string::npos);
  }
  CHECK_FALSE(TokenBook::parse("# nobody\n"));
}

TEST_CASE("what is written as %XX is read, and what is broken is not", "[net][percent]") {
  CHECK(percent_decoded("a%20b%2f%C3%A9") == "a b/é");
  for (const char* broken : {"%", "%2", "%zz", "%ff"}) CHECK_FALSE(percent_decoded(broken));
}
