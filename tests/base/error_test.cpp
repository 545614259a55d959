// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/error.hpp"

#include <set>
#include <stdexcept>

#include "support/catch.hpp"

namespace {

using synapse::Error;
using synapse::ErrorCode;
using synapse::Result;

// The last of the enumeration; the tests below go through all up to it.
constexpr ErrorCode last_code = ErrorCode::cancelled;

template <class Check>
void for_every_code(Check check) {
  for (int i = 0; i <= static_cast<int>(last_code); ++i) check(static_cast<ErrorCode>(i));
}

Result<int> half_of(int number) {
  if (number % 2 != 0) return synapse::fail(ErrorCode::bad_argument);
  return number / 2;
}

}  // namespace

TEST_CASE("every error code has a wire name of its own", "[base][error]") {
  std::set<std::string_view> names;
  for_every_code([&names](ErrorCode code) {
    const std::string_view name = wire_name(code);
    INFO(name);
    CHECK(!name.empty());
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == name.npos);
    CHECK(names.insert(name).second);
  });
  CHECK(names.size() == static_cast<std::size_t>(last_code) + 1);
}

TEST_CASE("every error code has one plain sentence without a full stop", "[base][error]") {
  std::set<std::string_view> texts;
  for_every_code([&texts](ErrorCode code) {
    const std::string_view sentence = text(code);
    INFO(wire_name(code) << ": " << sentence);
    CHECK(!sentence.empty());
    CHECK(sentence.back() != '.');
    CHECK(texts.insert(sentence).second);
  });
}

TEST_CASE("names that programs match on stay what they are", "[base][error]") {
  CHECK(wire_name(ErrorCode::malformed_json) == "malformed_json");
  CHECK(wire_name(ErrorCode::idempotency_conflict) == "idempotency_conflict");
  CHECK(wire_name(ErrorCode::scope_held) == "scope_held");
  CHECK(wire_name(ErrorCode::stale_epoch) == "stale_epoch");
  CHECK(wire_name(ErrorCode::deadlock) == "deadlock");
  CHECK(wire_name(ErrorCode::read_only) == "read_only");
}

TEST_CASE("an error carries its code's text unless it is given one", "[base][error]") {
  const Error plain = synapse::fail(ErrorCode::scope_held);
  CHECK(plain.code == ErrorCode::scope_held);
  CHECK(plain.message == text(ErrorCode::scope_held));
  CHECK(synapse::fail(ErrorCode::scope_held, "held by B").message == "held by B");
}

TEST_CASE("a result holds a value or an error, and throws when used without a look",
          "[base][error]") {
  CHECK(half_of(8).value() == 4);
  const Result<int> refused = half_of(7);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == ErrorCode::bad_argument);
  CHECK_THROWS_AS(refused.value(), std::logic_error);
}
