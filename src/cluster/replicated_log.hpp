// SPDX-License-Identifier: AGPL-3.0-or-later
// A log that the hubs of a bus share: bytes go in, and come out in one order, the same for all.
//
// What was added is safe on a majority of the log's own machines. That something was not added is
// never certain: an error means that it may come out yet, once or more often. Asynchronous, on the
// executor of whoever holds it; nothing is called after the log is gone.
#pragma once

#include <functional>
#include <string>

#include "base/error.hpp"
#include "cluster/batch.hpp"

namespace synapse::cluster {

class ReplicatedLog {
 public:
  virtual ~ReplicatedLog() = default;

  using Added = std::function<void(Result<>)>;
  // One at a time.
  virtual void append(const std::string& bytes, Added added) = 0;

  // What the store says of itself.
  struct Head {
    std::string store;   // Its id: another one has another log, whatever its name is.
    Revision first = 0;  // Of this log; 0: nothing was added yet.
    Revision last = 0;   // The same.
    Revision now = 0;    // Of the store: all that is added later has a larger one.
  };
  virtual void look(std::function<void(Result<Head>)> seen) = 0;

  struct Follower {
    std::function<void(Revision, std::string)> arrived;
    // No more will come. Errors: not_found, the log no longer reaches back so far.
    std::function<void(Error)> ended;
  };
  // All after that revision, in order, and what is added from then on. Connections that break or
  // fall silent are made anew, which nobody has to know of.
  virtual void follow(Revision after, Follower follower) = 0;
};

}  // namespace synapse::cluster
