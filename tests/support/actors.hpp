// SPDX-License-Identifier: AGPL-3.0-or-later
// Short ways to run a machine by entries, for tests: each named agent has a socket of its own, and
// answers are written as a few words.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "core/machine.hpp"

namespace synapse::test {

class Actors final : core::Scribe {
 public:
  explicit Actors(core::Machine& machine) : machine_(&machine) {}
  // Another process: its machine knows no sockets.
  void move_to(core::Machine& machine) {
    machine_ = &machine;
    sessions_.clear();
  }

  core::Outcome tick(Moment now) { return run({SessionId{}, now, core::Tick{}}); }
  core::Outcome bind(core::SeatWish wish, Moment now) {
    last_ = last_.next();
    sessions_[wish.name] = last_;
    return run({last_, now, core::Bind{std::move(wish)}});
  }
  core::Outcome join(const AgentName& agent, Moment now) {
    core::SeatWish wish;
    wish.name = agent;
    wish.hears_receipts = true;
    (void)bind(std::move(wish), now);
    return speak(agent, now);
  }
  core::Outcome speak(const AgentName& agent, Moment now) {
    return run({session_of(agent), now, core::Speak{}});
  }
  core::Outcome act(const AgentName& agent, core::Command command, Moment now,
                    core::RequestKey request = {}) {
    return run({session_of(agent), now, core::Act{std::move(command), std::move(request)}});
  }
  core::Outcome leave(const AgentName& agent, Moment now,
                      core::Parting how = core::Parting::closed) {
    return run({session_of(agent), now, core::Leave{how}});
  }
  core::Outcome run(const core::Entry& entry) { return machine_->execute(entry, *this); }

  // The socket that last asked for this name.
  [[nodiscard]] SessionId session_of(const AgentName& agent) const {
    const auto found = sessions_.find(agent);
    return found == sessions_.end() ? SessionId{} : found->second;
  }

 private:
  [[nodiscard]] std::string notice(const core::MailNotice& notice) const override {
    const bool is_drop = notice.what == core::MailNotice::What::dropped;
    return R"({"agent":")" + notice.agent.text + R"(","notice":")" +
           (is_drop ? "dropped" : "does_not_read") + R"(","sender":"SynapseHub","target":")" +
           notice.to.text + "\"}";
  }
  // Bodies of tests name their target, if they name one, without escapes.
  [[nodiscard]] std::string readdressed(std::string_view body, const AgentName& target,
                                        MessageId) const override {
    constexpr std::string_view key = R"("target":")";
    std::string again(body);
    const std::size_t begin = again.find(key);
    if (begin == std::string::npos) return again;
    const std::size_t first = begin + key.size();
    return again.replace(first, again.find('"', first) - first, target.text);
  }
  std::string write(const core::Event& event, const core::Machine&, const AgentName& actor,
                    Moment) override {
    return R"({"event":)" + std::to_string(event.index()) + R"(,"to":")" + actor.text + "\"}";
  }

  core::Machine* machine_;
  std::map<AgentName, SessionId> sessions_;
  SessionId last_;
};

}  // namespace synapse::test
