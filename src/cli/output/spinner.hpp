// SPDX-License-Identifier: AGPL-3.0-or-later
// Shows that long work goes on: a turning sign and what is being done, on stderr, only where that
// is a terminal, only once the work has taken a moment, and gone when it is over.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "base/bell.hpp"
#include "cli/context.hpp"

namespace synapse::cli {

class Spinner {
 public:
  // Nothing else may write to the context's err while it lives.
  Spinner(Context& context, std::string work);
  // Asked at each turn, on another thread.
  Spinner(Context& context, std::function<std::string()> work);
  ~Spinner();
  Spinner(const Spinner&) = delete;
  Spinner& operator=(const Spinner&) = delete;

 private:
  base::Bell over_;
  std::thread thread_;
};

}  // namespace synapse::cli
