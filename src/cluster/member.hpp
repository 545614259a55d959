// SPDX-License-Identifier: AGPL-3.0-or-later
// One hub's end of the log: gathers what it wants to say into batches, of which one is under way at
// a time, and says the same one again until it comes back out of the log. So what it says keeps its
// order, and a store that may or may not have taken a batch is no riddle: the roll counts it once.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "cluster/roll.hpp"

namespace synapse::cluster {

// A batch ends at so many bytes; an entry that has more is alone in its own.
inline constexpr std::size_t batch_bytes_max = 1UL << 20U;

class Member {
 public:
  Member(Hello self, Incarnation incarnation);

  [[nodiscard]] Incarnation incarnation() const { return incarnation_; }
  [[nodiscard]] const Hello& self() const { return self_; }

  // Says hello, and where the hub is found.
  void greet(const std::string& url);
  // The ticket of an entry is for the hub's own use; 0: nobody asks for it.
  void propose(const Item& item, std::uint64_t ticket = 0);
  // What the next sign of life says.
  void tell(const Beat& beat) { beat_ = beat; }

  // What to add to the log now: a new batch, the same again, or nothing. appended() must follow.
  [[nodiscard]] std::optional<std::string> due(Moment here, Mono time);
  // When to ask again, if nothing happens before.
  [[nodiscard]] Mono next_deadline() const;
  // It was added, or that is not known.
  void appended(const Result<>& result, Mono here);
  // A batch of this incarnation has come out of the log, and counts.
  void came_out(std::uint64_t number);
  // Of the batch that came out last, the ticket of its entry at this place.
  [[nodiscard]] std::uint64_t ticket(std::size_t place) const;

 private:
  struct Waiting {
    std::string bytes;
    std::optional<std::uint64_t> ticket;  // Of an entry.
  };
  struct UnderWay {
    std::uint64_t number = 0;
    std::string bytes;
    std::vector<std::uint64_t> tickets;
    bool is_being_added = false;
    std::optional<Mono> again_at;  // Nothing: it was added, and has to come out.
  };

  void gather(Moment here, Mono time);

  Hello self_;
  Incarnation incarnation_;
  std::deque<Waiting> waiting_;
  std::optional<UnderWay> under_way_;
  std::vector<std::uint64_t> tickets_;
  std::uint64_t last_number_ = 0;
  Beat beat_;
  Mono last_beat_{0};
};

}  // namespace synapse::cluster
