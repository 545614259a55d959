#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# How many message:send a second an A2A bridge serves on one core, each of them chatted to a hub:
# the bridge on core 0; hub and load on core 1.
#   tests/bench/a2a.sh [build/release/bin/synapse [CONNECTIONS [SECONDS [BRIDGE-OPTION]...]]]
set -eu

synapse=${1:-build/release/bin/synapse}
connections=${2:-64}
seconds=${3:-5}
shift $(($# < 3 ? $# : 3))
load=$(dirname "$synapse")/synapse_a2a_load
for program in "$synapse" "$load"; do
  [ -x "$program" ] || {
    echo "a2a.sh: there is no program $program; build the release preset first" >&2
    exit 1
  }
done

folder=$(mktemp -d)
hub=
bridge=
finish() {
  [ -z "$bridge" ] || kill "$bridge" 2>/dev/null || true
  [ -z "$hub" ] || kill "$hub" 2>/dev/null || true
  wait
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

# Ports that are seldom taken; a run that meets one says so.
hub_port=$((20000 + $$ % 5000))
bridge_port=$((25000 + $$ % 5000))
taskset -c 1 "$synapse" hub --port "$hub_port" --rate 0 --host-rate 0 >"$folder/hub.log" 2>&1 &
hub=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
  "$synapse" health --uri "ws://127.0.0.1:$hub_port" && break
  sleep 0.2
done
taskset -c 0 "$synapse" a2a-serve --uri "ws://127.0.0.1:$hub_port" --port "$bridge_port" \
  --endpoint-url "http://127.0.0.1:$bridge_port" --target NOBODY "$@" >"$folder/bridge.log" 2>&1 &
bridge=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
  grep -q listening "$folder/bridge.log" && break
  sleep 0.2
done
grep -q listening "$folder/bridge.log" || {
  cat "$folder/hub.log" "$folder/bridge.log" >&2
  exit 1
}
"$load" "$bridge_port" "$connections" "$seconds" 1 "$bridge"
