// SPDX-License-Identifier: AGPL-3.0-or-later
// A fleet at work: eight agents in eight worktrees of one real repository claim, edit, commit, hand
// over and collide until there was enough of each, and for a minute more (SYNAPSE_FLEET_SECONDS
// says otherwise) in which half of them are killed. Afterwards the hub's log is held against the
// commits.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "lease_history.hpp"
#include "repository.hpp"
#include "support/catch.hpp"
#include "support/hub_process.hpp"
#include "support/seed.hpp"
#include "support/temp_dir.hpp"

using namespace synapse::test;

namespace {

constexpr std::size_t agents_wanted = 8;
constexpr double lease_seconds = 30;

struct Member {
  std::string name;
  std::unique_ptr<ChildProcess> process;
  double killed_at = 0;  // Seconds of the run; 0: it lives.
};

double run_seconds() {
  const char* given = std::getenv("SYNAPSE_FLEET_SECONDS");
  return given == nullptr ? SYNAPSE_FLEET_SECONDS_DEFAULT : std::stod(given);
}

std::size_t count_of(const std::vector<Member>& fleet, const std::string& word) {
  std::size_t count = 0;
  for (const Member& member : fleet) {
    std::istringstream words(member.process->out());
    for (std::string each; words >> each;) count += each == word ? 1 : 0;
  }
  return count;
}

std::vector<Member> start_fleet(FleetRepository& repository, const HubProcess& hub) {
  std::vector<Member> fleet;
  for (std::size_t i = 0; i < agents_wanted; ++i) {
    Member member;
    member.name = "fleet/agent-" + std::to_string(i);
    const std::string worktree = repository.add_worktree(member.name, "agent-" + std::to_string(i));
    Command command;
    command.words = {SYNAPSE_FLEET_AGENT,
                     member.name,
                     hub.uri(),
                     worktree,
                     program_under_test(),
                     std::to_string(first_seed() * 100 + i)};
    command.environment = repository.environment();
    member.process = std::make_unique<ChildProcess>(command);
    fleet.push_back(std::move(member));
  }
  return fleet;
}

// Whether the run came across enough to prove something.
bool has_seen_enough(const std::vector<Member>& fleet) {
  return count_of(fleet, "claimed") > 25 && count_of(fleet, "denied") > 5 &&
         count_of(fleet, "handed") > 2;
}

// Half of the fleet dies, with all that it has started, each at a moment of its own.
void live_and_die(std::vector<Member>& fleet, double seconds) {
  std::mt19937_64 dice(first_seed());
  for (std::size_t i = 0; i < fleet.size() / 2; ++i) {
    const auto part = 0.1 + 0.4 * static_cast<double>(dice() % 1000) / 1000;
    fleet[i].killed_at = part * seconds;
  }
  std::sort(fleet.begin(), fleet.end(),
            [](const Member& a, const Member& b) { return a.killed_at < b.killed_at; });
  const auto begin = std::chrono::steady_clock::now();
  const auto wait_until = [&](ChildProcess& process, double moment) {
    const auto left =
        begin + std::chrono::duration<double>(moment) - std::chrono::steady_clock::now();
    return process.wait(std::chrono::duration_cast<std::chrono::milliseconds>(left));
  };
  for (Member& member : fleet) {
    if (member.killed_at == 0) continue;
    REQUIRE_FALSE(wait_until(*member.process, member.killed_at));
    REQUIRE(::kill(-member.process->pid(), SIGKILL) == 0);
    REQUIRE(member.process->wait(patience));
  }
  for (Member& member : fleet) {
    if (member.killed_at != 0) continue;
    REQUIRE_FALSE(wait_until(*member.process, seconds));
  }
  for (Member& member : fleet) {
    if (member.killed_at == 0) member.process->send_signal(SIGTERM);
  }
  for (Member& member : fleet) {
    if (member.killed_at != 0) continue;
    const auto status = member.process->wait(patience);
    REQUIRE(status);
    CHECK(status->as_number() == 0);
  }
}

// Whether nothing is held any more but what was handed to somebody who died before doing it: a
// hand-off is a lease of the default length, an hour.
bool only_gifts_are_left(const HubProcess& hub, const std::vector<Member>& fleet) {
  Command command;
  command.words = {program_under_test(), "state", "--json", "--uri", hub.uri()};
  const auto state = nlohmann::json::parse(run(command).out);
  const double now = state.at("timestamp");
  for (const auto& claim : state.at("snapshot").at("active_claims")) {
    const bool is_dead = std::any_of(fleet.begin(), fleet.end(), [&claim](const Member& member) {
      return member.killed_at != 0 && member.name == claim.at("owner");
    });
    const bool is_gift = claim.at("lease_expires_at") > now + lease_seconds;
    if (!is_dead || !is_gift) return false;
  }
  return true;
}

std::string log_of(const std::string& db) {
  Command command;
  command.words = {program_under_test(), "ingest", "--all-kinds", db};
  const Finished finished = run(command);
  REQUIRE(finished.status);
  REQUIRE(finished.status->as_number() == 0);
  return finished.out;
}

// Every edit lies within one tenure of its task by who made it.
void check_edits(const std::vector<Edit>& edits, const LeaseHistory& history) {
  for (const Edit& edit : edits) {
    const std::vector<Tenure>& tenures = history.at(edit.task);
    const bool was_held =
        std::any_of(tenures.begin(), tenures.end(), [&edit](const Tenure& tenure) {
          return tenure.owner == edit.agent && tenure.begin <= edit.begin && edit.end <= tenure.end;
        });
    INFO(edit.agent << " edited " << edit.task << " from " << edit.begin << " to " << edit.end);
    CHECK(was_held);
  }
}

// No tenure of theirs lasted longer than its lease said.
void check_the_dead(const std::vector<Member>& fleet, const LeaseHistory& history) {
  constexpr double slack = 2;  // Of a machine that has much to do.
  for (const auto& [task, tenures] : history) {
    for (const Tenure& tenure : tenures) {
      const auto member = std::find_if(fleet.begin(), fleet.end(), [&tenure](const Member& one) {
        return one.name == tenure.owner;
      });
      if (member == fleet.end() || member->killed_at == 0) continue;
      INFO(tenure.owner << ", which was killed, held " << task);
      const bool is_over = tenure.end <= tenure.expires_at + slack;
      const bool is_gift = tenure.expires_at - tenure.begin > lease_seconds + slack;
      CHECK((is_over || is_gift));
    }
  }
}

}  // namespace

TEST_CASE("a fleet never edits a file under two owners, and the dead hold nothing", "[fleet]") {
  const TempDir dir;
  HubOptions options;
  const std::string db = (dir / "hub.db").string();
  options.arguments = {"--db", db};
  HubProcess hub(options);
  std::filesystem::create_directories(dir / "repository");
  FleetRepository repository(dir / "repository", hub.uri());
  INFO("SYNAPSE_SIM_SEED=" << first_seed());

  std::vector<Member> fleet = start_fleet(repository, hub);
  // While all live: what was handed to one that dies is held for an hour.
  const bool is_enough =
      eventually(std::chrono::minutes(3), [&fleet] { return has_seen_enough(fleet); });
  CHECK(is_enough);
  live_and_die(fleet, run_seconds());
  const bool lapsed = eventually(std::chrono::seconds(static_cast<int>(lease_seconds) + 10),
                                 [&] { return only_gifts_are_left(hub, fleet); });
  CHECK(lapsed);

  const LeaseHistory history = lease_history(log_of(db));
  const std::vector<Edit> edits = repository.edits();
  check_edits(edits, history);
  check_the_dead(fleet, history);
  CHECK(edits.size() > 10);  // Of the claims above, the killed took some with them.
}
