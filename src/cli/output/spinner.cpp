// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/output/spinner.hpp"

#include <poll.h>

#include <ostream>
#include <string_view>
#include <utility>

#include "base/quiet_thread.hpp"

namespace synapse::cli {

namespace {

constexpr int moment_ms = 300;
constexpr int turn_ms = 120;

bool is_over(const base::Bell& bell, int timeout_ms) {
  pollfd event{bell.descriptor(), POLLIN, 0};
  return poll(&event, 1, timeout_ms) != 0;
}

}  // namespace

Spinner::Spinner(Context& context, std::string work)
    : Spinner(context, [work = std::move(work)] { return work; }) {}

Spinner::Spinner(Context& context, std::function<std::string()> work) {
  if (!context.err_is_terminal) return;
  thread_ = base::quiet_thread([this, &err = context.err, work = std::move(work)] {
    if (is_over(over_, moment_ms)) return;
    constexpr std::string_view signs = "|/-\\";
    for (std::size_t turn = 0; !is_over(over_, turn_ms); ++turn) {
      err << "\r\x1b[K" << signs[turn % signs.size()] << ' ' << work() << std::flush;
    }
    err << "\r\x1b[K" << std::flush;
  });
}

Spinner::~Spinner() {
  if (!thread_.joinable()) return;
  over_.ring();
  thread_.join();
}

}  // namespace synapse::cli
