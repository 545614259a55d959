// SPDX-License-Identifier: AGPL-3.0-or-later
// Three machines, each with a node of etcd and a hub, and a cable to each that can be pulled:
// network namespaces, joined by a bridge in one of their own. Where they can't be made a test says
// so.
//
// A namespace lives as long as a process in it, so nothing is left behind. It is a thread's: the
// test is a thread that makes the one with the bridge, and whatever it starts is in there too.
#include <sched.h>

#include <csignal>
#include <filesystem>
#include <future>

#include "cluster/fleet.hpp"

namespace synapse::test {

namespace {

using Words = std::vector<std::string>;

bool succeeds(Words words) {
  const Finished finished = run(Command{std::move(words)});
  return finished.status && finished.status->as_number() == 0;
}

bool can_make_networks() {
  return succeeds({"nsenter", "--version"}) &&
         succeeds({"unshare", "-n", "sh", "-c",
                   "ip link add v type veth peer name m && ip link add b type bridge"});
}

void ip(const std::string& words) {
  INFO("ip " << words);
  REQUIRE(succeeds({"sh", "-c", "ip " + words}));
}

std::filesystem::path network_of(const std::string& process) {
  return std::filesystem::read_symlink("/proc/" + process + "/ns/net");
}

// One of the machines, by its number.
class Machine {
 public:
  explicit Machine(std::size_t number)
      : cable_("v" + std::to_string(number)),
        address_("10.77.0." + std::to_string(number + 1)),
        holder_(Command{{"unshare", "-n", "sleep", "100000"}}) {
    const std::string pid = std::to_string(holder_.pid());
    REQUIRE(eventually(patience, [&] { return network_of(pid) != network_of("thread-self"); }));
    const std::string end = "m" + std::to_string(number);
    ip("link add " + cable_ + " type veth peer name " + end);
    ip("link set " + end + " netns " + pid);
    ip("link set " + cable_ + " master hubs up");
    for (const std::string& words : {"addr add " + address_ + "/24 dev " + end,
                                     "link set " + end + " up", std::string("link set lo up")}) {
      REQUIRE(succeeds({"sh", "-c", "nsenter -t " + pid + " -n ip " + words}));
    }
  }

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] std::string uri() const { return "ws://" + address_ + ":8876"; }
  [[nodiscard]] Command on_it(Words words) const {
    words.insert(words.begin(), {"nsenter", "-t", std::to_string(holder_.pid()), "-n"});
    return Command{std::move(words)};
  }
  void pull_cable() const { ip("link set " + cable_ + " down"); }
  void put_cable_back() const { ip("link set " + cable_ + " up"); }

  void start_etcd(const std::string& folder, const std::string& members) {
    const std::string client = "http://" + address_ + ":2379";
    const std::string peer = "http://" + address_ + ":2380";
    etcd_.emplace(on_it({"etcd", "--name", cable_, "--data-dir", folder + "/" + cable_,
                         "--listen-client-urls", client, "--advertise-client-urls", client,
                         "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                         "--initial-cluster", members, "--initial-cluster-state", "new",
                         "--log-level", "error"}));
  }
  [[nodiscard]] std::string member() const { return cable_ + "=http://" + address_ + ":2380"; }

  void start_hub(const std::string& file, const std::string& cluster) {
    hub_.emplace(on_it({program_under_test(), "hub", "--host", address_, "--port", "8876",
                        "--insecure-off-loopback", "--no-socket", "--cluster", cluster, "--db",
                        file, "--advertise", uri()}));
  }
  // As somebody on the machine sees it.
  [[nodiscard]] bool has_majority() const {
    const Finished status = run(on_it({program_under_test(), "cluster", "status", "--uri", uri()}));
    return status.status && status.status->as_number() == 0;
  }
  void stop_hub() {
    hub_->send_signal(SIGTERM);
    const auto ended = hub_->wait(patience);
    REQUIRE(ended);
    INFO(hub_->err());
    CHECK(ended->as_number() == 0);
  }

 private:
  std::string cable_;
  std::string address_;
  ChildProcess holder_;
  std::optional<ChildProcess> etcd_;
  std::optional<ChildProcess> hub_;
};

class Machines {
 public:
  Machines() {
    REQUIRE(unshare(CLONE_NEWNET) == 0);
    ip("link set lo up");
    ip("link add hubs type bridge");
    ip("addr add 10.77.0.100/24 dev hubs");
    ip("link set hubs up");
    std::string members;
    std::string endpoints;
    for (std::size_t i = 0; i < 3; ++i) {
      all.push_back(std::make_unique<Machine>(i));
      members += (i == 0 ? "" : ",") + all[i]->member();
      endpoints += (i == 0 ? "" : ",") + all[i]->address();
    }
    for (const auto& machine : all) machine->start_etcd(folder.path().string(), members);
    for (std::size_t i = 0; i < 3; ++i) all[i]->start_hub(file(i), "etcd://" + endpoints + "/net");
  }
  [[nodiscard]] std::string file(std::size_t hub) const {
    return folder / ("hub" + std::to_string(hub) + ".db");
  }
  [[nodiscard]] std::string uris_from(std::size_t first) const {
    std::string uris;
    for (std::size_t i = 0; i < 3; ++i) uris += (i == 0 ? "" : ",") + all[(first + i) % 3]->uri();
    return uris;
  }

  const TempDir folder;
  std::vector<std::unique_ptr<Machine>> all;
};

void pull_one_cable() {
  Machines machines;
  Agent a(fleet_agent("A", machines.uris_from(0)));
  Agent b(fleet_agent("B", machines.uris_from(1)));
  for (Agent* agent : {&a, &b}) join_fleet(*agent);
  const Result<Reply> mine = a.claim(claim_of("mine", "a"));
  REQUIRE(is_granted(mine));
  machines.all[0]->pull_cable();
  // The two that see each other go on, whoever led.
  REQUIRE(eventually(patience, [&] { return is_granted(b.claim(claim_of("theirs", "b"))); }));
  // The third knows that it is alone, and takes no change.
  CHECK(eventually(patience, [&] { return !machines.all[0]->has_majority(); }));
  REQUIRE(eventually(2 * patience, [&] { return is_granted(a.renew("mine", 600)); }));
  CHECK(a.renew("mine", 600)->frame->at("epoch") == mine->frame->at("epoch"));
  CHECK_FALSE(is_granted(b.claim(claim_of("again", "a"))));
  machines.all[0]->put_cable_back();
  REQUIRE(eventually(2 * patience, [&] { return machines.all[0]->has_majority(); }));
  Agent c(fleet_agent("C", machines.all[0]->uri()));
  join_fleet(c);
  for (const char* path : {"a", "b"}) CHECK_FALSE(is_granted(c.claim(claim_of("late", path))));
  CHECK(is_granted(c.claim(claim_of("late", "c"))));
  for (Agent* agent : {&a, &b, &c}) agent->stop();
  for (const auto& machine : machines.all) machine->stop_hub();
  for (std::size_t hub = 0; hub < 3; ++hub) {
    INFO("hub " << hub);
    CHECK(number_in(machines.file(hub),
                    "SELECT count(DISTINCT json_extract(payload, '$.task_id')) FROM events "
                    "WHERE kind = 'claim'") == 3);
  }
}

}  // namespace

TEST_CASE("a machine that is cut off takes no change, and when its cable is back it is one of them",
          "[cluster][process][faults]") {
  SYNAPSE_NEEDS_ETCD();
  if (!can_make_networks()) {
    WARN("skipped: network namespaces can't be made here (they take root, ip and nsenter)");
    return;
  }
  std::async(std::launch::async, pull_one_cable).get();
}

}  // namespace synapse::test
