#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# supervisor.sh [SECONDS [LOOKS]]: a supervisor of one's own, to start from. Every SECONDS (60) it
# looks at the plan; a task that is in progress and that nobody held, now and at the look before, is
# opened again, with a note that says so. After LOOKS it ends; without it, never.
set -eu

pause=${1:-60}
looks=${2:--1}
: "${SYN_IDENTITY:=supervisor}"
export SYN_IDENTITY
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
: >"$work/before"

while [ "$looks" -ne 0 ]; do
  synapse board | sed -n 's/^  \[in_progress\] \([^ ]*\) .*/\1/p' | sort >"$work/busy"
  synapse state | sed -n 's/^  \([^ ]*\) \[.*/\1/p' | sort >"$work/held"
  comm -23 "$work/busy" "$work/held" >"$work/orphans"
  comm -12 "$work/before" "$work/orphans" | while IFS= read -r task; do
    synapse task update "$task" --status open >/dev/null
    synapse task progress "$task" 'nobody held it any more; it is open again' >/dev/null
    echo "opened again: $task"
  done
  mv -- "$work/orphans" "$work/before"
  looks=$((looks - 1))
  [ "$looks" -eq 0 ] || sleep "$pause"
done
