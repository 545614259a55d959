#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# packaging/reference.sh BIN: writes docs/commands.md by the program in the folder BIN, after a
# change of its commands. A test compares the two.
set -eu

bin=${1:?usage: packaging/reference.sh BIN, such as build/release/bin}
page=$(dirname -- "$(readlink -f -- "$0")")/../docs/commands.md
"$bin/synapse" __reference >"$page"
"$bin/syn" __reference >>"$page"
