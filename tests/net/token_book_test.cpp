// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/token_book.hpp"

#include "net/percent.hpp"
#include "support/catch.hpp"
#include "support/result_text.hpp"

using namespace synapse;
using namespace synapse::net;

namespace {

const TokenBook::Entry* found(const TokenBook& book, const std::string& header) {
  HttpRequest request;
  request.headers = {{"Authorization", header}};
  return book.find(request);
}

}  // namespace

TEST_CASE("a token is bound to its names", "[net][tokens]") {
  const auto book = TokenBook::parse("# who\n\n t1\tann \nt2 bob , bob-night\r\n");
  REQUIRE(book);
  REQUIRE(found(*book, "Bearer t1") != nullptr);
  CHECK(found(*book, "Bearer t1")->names == std::vector<std::string>{"ann"});
  REQUIRE(found(*book, "bearer t2") != nullptr);
  CHECK(found(*book, "bearer t2")->names == std::vector<std::string>{"bob", "bob-night"});
  for (const char* wrong : {"Bearer t", "Bearer t12", "t1", "Basic t1", "Bearer #", ""}) {
    CHECK(found(*book, wrong) == nullptr);
  }
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
