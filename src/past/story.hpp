// SPDX-License-Identifier: AGPL-3.0-or-later
// A log's records as what happened, for people: a record of a release names no owner and no file,
// and one of a renewal no more than an epoch, so the records are read in their order and what each
// is about is kept from the one before.
//
// Pure and total: a record that is broken, or that says nothing to people, tells nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/machine.hpp"
#include "past/witnesses.hpp"
#include "store/event_store.hpp"
#include "wire/json_document.hpp"

namespace synapse::past {

using wire::Json;

struct PastEvent {
  std::int64_t seq = 0;
  double ts = 0;
  std::string kind;   // One of past_kinds().
  std::string agent;  // The agent that did it, or to which it happened.
  std::string other;  // The agent that had it before, or the one that a message is for.
  std::string task_id;
  std::string worktree;
  std::vector<std::string> paths;
  bool has_files = false;          // An empty list of paths is the whole work tree then.
  std::string text;                // A note, a title, a message, a status.
  std::optional<double> waited;    // Seconds, of a wait that has ended.
  std::optional<double> held_for;  // Seconds, of what has ended.
  std::optional<double> until;     // When the lease then ended, if it was not renewed.
  std::uint64_t count = 1;         // Of refusals: how many the row tells of.
};

// The words of `kind`, for options; and those that are told unless others are asked for.
[[nodiscard]] const std::vector<std::string>& past_kinds();
[[nodiscard]] bool is_told(const std::string& kind);
// Of refusals, waits, comings and goings, which older logs don't have.
[[nodiscard]] bool is_witnessed(const std::string& kind);

class Story {
 public:
  Story() = default;
  // In the middle of a log: what is held and waited for by then.
  Story(const core::Machine& machine, const Witnesses& witnesses);

  // What the next record tells.
  [[nodiscard]] std::optional<PastEvent> next(const store::RecordView& record);

 private:
  struct Held {
    std::string owner;
    std::string worktree;
    std::vector<std::string> paths;
    bool has_files = true;
    std::uint64_t epoch = 0;
    double since = 0;
  };

  [[nodiscard]] std::optional<PastEvent> lease(PastEvent event, const std::string& kind,
                                               const Json& payload);
  [[nodiscard]] std::optional<PastEvent> witnessed(PastEvent event, const std::string& kind,
                                                   const Json& payload);
  [[nodiscard]] std::optional<PastEvent> ended(PastEvent event, const Json& payload);
  [[nodiscard]] std::optional<PastEvent> changed(PastEvent event, const std::string& kind,
                                                 const Json& payload);
  static void set_scope(PastEvent& event, const Held& held);
  // When each agent began to wait for each task.
  std::map<std::pair<std::string, std::string>, double> waiting_;

  std::map<std::string, Held> held_;  // By task.
};

// The event as a sentence, control characters shown.
[[nodiscard]] std::string sentence(const PastEvent& event);
// Its members by name.
[[nodiscard]] Json to_json(const PastEvent& event);

}  // namespace synapse::past
