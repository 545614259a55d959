#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Three hubs on one bus over three nodes of etcd, beside a single hub with a synced log.
#   tests/bench/cluster.sh [build/release/bin/synapse [--runs N] [--json] [--folder FOLDER]]
set -eu

synapse=${1:-build/release/bin/synapse}
[ $# -eq 0 ] || shift
load=$(dirname "$synapse")/synapse_cluster_load
for program in "$synapse" "$load"; do
  if [ ! -x "$program" ]; then
    echo "cluster.sh: there is no program $program; build the release preset first" >&2
    exit 1
  fi
done
command -v etcd >/dev/null || {
  echo 'cluster.sh: etcd is missing (Debian: etcd-server)' >&2
  exit 1
}
case $synapse in */*) ;; *) synapse=./$synapse load=./$load ;; esac

exec "$load" "$synapse" "$@"
