#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Locks at a hub beside locks at Redis, and beside a server that only waits, reads and writes.
#   tests/bench/peers.sh [build/release/bin/synapse [--runs N] [--json] [--counts]]
# --counts: instructions and system calls a request (callgrind, strace) in place of times.
set -eu

synapse=${1:-build/release/bin/synapse}
[ $# -eq 0 ] || shift
peers=$(dirname "$synapse")/synapse_peers
for program in "$synapse" "$peers"; do
  if [ ! -x "$program" ]; then
    echo "peers.sh: there is no program $program; build the release preset first" >&2
    exit 1
  fi
done
wanted=redis-server
case " $* " in *" --counts "*) wanted='valgrind strace' ;; esac
for program in $wanted; do
  command -v "$program" >/dev/null || {
    echo "peers.sh: $program is missing; Debian has it" >&2
    exit 1
  }
done
case $synapse in */*) ;; *) synapse=./$synapse peers=./$peers ;; esac

exec "$peers" "$synapse" "$@"
