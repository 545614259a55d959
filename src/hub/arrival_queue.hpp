// SPDX-License-Identifier: AGPL-3.0-or-later
// What has arrived at the hub from its sockets, in order: put in by any thread, taken out on the
// hub's strand, as much at a time as the hub can take.
#pragma once

#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "hub/session.hpp"
#include "net/batch_queue.hpp"

namespace synapse::hub {

class ArrivalQueue {
 public:
  // True: nobody is at it, and somebody must be told to receive.
  [[nodiscard]] bool push(Arrival arrival) { return news_.push(std::move(arrival)); }

  // Hands over what waits, for as long as it may, and says how many are new.
  template <class MayTake, class Take>
  std::size_t receive(MayTake may_take, Take take) {
    std::vector<Arrival> batch = news_.take();
    const std::size_t news = batch.size();
    if (!is_held_up()) {
      waiting_ = std::move(batch);
      taken_ = 0;
    } else {
      std::move(batch.begin(), batch.end(), std::back_inserter(waiting_));
    }
    while (is_held_up() && may_take()) take(waiting_[taken_++]);
    return news;
  }
  // Whether nothing has arrived since: the next push says that somebody must be told.
  [[nodiscard]] bool sleep() { return news_.sleep(); }
  // Some of it has not been taken yet.
  [[nodiscard]] bool is_held_up() const { return taken_ < waiting_.size(); }

 private:
  net::BatchQueue<Arrival> news_;
  std::vector<Arrival> waiting_;  // Of which some are taken already.
  std::size_t taken_ = 0;
};

}  // namespace synapse::hub
