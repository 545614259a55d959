// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/lease_mending.hpp"

#include "samples.hpp"
#include "store/replay.hpp"
#include "support/memory_store.hpp"
#include "support/result_text.hpp"

using namespace synapse;
using namespace synapse::test;
using store::replay;
using store::ReplayReport;

namespace {

ReplayReport replayed_report(store::EventStore& log, core::Machine& machine, base::Moment start) {
  const auto report = replay(log, machine, start, [](std::int64_t seq, const Error& why) {
    FAIL("record " << seq << " was not decoded: " << why.message);
  });
  REQUIRE(report);
  CHECK(report->records == report->applied);
  return *report;
}

std::vector<store::Entry> chat_entries(const std::vector<std::uint64_t>& ids) {
  std::vector<store::Entry> entries;
  for (const std::uint64_t id : ids) {
    entries.push_back(entry("chat", R"({"payload":")" + std::string("x") +
                                        R"(","sender":"A","msg_id":)" + std::to_string(id) + "}"));
  }
  return entries;
}

}  // namespace

TEST_CASE("a lease that ends later than any could be granted ends after thirty days, and is told",
          "[store][replay][mending]") {
  const double end = GENERATE(1700000000.0 + 366 * 86'400, 1e300);
  MemoryStore log;
  core::Lease lease = sample_lease();
  lease.expires_at = end;
  REQUIRE(log.append(std::vector{*store::encode(core::LeaseGranted{lease}, 1)}));
  core::Machine machine{core::Limits{}};
  const base::Moment start = moment(0);
  const ReplayReport report = replayed_report(log, machine, start);
  const core::Lease* found = machine.leases().find(lease.task_id);
  REQUIRE(found != nullptr);
  CHECK(found->expires_at == start.wall + 30 * 86'400);
  CHECK(found->deadline == start.mono + std::chrono::hours(30 * 24));
  REQUIRE(report.mended.size() == 1);
  CHECK_THAT(report.mended[0],
             Catch::Contains("'" + lease.task_id.text + "'") && Catch::EndsWith("it ends in 30"));
  lease.expires_at = start.wall + 30 * 86'400;
  REQUIRE(log.append(std::vector{*store::encode(core::LeaseGranted{lease}, 1)}));
  core::Machine sound{core::Limits{}};
  CHECK(replayed_report(log, sound, start).mended.empty());
}

TEST_CASE("a number too large to count on from gives way to one that is not",
          "[store][replay][mending]") {
  const std::uint64_t near = GENERATE((1ULL << 53U) - 1, (1ULL << 53U) - (1ULL << 32U));
  MemoryStore log;
  core::Lease lease = sample_lease();
  lease.epoch = Epoch{near};
  lease.version = Version{near};
  REQUIRE(log.append(std::vector{*store::encode(core::LeaseGranted{lease}, 1)}));
  REQUIRE(log.append(chat_entries({near})));
  core::Machine machine{core::Limits{}};
  const ReplayReport report = replayed_report(log, machine, moment(0));
  const core::Lease* found = machine.leases().find(lease.task_id);
  REQUIRE(found != nullptr);
  CHECK(found->epoch.value == store::clamped_number);
  CHECK(found->version.value == store::clamped_number);
  CHECK(machine.leases().last_epoch().value == store::clamped_number);
  CHECK(machine.history().last_id().value == store::clamped_number);
  REQUIRE_FALSE(report.mended.empty());
  CHECK_THAT(report.mended[0], Catch::Contains("epoch too large"));

  // What is granted next is read again at the next start.
  lease.task_id = TaskId("next");
  lease.epoch = machine.leases().last_epoch().next();
  REQUIRE(log.append(std::vector{*store::encode(core::LeaseGranted{lease}, 1)}));
  core::Machine later{core::Limits{}};
  replayed_report(log, later, moment(0));
  REQUIRE(later.leases().find(lease.task_id) != nullptr);
  CHECK(later.leases().find(lease.task_id)->epoch == lease.epoch);
}

TEST_CASE("paths that a log has as no claim would contend as if they were claimed",
          "[store][replay][mending]") {
  MemoryStore log;
  core::Lease lease = sample_lease();
  lease.coverage = core::Coverage::files;
  lease.paths = {"/a//./b/../c/"};
  REQUIRE(log.append(std::vector{*store::encode(core::LeaseGranted{lease}, 1)}));
  core::Machine machine{core::Limits{}};
  const ReplayReport report = replayed_report(log, machine, moment(0));
  core::Effort effort(1'000'000);
  CHECK(machine.leases().scopes().find_conflict(lease.worktree, {"a/c"}, AgentName("Z"), effort) !=
        nullptr);
  REQUIRE(report.mended.size() == 1);
  CHECK_THAT(report.mended[0], Catch::Contains("not normalised"));
}

TEST_CASE("two agents that hold the same files keep them, and are told of once",
          "[store][replay][mending]") {
  MemoryStore log;
  core::Lease lease = sample_lease();
  lease.coverage = core::Coverage::files;
  lease.paths = {"src"};
  REQUIRE(log.append(std::vector{*store::encode(core::LeaseGranted{lease}, 1)}));
  core::Lease other = lease;
  other.task_id = TaskId("other");
  other.owner = AgentName("Z");
  other.paths = {"src/x.c"};
  REQUIRE(log.append(std::vector{*store::encode(core::LeaseGranted{other}, 1)}));
  core::Machine machine{core::Limits{}};
  const ReplayReport report = replayed_report(log, machine, moment(0));
  CHECK(machine.leases().all().size() == 2);
  REQUIRE(report.mended.size() == 1);
  CHECK_THAT(report.mended[0], Catch::Contains("'other'") && Catch::Contains(lease.task_id.text) &&
                                   Catch::Contains("hold the same files"));
}
