// SPDX-License-Identifier: AGPL-3.0-or-later
// One coding agent of the fleet test: fleet_agent NAME URI WORKTREE SYNAPSE SEED
//
// Until SIGTERM it claims a file with `synapse git-claim`, edits it, commits it and leaves the
// release to the repository's hook; or it hands the claim to whoever is online, who does the rest.
// It does that as agents do: by the program for what is done once, by a connection of its own to be
// met. Each commit's subject says `TASK NAME BEGIN END`: who edited the task's file, and in which
// seconds of the wall clock. What it came across it prints, a word a line.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "synapse/agent.hpp"

namespace {

using synapse::Agent;
using synapse::AgentOptions;
using synapse::Json;

volatile std::sig_atomic_t stopped = 0;

double wall_seconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

class FleetAgent {
 public:
  FleetAgent(std::string name, std::string uri, std::string worktree, std::string synapse,
             std::uint64_t seed)
      : name_(std::move(name)),
        uri_(std::move(uri)),
        worktree_(std::move(worktree)),
        synapse_(std::move(synapse)),
        dice_(seed) {}

  void run() {
    while (stopped == 0) {
      be_met();
      finish_inherited();
      if (const std::string task = claim(); !task.empty()) {
        if (dice_() % 3 == 0) {
          to_hand_over_ = task;
        } else {
          work(task);
        }
      }
    }
    be_met();
    finish_inherited();
  }

 private:
  static constexpr std::size_t files = 5;

  // Goes online, gives away what is to be handed over, and finds out what it was given.
  void be_met() {
    AgentOptions options;
    options.uri = uri_;
    options.name = name_;
    options.broadcast_types = {"handoff_granted"};
    options.chat = AgentOptions::Chat::none;
    Agent agent(options);
    if (!agent.connect()) return say("offline");
    if (!to_hand_over_.empty()) hand_over(agent);
    // Long enough that others meet it.
    static_cast<void>(agent.receive(std::chrono::milliseconds(50 + dice_() % 200)));
    const auto state = agent.state();
    if (!state || !state->granted) return;
    for (const Json& lease : state->frame->at("snapshot").at("active_claims")) {
      if (lease.at("owner") == name_) inherited_.insert(lease.at("task_id"));
    }
  }

  void finish_inherited() {
    for (const std::string& task : std::exchange(inherited_, {})) {
      if (!work(task)) continue;
      run_synapse({"release", task});  // The hook is for the worktree that the claim was made in.
    }
  }

  void hand_over(Agent& agent) {
    const std::string task = std::exchange(to_hand_over_, "");
    const auto who = agent.who();
    if (!who || !who->granted) return;
    std::vector<std::string> others;
    for (const Json& other : who->frame->at("online_agents")) {
      if (other != name_ && other.get<std::string>().starts_with("fleet/")) others.push_back(other);
    }
    if (others.empty()) return;
    const auto reply = agent.hand_off(task, others[dice_() % others.size()], "yours");
    if (reply && reply->granted) say("handed");
  }

  std::string claim() {
    const std::string number = std::to_string(dice_() % files);
    const int code = run_synapse({"git-claim", "edit-" + number, "--paths", "file-" + number,
                                  "--auto-release-on", "commit", "--ttl", "30"});
    say(code == 0 ? "claimed" : "denied");
    return code == 0 ? "edit-" + number : "";
  }

  // Edits the task's file and commits it.
  bool work(const std::string& task) {
    const std::string file = "file-" + task.substr(task.find('-') + 1);
    const double begin = wall_seconds();
    std::ofstream(worktree_ + "/" + file, std::ios::app) << name_ << ' ' << ++edits_ << '\n';
    if (!git({"add", file})) return false;
    std::vector<char> subject(256);
    std::snprintf(subject.data(), subject.size(), "%s %s %.6f %.6f", task.c_str(), name_.c_str(),
                  begin, wall_seconds());
    return git({"commit", "-q", "-m", subject.data()});
  }

  bool git(std::vector<std::string> words) {
    words.insert(words.begin(), {"git", "-C", worktree_});
    return execute(std::move(words)) == 0;
  }
  int run_synapse(std::vector<std::string> words) {
    words.insert(words.begin(), synapse_);
    words.insert(words.end(), {"--name", name_, "--uri", uri_});
    return execute(std::move(words));
  }
  int execute(std::vector<std::string> words) {
    synapse::test::Command command;
    command.words = std::move(words);
    command.folder = worktree_;
    // What steers git for the test stays, in place of what a clean environment drops.
    for (const char* name : {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"}) {
      if (const char* value = std::getenv(name)) command.environment[name] = value;
    }
    const auto finished = synapse::test::run(command);
    return finished.status ? finished.status->as_number() : -1;
  }

  static void say(const char* word) { std::cout << word << std::endl; }

  std::string name_;
  std::string uri_;
  std::string worktree_;
  std::string synapse_;
  std::mt19937_64 dice_;
  std::string to_hand_over_;
  std::set<std::string> inherited_;
  int edits_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  std::signal(SIGTERM, [](int) { stopped = 1; });
  FleetAgent(argv[1], argv[2], argv[3], argv[4], std::stoull(argv[5])).run();
  return 0;
}
