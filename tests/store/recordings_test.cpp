// SPDX-License-Identifier: AGPL-3.0-or-later
// The event logs that the original wrote, as recorded: read, and written again with nothing lost.
#include <fstream>
#include <nlohmann/json.hpp>

#include "samples.hpp"
#include "store/event_codec.hpp"
#include "store/replay.hpp"
#include "support/memory_store.hpp"
#include "support/result_text.hpp"

using namespace synapse;
using namespace synapse::test;
using nlohmann::json;

namespace {

// A value that a recording's placeholder may stand for.
json filled_in(const json& recorded) {
  if (recorded == "<time>") return 1700000000.5;
  if (recorded == "<hub>") return "syn-0badcafe";
  if (recorded == "<text>") return "some text";
  json filled = recorded;
  if (recorded.is_structured()) {
    for (auto& [key, value] : filled.items()) value = filled_in(value);
  }
  return filled;
}

std::vector<json> recorded_rows(const std::string& name) {
  std::ifstream file(std::string(SYNAPSE_RECORDINGS) + "/wire/" + name);
  REQUIRE(file);
  const json recording = json::parse(file);
  std::vector<json> rows;
  for (const json& step : recording["steps"]) {
    if (!step.contains("rows")) continue;
    for (const json& row : step["rows"]) rows.push_back(filled_in(row));
  }
  return rows;
}

// Keys of ours may be added; what was recorded must be there.
bool has_all_of(const json& recorded, const json& written) {
  if (!recorded.is_object() || !written.is_object()) return recorded == written;
  for (const auto& [key, value] : recorded.items()) {
    if (!written.contains(key) || !has_all_of(value, written[key])) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("the rows that the original wrote are read, and written again with nothing lost",
          "[store][codec][recordings]") {
  const std::string name = GENERATE("28-event-log.json", "16-findings.json");
  const std::vector<json> rows = recorded_rows(name);
  REQUIRE(rows.size() >= 7);
  for (const json& row : rows) {
    const std::string kind = row["kind"];
    const auto event = store::decode(kind, row["payload"].dump(), {moment(0), {}});
    INFO(row.dump());
    REQUIRE(event);
    REQUIRE(*event);
    const auto entry = store::encode(**event, 1);
    REQUIRE(entry);
    CHECK(entry->kind == kind);
    INFO(entry->payload);
    CHECK(has_all_of(row["payload"], json::parse(entry->payload)));
  }
}

TEST_CASE("the original's log replays to the state that it describes",
          "[store][replay][recordings]") {
  MemoryStore log;
  for (const json& row : recorded_rows("28-event-log.json")) {
    REQUIRE(log.append(std::vector{entry(row["kind"], row["payload"].dump())}));
  }
  core::Machine machine{core::Limits{}};
  const auto report = store::replay(log, machine, moment(0), {});
  REQUIRE(report);
  CHECK(report->undecodable + report->unknown == 0);
  CHECK(machine.leases().all().empty());
  CHECK(machine.leases().last_epoch().value == 2);
  CHECK(machine.history().last_id().value == 1);
  REQUIRE(machine.plan().tasks().size() == 1);
  CHECK(machine.plan().tasks().begin()->second.status == core::PlanStatus::done);
  CHECK(machine.plan().progress().size() == 2);
  CHECK(machine.offers().all().size() == 1);
  REQUIRE(machine.answers().find(AgentName("anyone"), "claim", "k") != nullptr);
}
