// SPDX-License-Identifier: AGPL-3.0-or-later
// A held claim by a clock of the test's own, which leaps a third of the lease at each look: so
// every renewal is due at once.
#include "cli/client/held_claim.hpp"

#include <condition_variable>
#include <csignal>
#include <future>
#include <mutex>

#include "cli/bus.hpp"
#include "cli/cli_run.hpp"

using Catch::Matchers::Contains;
using synapse::Agent;
using synapse::ClaimRequest;
using synapse::test::Bus;
using synapse::test::CliRun;
using synapse::test::patience;
using synapse::test::receive_type;

namespace {

constexpr double ttl = 30;

// Each look at it is almost ten seconds later: three are within a lease of thirty. While it is
// paused, who looks waits.
class LeapingClock final : public synapse::base::Clock {
 public:
  [[nodiscard]] synapse::base::Moment now() const override {
    std::unique_lock lock(mutex_);
    someone_waits_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !paused_; });
    someone_waits_ = false;
    now_ += std::chrono::milliseconds(9'999);
    return {0, now_};
  }

  // Returns when somebody waits.
  void pause() {
    std::unique_lock lock(mutex_);
    paused_ = true;
    REQUIRE(changed_.wait_for(lock, patience, [this] { return someone_waits_; }));
  }
  void resume() {
    const std::lock_guard lock(mutex_);
    paused_ = false;
    changed_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable synapse::base::Mono now_{0};
  mutable bool someone_waits_ = false;
  bool paused_ = false;
};

// A's claim T, held on a thread of its own.
struct Stage {
  Stage() {
    claim.task_id = "T";
    claim.no_files = true;
    claim.ttl = ttl;
    const auto granted = bus.join("A")->claim(claim);
    REQUIRE(granted.has_value());
    REQUIRE(granted->granted);
    code = std::async(std::launch::async, [this] {
      synapse::cli::Context context = run.context();
      synapse::cli::Context leaping{context.out,     context.err,    context.environment, clock,
                                    context.signals, context.random, context.folder};
      const auto watch = run.signals.watch({SIGTERM});
      return hold_claim(leaping, bus.settings("A"), *watch, claim, clock.now().mono);
    });
  }
  ~Stage() { run.signals.send({SIGTERM, synapse::cli::Signal::Origin::process}); }

  void wait_for_renewals(int count) {
    for (int i = 0; i < count; ++i) {
      const auto renewed = receive_type(*observer, "lease_renewed", patience);
      REQUIRE(renewed.has_value());
      CHECK((*renewed)->at("task_id") == "T");
    }
  }
  // As A, between two renewals: they use its name.
  template <class Ask>
  void as_owner(Ask ask) {
    clock.pause();
    const auto reply = ask(*bus.join("A"));
    REQUIRE(reply.has_value());
    CHECK(reply->granted);
    clock.resume();
  }

  ClaimRequest claim;
  Bus bus;
  std::unique_ptr<Agent> observer = bus.join("observer");
  LeapingClock clock;
  CliRun run;
  std::future<int> code;
};

}  // namespace

TEST_CASE("a held claim is renewed whenever a third of its lease has gone, until it is released",
          "[cli][git][hold]") {
  Stage s;
  s.wait_for_renewals(3);
  s.as_owner([](Agent& owner) { return owner.release("T"); });
  CHECK(s.code.get() == 0);
  CHECK_THAT(s.run.out(), Contains("'T' has been released"));
}

TEST_CASE("a held claim that became another's is lost", "[cli][git][hold]") {
  Stage s;
  s.wait_for_renewals(1);
  s.as_owner([](Agent& owner) { return owner.hand_off("T", "observer", "yours"); });
  CHECK(s.code.get() == 75);
  CHECK_THAT(s.run.err(), Contains("[A] lost 'T': ") && Contains("observer"));
}

TEST_CASE("a held claim whose hub is away for the length of its lease is lost",
          "[cli][git][hold]") {
  Stage s;
  s.wait_for_renewals(1);
  s.bus.hub.stop();
  CHECK(s.code.get() == 75);
  CHECK_THAT(s.run.err(), Contains("[A] lost 'T': it could not be renewed in time: "));
}

TEST_CASE("a signal gives a held claim back, and is used up by that", "[cli][git][hold]") {
  const Bus bus;
  ClaimRequest claim;
  claim.task_id = "T";
  claim.no_files = true;
  claim.ttl = ttl;
  REQUIRE(bus.join("A")->claim(claim)->granted);
  CliRun run;
  const auto watch = run.signals.watch({SIGTERM});
  run.signals.send({SIGTERM, synapse::cli::Signal::Origin::process});
  synapse::cli::Context context = run.context();
  CHECK(hold_claim(context, bus.settings("A"), *watch, claim, context.clock.now().mono) == 0);
  CHECK_THAT(run.out(), Contains("released 'T'"));
  CHECK_FALSE(watch->take());
}
