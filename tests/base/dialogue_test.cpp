// SPDX-License-Identifier: AGPL-3.0-or-later
// Other programs, spoken to by lines.
#include "base/dialogue.hpp"

#include "support/catch.hpp"

namespace {

using namespace synapse;
using base::Dialogue;

Result<Dialogue> shell(const std::string& script,
                       std::chrono::milliseconds patience = std::chrono::minutes(1)) {
  return Dialogue::start({"sh", "-c", script}, "/", std::chrono::steady_clock::now() + patience);
}

}  // namespace

TEST_CASE("a program is told lines, and heard line by line", "[base][dialogue]") {
  auto program = shell("read a; read b; echo \"$b then $a\"; pwd; printf last");
  REQUIRE(program.has_value());
  REQUIRE(program->say("one").has_value());
  REQUIRE(program->say("two").has_value());
  CHECK(program->hear().value() == "two then one");
  CHECK(program->hear().value() == "/");
  CHECK(program->hear().value() == "last");
  CHECK(program->hear().error().code == ErrorCode::not_found);
}

TEST_CASE("a program that says nothing is not waited for past the deadline", "[base][dialogue]") {
  auto program = shell("exec sleep 600", std::chrono::milliseconds(1));
  REQUIRE(program.has_value());
  CHECK(program->hear().error().code == ErrorCode::timed_out);
  // It reads nothing either, so that at last nothing can be said.
  const std::string much(1UL << 20U, 'x');
  Result<> said;
  for (int i = 0; i < 100 && said; ++i) said = program->say(much);
  CHECK(said.error().code == ErrorCode::timed_out);
}

TEST_CASE("a program that has ended, that is not there, or that talks without end is an error",
          "[base][dialogue]") {
  auto gone = shell("exec <&-; echo closed; exec sleep 600");
  REQUIRE(gone.has_value());
  REQUIRE(gone->hear().value() == "closed");
  CHECK(gone->say("hello").error().code == ErrorCode::io_error);
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  CHECK(Dialogue::start({"/no/such/program"}, {}, end).error().code == ErrorCode::not_found);
  auto talker = shell("exec cat /dev/zero");
  REQUIRE(talker.has_value());
  CHECK(talker->hear().error().code == ErrorCode::io_error);
}
