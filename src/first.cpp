// SPDX-License-Identifier: AGPL-3.0-or-later
// What comes before main, and before what the libraries inside the program set up. The agent's tool
// waits for its guard, and half of what a guard would cost is pages that only those need: so it
// begins here, with neither streams nor locales, and ends without their ends.
#include <unistd.h>

#ifdef SYNAPSE_FULLY_STATIC
#include <netdb.h>
#include <nss.h>
#endif

#include <cstddef>

#include "guard/guard.hpp"

// That a constructor has the program's arguments is the GNU C library's way; elsewhere main() asks.
#ifdef __GLIBC__
namespace {

[[gnu::constructor(101)]] void come_first(int argc, char** argv) {
  if (const auto code = synapse::guard::run_as_guard({argv, static_cast<std::size_t>(argc)})) {
    _exit(*code);
  }
#ifdef SYNAPSE_FULLY_STATIC
  // What else a system may look for hosts with are modules of its own C library, which a program
  // with another one inside can't load.
  __nss_configure_lookup("hosts", "files dns");
#endif
}

}  // namespace
#endif
