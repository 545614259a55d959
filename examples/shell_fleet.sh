#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# shell_fleet.sh [AGENTS]: so many shell agents work through one plan. Each takes a task that is
# ready, under a lock, so that no two work on the same; a task that depends on another waits for
# it. Needs a hub (`synapse hub`).
set -eu

agents=${1:-4}
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

for number in 1 2 3 4; do
  synapse task declare "BUILD-$number" --title "build part $number" >/dev/null
  synapse task declare "TEST-$number" --title "test part $number" \
    --depends-on "BUILD-$number" >/dev/null
done

# ready: the ids of tasks whose dependencies are done, one a line.
ready() {
  synapse board | sed -n 's/^Ready: //p' | tr -d ' ' | tr , '\n' | grep -v '(none)' || true
}
# left: whether there is anything that is not done.
left() { synapse board | grep -q '^  \[open\] [BT]'; }

# agent NAME
agent() {
  export SYN_IDENTITY="fleet/$1"
  while left; do
    for task in $(ready); do
      # Whoever has the lock looks once more: the task may have been done meanwhile.
      # shellcheck disable=SC2016 # The variables are the inner shell's.
      synapse lock "$task" --wait-timeout 0 -- sh -c '
        synapse board | grep -q "^  \[open\] $1 " || exit 0
        echo "$1" >>"$2"
        synapse task update "$1" --status done >/dev/null
        echo "$SYN_IDENTITY has done $1"' sh "$task" "$work/done" 2>/dev/null |
        grep ' has done ' || true
    done
  done
}

number=0
while [ "$number" -lt "$agents" ]; do
  number=$((number + 1))
  agent "$number" &
done
wait
[ "$(sort "$work/done" | uniq -d)" = '' ] || {
  echo "done twice: $(sort "$work/done" | uniq -d)" >&2
  exit 1
}
echo "all $(wc -l <"$work/done" | tr -d ' ') tasks are done, each by one agent"
