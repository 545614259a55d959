// SPDX-License-Identifier: AGPL-3.0-or-later
// Which epochs a hub gives after a stop that took what was written and not synced.
#include "hub/log_replay.hpp"

#include <span>

#include "base/process_row.hpp"
#include "hub/hook_client.hpp"
#include "store/event_codec.hpp"

namespace synapse::test {

namespace {

// A hub with one session of a host on its own machine, whose claims are not synced.
struct EditedShop {
  Rig rig{{}, Durable::yes};
  HookClient client{rig};

  EditedShop() {
    rig.engine().hooks().watch_with([](SessionId, const base::ProcessMark&) { return true; },
                                    [](SessionId) {});
  }

  // Claims the path by a claim of its own, and says with which epoch.
  Epoch edit(const std::string& session, const std::string& path) {
    HookRequest request = hook_request(session, HookEvent::before_tool, {path});
    request.host_pid = 7;
    request.host_start = 8;
    request.pid_ns = base::pid_namespace();
    client.send(request);
    rig.commit();
    REQUIRE(client.text);
    REQUIRE(*client.text);
    return rig.engine().machine().leases().last_epoch();
  }

  // What is left of the log when all behind its last synced entry is gone, as after a power cut.
  [[nodiscard]] MemoryStore synced() const {
    std::size_t count = rig.log().size();
    while (count > 0 && rig.log()[count - 1].durability != core::Durability::synced) --count;
    return first(count);
  }
  [[nodiscard]] MemoryStore whole() const { return first(rig.log().size()); }

 private:
  [[nodiscard]] MemoryStore first(std::size_t count) const {
    MemoryStore store;
    REQUIRE(store.append(std::span(rig.log()).first(count)));
    return store;
  }
};

// The last epoch that a hub which starts on this log, in that boot, takes for given.
Epoch last_epoch_after(MemoryStore store, const std::string& boot) {
  const hub::Logger logger(HubOptions::Log([](HubOptions::LogLevel, std::string_view) {}));
  const hub::LogReplay replay{core::Limits{}, "syn-1", boot, logger};
  store::ReplayReport report;
  const std::atomic<bool> is_unwanted{false};
  const ManualClock clock;
  auto machine = replay.machine(store, clock.now(), report, is_unwanted);
  REQUIRE(machine);
  return (*machine)->leases().last_epoch();
}

}  // namespace

TEST_CASE("after an unclean stop in another boot no epoch is given that was given before",
          "[hub][log]") {
  EditedShop shop;
  CHECK(shop.edit("one", "a.c") == Epoch{1});
  const Epoch given = shop.edit("two", "b.c");
  CHECK(given == Epoch{2});
  // The claims are lost, and the block of epochs that they came from is not.
  MemoryStore left = shop.synced();
  REQUIRE_FALSE(left.entries().empty());
  CHECK(left.entries().back().kind == store::kind::epochs_reserved);
  const Epoch next = last_epoch_after(left, "another boot");
  CHECK(next >= given);
  CHECK(next == Epoch{1001});
  SECTION("nor where it can't be known which boot this is") {
    CHECK(last_epoch_after(left, "") == Epoch{1001});
  }
  SECTION("also if the claims are there still") {
    CHECK(last_epoch_after(shop.whole(), "another boot") == Epoch{1001});
  }
}

TEST_CASE("after a kill within the same boot the epochs go on where they were", "[hub][log]") {
  EditedShop shop;
  shop.edit("one", "a.c");
  const Epoch given = shop.edit("two", "b.c");
  CHECK(last_epoch_after(shop.whole(), base::boot_id()) == given);
}

TEST_CASE("after a stop in order the epochs go on where they were, in any boot", "[hub][log]") {
  EditedShop shop;
  const Epoch given = shop.edit("one", "a.c");
  shop.rig.engine().write_renewed(shop.rig.now());
  shop.rig.commit();
  CHECK(last_epoch_after(shop.synced(), "another boot") == given);
  SECTION("and are reserved anew when the next claim is made") {
    const Epoch later = shop.edit("two", "b.c");
    CHECK(last_epoch_after(shop.synced(), "another boot") > later);
  }
}

}  // namespace synapse::test
