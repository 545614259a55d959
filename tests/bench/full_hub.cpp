// SPDX-License-Identifier: AGPL-3.0-or-later
// How much memory a hub needs whose stores are all full, with the default limits: fills one after
// the other, with few large things (`large`) or with as many small ones as fit (`small`), and
// prints what each added. docs/operations.md has the figures; they must stay below a gigabyte.
#include <malloc.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <map>

#include "bench/hub_table.hpp"

namespace {

using namespace synapse;
using namespace synapse::bench;

double resident_mebibytes() {
  malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  double resident = 0;
  statm >> pages >> resident;
  return resident * 4096 / (1 << 20);
}

std::string number(std::size_t n) { return std::to_string(n); }

class Filler {
 public:
  Filler(HubTable& hub, std::size_t text_bytes) : hub_(hub), text_(text_bytes, 'x') {}

  // Says frames until as much as may be has been kept, or for that many rounds.
  void fill(const char* store, std::size_t rounds, const std::function<void(std::size_t)>& round,
            const std::function<std::size_t()>& kept) {
    const double before = resident_mebibytes();
    std::size_t last = kept();
    std::size_t idle = 0;
    for (std::size_t i = 0; i < rounds && idle < 50; ++i) {
      round(i);
      idle = kept() == last ? idle + 1 : 0;
      last = kept();
    }
    std::printf("%-28s %10zu %10.1f\n", store, last, resident_mebibytes() - before);
    std::fflush(stdout);
  }
  void say(const std::string& agent, const std::string& type, const std::string& more) {
    hub::SharedSession& session = sessions_[agent];
    if (!session) session = hub_.join(agent);
    (void)hub_.say(session, R"({"type":")" + type + "\"," + more + "}");
  }
  [[nodiscard]] std::string text() const { return "\"" + text_ + "\""; }

 private:
  HubTable& hub_;
  std::string text_;
  std::map<std::string, hub::SharedSession> sessions_;
};

std::string agent(std::size_t i, std::size_t each) { return "agent" + number(i / each); }

std::string id(std::size_t i) { return R"("task_id":"t)" + number(i) + "\""; }

void fill_claims(Filler& filler, const core::Machine& machine, bool is_large) {
  const std::size_t each = is_large ? 60 : 128;
  filler.fill(
      "claims", 120'000,
      [&](std::size_t i) {
        std::string more = id(i) + R"(,"worktree":"w","note":)" + filler.text();
        more += is_large ? R"(,"scope":"none")" : R"(,"paths":["d)" + number(i) + "/f\"]";
        filler.say(agent(i, each), "claim", more);
      },
      [&] { return machine.leases().all().size(); });
  filler.fill(
      "claims that wait", 12'000,
      [&](std::size_t i) {
        const std::string waiter = "waiter" + number(is_large ? i : i / 64);
        const std::string where = R"(,"paths":["d0/f/)" + number(i) + "\"]";
        filler.say(waiter, "claim",
                   (is_large ? id(0) : R"("task_id":"w)" + number(i) + "\"" + where) +
                       R"(,"wait":true,"worktree":"w","note":)" + filler.text());
      },
      [&] { return machine.queue().all().size(); });
}

void fill_talk(Filler& filler, const core::Machine& machine) {
  filler.fill(
      "plan", 100'001,
      [&](std::size_t i) {
        filler.say(agent(i, 30), "ledger_task",
                   id(i) + R"(,"title":"t","description":)" + filler.text());
      },
      [&] { return machine.plan().tasks().size(); });
  filler.fill(
      "progress notes", 5'000,
      [&](std::size_t i) {
        filler.say(agent(i, 5), "ledger_progress", id(i) + R"(,"text":)" + filler.text());
      },
      [&] { return machine.plan().progress().size(); });
  filler.fill(
      "chat", 10'001,
      [&](std::size_t i) { filler.say(agent(i, 100), "chat", R"("payload":)" + filler.text()); },
      [&] { return machine.history().messages().size(); });
  filler.fill(
      "answers", 1'100,
      [&](std::size_t i) {
        filler.say(agent(i, 10), "ledger_progress",
                   R"("idem_key":"k)" + number(i) + R"(","text":)" + filler.text());
      },
      [&] { return machine.answers().all().size(); });
}

void fill_agents(Filler& filler, HubTable& hub, bool is_large) {
  const core::Machine& machine = hub.machine();
  filler.fill(
      "offers", 10'001,
      [&](std::size_t i) {
        filler.say(
            agent(i, is_large ? 3 : 64), "resource",
            R"("kind":"k","name":"n)" + number(i) + R"(","meta":{"a":)" + filler.text() + "}");
      },
      [&] { return machine.offers().all().size(); });
  filler.fill(
      "cards", 1'000,
      [&](std::size_t i) {
        filler.say(agent(i, 1), "advertise", R"("description":)" + filler.text());
      },
      [&] { return machine.cards().all().size(); });
  filler.fill(
      "last-seen times", 10'000,
      [&](std::size_t i) { (void)hub.leave(hub.join(number(10'000 + i) + std::string(240, 'a'))); },
      [&] { return machine.presence().last_seen().size(); });
  filler.fill(
      "checkpoints of lapsed leases", 12'000,
      [&](std::size_t i) {
        core::Lease lease;
        lease.task_id = TaskId("gone" + number(i));
        lease.owner = AgentName("gone");
        lease.epoch = Epoch{1'000'000 + i};
        hub.replay(core::LeaseGranted{lease});
        const std::string text = filler.text();
        hub.replay(core::LeaseExpired{lease.task_id, lease.owner, lease.epoch, text});
      },
      [&] { return machine.leases().kept_checkpoints().size(); });
}

}  // namespace

int main(int argc, char** argv) {
  const bool is_large = argc < 2 || std::string_view(argv[1]) == "large";
  std::printf("%-28s %10s %10s\n", "store", "kept", "MiB more");
  HubTable hub;
  Filler filler(hub, is_large ? 1'000'000 : 10);
  fill_claims(filler, hub.machine(), is_large);
  fill_talk(filler, hub.machine());
  fill_agents(filler, hub, is_large);
  const double all = resident_mebibytes();
  std::printf("%-28s %10s %10.1f\n", "in all", "", all);
  return all < 1024 ? 0 : 1;
}
