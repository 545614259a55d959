// SPDX-License-Identifier: AGPL-3.0-or-later
// What mail takes after a restart: docs/operations.md, Memory.
#include "store/event_codec.hpp"
#include "store/replay.hpp"
#include "support/catch.hpp"
#include "support/heap.hpp"
#include "support/memory_store.hpp"
#include "support/result_text.hpp"

using namespace synapse;
using namespace synapse::test;

namespace {

core::ChatMessage directed_chat(std::uint64_t id) {
  core::ChatMessage message;
  message.id = MessageId{id};
  message.sender = AgentName("p/s");
  message.target = "p/r" + std::to_string(id % 20);
  message.body = R"({"payload":")" + std::string(200, 'x') + R"(","sender":"p/s","target":")" +
                 message.target + R"("})";
  message.timestamp = 1000.5;
  message.hub_id = "syn-31e41c89";
  return message;
}

}  // namespace

TEST_CASE("a message takes less than 480 bytes after a replay, and its body is kept once",
          "[store][replay]") {
  constexpr std::uint64_t count = 20'000;
  std::vector<store::Entry> entries;
  const core::ChatMessage first = directed_chat(1);
  for (std::uint64_t id = 1; id <= count; ++id) {
    core::ChatMessage message = directed_chat(id);
    core::MailKept kept;
    kept.recipients = {AgentName(message.target)};
    kept.bytes = 500;
    kept.message = message;
    if (id <= 20) entries.push_back(*store::encode(core::AgentSeen{kept.recipients.front(), 1}, 1));
    entries.push_back(*store::encode(core::ChatPosted{std::move(message)}, 1));
    entries.push_back(*store::encode(kept, 1));
  }
  MemoryStore log;
  REQUIRE(log.append(entries));
  const std::optional<std::size_t> before = allocated_bytes();
  core::Machine machine{core::Limits{}};
  const base::Moment start{1, base::Mono(0)};
  REQUIRE(store::replay(log, machine, start, [](std::int64_t, const Error&) {}));
  const std::optional<std::size_t> after = allocated_bytes();
  REQUIRE(machine.mail().live().size() == count);
  if (before && after) CHECK(*after - *before < 480 * count);
  const core::ChatMessage& last = machine.history().messages().back();
  CHECK(machine.mail().find(last.id)->body.view().data() == last.body.view().data());
  CHECK(machine.mail().find(MessageId{1})->body == first.body);
}
