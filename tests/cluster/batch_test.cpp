// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cluster/batch.hpp"

#include "base/fnv1a.hpp"
#include "support/catch.hpp"

using namespace synapse;
using namespace synapse::cluster;

namespace {

core::ClaimTask claim() {
  core::ClaimTask command;
  command.task_id = TaskId("T1");
  command.ttl = 60.5;
  command.worktree = "w";
  command.paths = {"a", "b/*"};
  command.if_held = core::IfHeld::wait;
  command.if_own = core::IfOwn::refuse;
  command.wait_seconds = 3;
  return command;
}

core::Entry entry(decltype(core::Entry::what) what) {
  return {SessionId{7}, {}, std::move(what), 99};
}

std::string sealed(std::string body) {
  const std::uint64_t digest = base::fnv1a(body);
  for (unsigned shift = 0; shift < 64; shift += 8) body += static_cast<char>(digest >> shift);
  return body;
}

}  // namespace

TEST_CASE("a batch that was written reads as it was, whatever its items are", "[cluster][batch]") {
  core::SeatWish wish;
  wish.name = AgentName("A");
  wish.seating = core::Seating::attached;
  wish.kind = core::SeatKind::waiter;
  wish.principal = {"here", 1000, "of-ann"};
  core::SeatWish of_operator = wish;
  of_operator.name = AgentName("operator:ann/0a1b");
  of_operator.seating = core::Seating::operating;
  const core::EndWait end{AgentName("A"), TaskId("T1"), "take the docs"};
  const std::vector<Item> items{Config{"syn-1", {}, Origin{7}},
                                Hello{"h1", "ws://h1:1", "0.1", 2},
                                entry(core::Bind{wish}),
                                entry(core::Act{claim(), {"claim", "k", "d"}}),
                                entry(core::Speak{}),
                                entry(core::Delivered{MessageId{5}, {AgentName("B")}}),
                                entry(core::Leave{core::Parting::closed}),
                                entry(core::Tick{}),
                                Beat{12, 34},
                                Gone{Incarnation{9}},
                                Rules{2},
                                Drain{Incarnation{9}, true},
                                Save{},
                                entry(core::Bind{of_operator}),
                                entry(core::Act{end, {"end_wait", "", ""}})};
  std::vector<std::string> bytes;
  for (const Item& item : items) bytes.push_back(encode(item));
  const std::string written =
      encode(BatchHead{Incarnation{3}, 4, std::chrono::seconds(5), 6.5}, bytes);
  const Result<Batch> read = decode(written);
  REQUIRE(read.has_value());
  CHECK(read->head.incarnation == Incarnation{3});
  CHECK(read->head.number == 4);
  CHECK(read->head.time == std::chrono::seconds(5));
  CHECK(read->head.wall == 6.5);
  REQUIRE(read->items.size() == items.size());
  // Written again it is the same, so nothing was lost; but the ticket is nobody else's.
  for (std::size_t i = 0; i < items.size(); ++i) CHECK(encode(read->items[i]) == bytes[i]);
  const auto& act = std::get<core::Act>(std::get<core::Entry>(read->items[3]).what);
  CHECK(std::get<core::ClaimTask>(act.command).if_own == core::IfOwn::refuse);
  CHECK(std::get<core::ClaimTask>(act.command).ttl == 60.5);
  CHECK(std::get<core::Entry>(read->items[3]).ticket == 0);
  CHECK(std::get<Config>(read->items[0]).origin == Origin{7});
  // The hub that proposed it has seen the operators' token; the others take its word.
  const auto& bind = std::get<core::Bind>(std::get<core::Entry>(read->items[13]).what);
  CHECK(bind.wish.seating == core::Seating::operating);
  const auto& ended = std::get<core::Act>(std::get<core::Entry>(read->items[14]).what);
  CHECK(std::get<core::EndWait>(ended.command).note == "take the docs");
}

TEST_CASE("a batch that was changed is called damaged, and one of a newer version newer",
          "[cluster][batch]") {
  const std::string written =
      encode(BatchHead{Incarnation{3}, 1, {}, 1.0}, {encode(Item(Rules{2}))});
  for (std::size_t at = 4; at < written.size(); ++at) {
    std::string changed = written;
    changed[at] = static_cast<char>(changed[at] ^ 0x20);
    const Result<Batch> read = decode(changed);
    REQUIRE(read.has_error());
    CHECK(read.error().code == ErrorCode::corrupt);
  }
  CHECK(decode("").error().code == ErrorCode::corrupt);
  CHECK(decode("something else").error().code == ErrorCode::corrupt);
  CHECK(decode(written.substr(0, written.size() - 1)).error().code == ErrorCode::corrupt);
  // A kind of item, and a format, that nobody knows yet.
  const std::string unknown = encode(BatchHead{Incarnation{3}, 1, {}, 1.0}, {"\x63what"});
  CHECK(decode(unknown).error().code == ErrorCode::unknown_kind);
  CHECK(decode(sealed("SYNB\x02 and so on")).error().code == ErrorCode::unknown_kind);
}
