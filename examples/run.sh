#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# run.sh BIN [WORK]: runs the examples against the program and the examples that were built into
# the folder BIN: the embedded hub, the library's agent, the agents on the bare protocol with a hub
# that is killed under them, a fleet of shell agents, a supervisor, and the CI job. Node's
# WebSocket is installed from npm into WORK, if this Node has none. What can't be tried here is
# said.
set -eu

bin=$(CDPATH='' cd -- "$1" && pwd)
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
modules=${2:-$work}
hub=
agent=
clean_up() {
  for process in $hub $agent; do kill -9 "$process" 2>/dev/null || true; done
  rm -rf -- "$work"
}
trap clean_up EXIT
export PATH="$bin:$PATH" HOME="$work"
unset SYN_IDENTITY SYN_PROJECT SYNAPSE_TOKEN 2>/dev/null || true

fail() {
  echo "run.sh: $*" >&2
  exit 1
}
# expect WORDS FILE: FILE has them, or will have within a minute.
expect() {
  tries=600
  until grep -qF -- "$1" "$2"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || {
      echo "run.sh: expected '$1' and got:" >&2
      cat "$2" >&2
      exit 1
    }
    sleep 0.1
  done
}
# start_hub PORT: sets $hub and $SYNAPSE_URI.
start_hub() {
  : >"$work/hub.log"
  synapse hub --port "$1" --db "$work/log/hub.db" 2>"$work/hub.log" &
  hub=$!
  expect 'serving on' "$work/hub.log"
  SYNAPSE_URI=$(sed -n 's/.*serving on \(ws:[^,]*\),.*/\1/p' "$work/hub.log")
  export SYNAPSE_URI
}

if [ -x "$bin/embedded_hub" ]; then
  "$bin/embedded_hub" >"$work/embedded"
  expect "ada: app/ada holds 'PARSER'" "$work/embedded"
  expect 'ben: Task '"'PARSER-DOCS'"' would touch src/parser/**, held by app/ada' "$work/embedded"
  expect "ben: app/ben holds 'PARSER-DOCS'" "$work/embedded"
fi

start_hub 0
if [ -x "$bin/minimal_agent" ]; then
  "$bin/minimal_agent" example/agent "$SYNAPSE_URI" >"$work/agent"
  expect 'said as message 1' "$work/agent"
  synapse state >"$work/state"
  expect 'Active claims (0)' "$work/state"
fi

# killed_under NAME COMMAND…: an agent that says the same in each language. The hub is killed after
# it has told the agent of its claim; what is said while it is away and after it has come back
# arrives.
killed_under() {
  name=$1
  shift
  "$@" "$name" demo/partner >"$work/out" 2>"$work/err" &
  agent=$!
  expect "claimed $name, epoch" "$work/out"
  expect 'demo/partner: kept' "$work/out"
  synapse send --name demo/partner --target "$name" --wait-seconds 0 'how far are you?'
  expect 'demo/partner: how far are you?' "$work/out"
  kill -9 "$hub"
  wait "$hub" 2>/dev/null || true
  start_hub "${SYNAPSE_URI##*:}"
  tries=600 # A receipt goes to an agent that is there: wait until it is.
  until [ "$(grep -c '^connected' "$work/out")" -eq 2 ]; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "$name does not come back"
    sleep 0.1
  done
  synapse state >"$work/state"
  expect "owner=$name" "$work/state"
  synapse inbox --name demo/partner >"$work/inbox"
  expect "$name -> demo/partner (chat): I have begun" "$work/inbox"
  expect 'demo/partner: seen' "$work/out"
  synapse send --name demo/partner --target "$name" --wait seen=60 stop
  wait "$agent" || fail "$name ended with exit code $?"
  agent=
  [ "$(grep -c 'how far are you' "$work/out")" -eq 1 ] || fail "$name has heard a message twice"
  [ "$(grep -c '^claimed' "$work/out")" -eq 1 ] || fail "$name has claimed twice"
  synapse state >"$work/state"
  expect 'Active claims (0)' "$work/state"
  echo "$name: the hub was killed under it, and nothing was lost"
}

[ ! -x "$bin/bare_agent" ] || killed_under demo/cpp "$bin/bare_agent"

python=
for candidate in python3 /usr/bin/python3; do
  "$candidate" -c 'import websockets' 2>/dev/null && python=$candidate && break
done
if [ -n "$python" ]; then
  killed_under demo/python "$python" "$here/agent.py"
else
  echo 'NOT TRIED: agent.py, for there is no Python with websockets here (python3-websockets)'
fi

if command -v node >/dev/null && command -v npm >/dev/null; then
  mkdir -p -- "$modules"
  cp -- "$here/agent.mjs" "$modules"
  has_websocket() {
    [ -d "$modules/node_modules/ws" ] || node -e 'process.exit(globalThis.WebSocket ? 0 : 1)'
  }
  if ! has_websocket; then
    (cd -- "$modules" && echo '{"private": true}' >package.json &&
      npm install --no-audit --no-fund --no-package-lock ws@8 >npm.log 2>&1) ||
      echo 'NOT TRIED: agent.mjs, for npm could not install ws here'
  fi
  if has_websocket; then
    killed_under demo/node node "$modules/agent.mjs"
  fi
else
  echo 'NOT TRIED: agent.mjs, for there is no Node with npm here'
fi

sh "$here/shell_fleet.sh" 4 >"$work/fleet"
expect 'all 8 tasks are done, each by one agent' "$work/fleet"

# Of two tasks in progress the one that somebody holds is left alone.
synapse task declare HELD --title 'somebody works on it' >/dev/null
synapse task declare LEFT --title 'nobody does any more' >/dev/null
synapse task update HELD --status in_progress >/dev/null
synapse task update LEFT --status in_progress >/dev/null
SYN_IDENTITY=demo/busy synapse lock HELD -- sh "$here/supervisor.sh" 0.1 3 >"$work/supervised" 2>&1
expect 'opened again: LEFT' "$work/supervised"
[ "$(grep -c 'opened again' "$work/supervised")" -eq 1 ] || fail 'more than LEFT was opened again'
synapse board >"$work/board"
expect '[open] LEFT' "$work/board"
expect '[in_progress] HELD' "$work/board"

command -v git >/dev/null || exit 0
git init -q -b main "$work/repo"
cd -- "$work/repo"
git -c user.name=a -c user.email=a@localhost commit -q --allow-empty -m one
sh "$here/ci_job.sh" MERGE >"$work/job"
expect 'merging under epoch' "$work/job"
cat >"$work/steal" <<'END'
#!/bin/sh
synapse release MERGE --name ci/merge >/dev/null
synapse git-claim MERGE --name other/agent >/dev/null
END
chmod +x "$work/steal"
if TEST_COMMAND=$work/steal sh "$here/ci_job.sh" MERGE >"$work/job" 2>&1; then
  fail 'the CI job merged without its claim'
fi
expect 'the claim was lost' "$work/job"
