#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# packaging/reference.sh BIN: writes docs/commands.md by the program in the folder BIN, after a
# change of its commands. A test compares the two.
set -eu

bin=${1:?usage: packaging/reference.sh BIN, such as build/release/bin}
for program in "$bin/synapse" "$bin/syn"; do
  if [ ! -x "$program" ]; then
    echo "reference.sh: there is no program $program; BIN is the folder that has it" >&2
    exit 2
  fi
done
page=$(dirname -- "$(readlink -f -- "$0")")/../docs/commands.md
# A program that fails leaves the page as it is.
text=$("$bin/synapse" __reference && "$bin/syn" __reference)
printf '%s\n' "$text" >"$page"
