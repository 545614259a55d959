// SPDX-License-Identifier: AGPL-3.0-or-later
// What would have come of the past under another rule: the requests that a log tells of, its
// refusals included, are put to the same machine again, with leases of another length, or with
// claims that contend only where they name the same path.
//
// The requests are those that were made, when they were made. What agents would have done under the
// other rule nobody knows, and unknowns() says what follows from that.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/machine.hpp"
#include "past/story.hpp"

namespace synapse::cli {

struct OtherRule {
  enum class Scopes { as_they_are, exact };

  std::optional<double> ttl;  // Seconds, of each lease; nothing: as it was.
  Scopes scopes = Scopes::as_they_are;
};

struct Rehearsed {
  std::size_t claims = 0;          // That the log has.
  std::size_t claims_refused = 0;  // Of those, by what was granted in place of a refusal.
  std::size_t refusals = 0;        // Rows of the log: a claim was in the way.
  std::size_t refusals_granted = 0;
  std::size_t lapses = 0;  // That the log has.
  // Leases that would have run out while their agents were still at work on them.
  std::size_t lapses_at_work = 0;
  // How much sooner what did run out would have been free, in all; negative: later.
  double free_sooner_seconds = 0;
};

class Rehearsal final : core::Scribe {
 public:
  explicit Rehearsal(const OtherRule& rule);

  // The log's events, in their order.
  void take(const past::PastEvent& event);
  [[nodiscard]] const Rehearsed& rehearsed() const { return result_; }
  // In whole sentences.
  [[nodiscard]] static std::vector<std::string> unknowns(const OtherRule& rule);

 private:
  struct Lapse {
    std::string agent;
    double at = 0;
  };

  void pass_time(base::Mono until);
  SessionId seat_of(const std::string& agent, base::Moment now);
  core::Outcome act(const std::string& agent, core::Command command, base::Moment now);
  core::Outcome claim(const past::PastEvent& event, core::IfHeld if_held, base::Moment now);
  void go_on(const past::PastEvent& event, base::Moment now);
  void look_back(const past::PastEvent& event);
  void note_lapses(const core::Outcome& outcome, base::Moment now);
  [[nodiscard]] std::vector<std::string> paths_of(const past::PastEvent& event) const;
  [[nodiscard]] std::optional<double> ttl_of(const past::PastEvent& event) const;

  [[nodiscard]] std::string write(const core::Event&, const core::Machine&, const AgentName&,
                                  base::Moment) override;
  [[nodiscard]] std::string notice(const core::MailNotice&) const override;
  [[nodiscard]] std::string readdressed(std::string_view body, const AgentName&,
                                        MessageId) const override;

  const OtherRule rule_;
  core::Machine machine_;
  std::map<std::string, SessionId> sessions_;
  SessionId last_session_;
  base::Mono clock_{0};                  // The log's time, which never goes back here.
  std::map<std::string, Lapse> lapsed_;  // By task: leases that the log still has.
  Rehearsed result_;
};

}  // namespace synapse::cli
