// SPDX-License-Identifier: AGPL-3.0-or-later
// What the commands return to their caller. Scripts branch on these, so they never change.
#pragma once

namespace synapse::cli::exit_code {

inline constexpr int ok = 0;
inline constexpr int failed = 1;  // Refused, unreachable, unanswered.
inline constexpr int usage = 2;   // The command line itself is wrong; nothing was tried.

// Where synapse-channel has no exit code of its own for it (beside `failed`): there is no hub, or
// no answer; a lease was lost while its holder was at work, EX_TEMPFAIL of sysexits.h.
inline constexpr int unreachable = 3;
inline constexpr int lost = 75;

// Of `wait`, which knows no usage of 2 beside the usual one: a time that ran out is told from a
// connection that was lost.
inline constexpr int wait_timed_out = 2;
inline constexpr int wait_connection_lost = 3;

// Of `conflicts`, so that `synapse conflicts && git merge …` goes on only when there are none.
inline constexpr int conflicts_predicted = 2;

// Of commands that run another program, as shells have them.
inline constexpr int cannot_run = 127;
inline constexpr int killed_by_signal = 128;  // Plus the signal's number.

}  // namespace synapse::cli::exit_code
