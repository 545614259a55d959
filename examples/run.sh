#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# run.sh BIN: runs the examples that were built into the folder BIN, beside the program: the one
# that brings its own hub, and the agent against a hub of the program's.
set -eu

bin=$1
work=$(mktemp -d)
hub=
trap '[ -z "$hub" ] || kill "$hub"; rm -rf -- "$work"' EXIT

# expect WORDS FILE
expect() {
  grep -qF -- "$1" "$2" && return
  echo "run.sh: expected '$1' and got:" >&2
  cat "$2" >&2
  exit 1
}

"$bin/embedded_hub" >"$work/embedded"
expect "ada: app/ada holds 'PARSER'" "$work/embedded"
expect 'ben: Task '"'PARSER-DOCS'"' would touch src/parser/**, held by app/ada' "$work/embedded"
expect "ben: app/ben holds 'PARSER-DOCS'" "$work/embedded"

# The hub's first line says where it serves: "… serving on ws://localhost:40123, …".
mkfifo "$work/log"
"$bin/synapse" hub --port 0 2>"$work/log" &
hub=$!
exec 3<"$work/log"
read -r line <&3
uri=${line#*serving on }
uri=${uri%%,*}
"$bin/minimal_agent" example/agent "$uri" >"$work/agent"
expect 'said as message 1' "$work/agent"
"$bin/synapse" state --uri "$uri" >"$work/state"
expect 'Active claims (0)' "$work/state"
