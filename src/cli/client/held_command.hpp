// SPDX-License-Identifier: AGPL-3.0-or-later
// Runs another program for as long as a lease is held. The program ends before the lease can be
// another's: see client/lease_renewer.hpp for when that is.
#pragma once

#include <string>
#include <vector>

#include "base/signals.hpp"
#include "cli/client/lease_keeper.hpp"
#include "cli/context.hpp"

namespace synapse::cli {

// What becomes of the program when the lease is lost.
struct OnLoss {
  enum class Act {
    term,  // SIGTERM to it and all that it has started, and SIGKILL to what is left after `grace`.
    kill,  // SIGKILL at once.
    warn,  // It goes on.
  };

  Act act = Act::term;
  base::Mono grace = std::chrono::seconds(5);

  // How long before the end of the lease it must be taken for lost.
  [[nodiscard]] base::Mono margin() const {
    return client::LeaseRenewer::margin_min + (act == Act::term ? grace : base::Mono(0));
  }
};

struct HeldCommand {
  std::vector<std::string> words;
  std::string lock;  // What is held, and by whom, in messages.
  std::string owner;
  OnLoss on_loss;
};

// Passes signals of the watch on to the program. Returns its exit code; exit_code::lost if the
// lease was lost before its end, whatever it returned. A program that was started is gone when this
// process is, however that ends.
[[nodiscard]] int run_held(Context& context, const HeldCommand& command, SignalWatch& watch,
                           LeaseKeeper& keeper);

}  // namespace synapse::cli
