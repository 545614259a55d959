#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# packaging/run.sh [ARGS]: installs what is missing, builds, and runs `synapse ARGS`; without any, a
# hub that keeps its log and its relay file in ~/synapse. Works from any folder, and synapse then
# runs in that folder.
set -eu

root=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")

# All on stderr: stdout is the program's own, as in `packaging/run.sh state --json | jq`.
sh "$root/packaging/deps.sh" '[1/3]' >&2
echo '[2/3] building (minutes the first time, then seconds)' >&2
sh "$root/packaging/build.sh" release synapse >&2

if [ $# -eq 0 ]; then
  # shellcheck disable=SC2174 # the one above it is the home folder
  mkdir -p -m 0700 -- "$HOME/synapse"
  set -- hub --db "$HOME/synapse/hub.db" --relay-log "$HOME/synapse/feed.ndjson"
fi
echo "[3/3] running synapse $1" >&2 # Not all of ARGS: a token may be among them.
exec "$root/build/release/bin/synapse" "$@"
