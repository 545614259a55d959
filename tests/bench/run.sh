#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Every scenario against one build, as a table. Further arguments go to synapse_bench.
#   tests/bench/run.sh [build/release/bin/synapse [OPTION VALUE]...]
set -eu

synapse=${1:-build/release/bin/synapse}
[ $# -eq 0 ] || shift
bench=$(dirname "$synapse")/synapse_bench
for program in "$synapse" "$bench"; do
  if [ ! -x "$program" ]; then
    echo "run.sh: there is no program $program; build the release preset first" >&2
    exit 1
  fi
done
case $synapse in
  *" "*)
    echo "run.sh: synapse_bench cuts commands at blanks, so the path may hold none: $synapse" >&2
    exit 1
    ;;
  */*) ;;
  *) synapse=./$synapse ;;
esac

exec "$bench" --hub "$synapse hub --port {port} {db}" \
  --command "$synapse board --uri {uri}" "$@"
