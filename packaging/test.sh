#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# packaging/test.sh [CTEST-ARGS]: installs what is missing, builds, and runs every test. With
# arguments, say `-R core`, ctest gets them. $SYNAPSE_PRESET names another preset than `release`.
set -eu

preset=${SYNAPSE_PRESET:-release}
root=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
sh "$root/packaging/deps.sh" '[1/3]'
echo '[2/3] building (minutes the first time, then seconds)'
sh "$root/packaging/build.sh" "$preset"
echo '[3/3] testing'
cd -- "$root"
command -v npm >/dev/null 2>&1 ||
  echo 'no Node and npm here: the tests with the official MCP and A2A clients are skipped'
command -v etcd >/dev/null 2>&1 ||
  echo 'no etcd here (Debian: etcd-server): the tests of clusters against a real one are skipped'
ctest --preset "$preset" --no-tests=error "$@" || {
  status=$?
  echo 'A test failed; its output is above. One test alone: packaging/test.sh -R NAME' >&2
  exit "$status"
}
