#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# ci_job.sh TASK: a job of CI that merges the branch it is on, if it may: the hub is well, no
# branch at work will conflict, and the claim that it took is still its own at the moment of the
# merge.
#
# Exit 0: merged; 1: not now, and why.
set -eu

task=${1:?usage: ci_job.sh TASK}
: "${SYN_IDENTITY:=ci/merge}"
export SYN_IDENTITY

give_up() {
  echo "ci_job.sh: $*" >&2
  exit 1
}
# epoch: the fence of the claim, as the hub has it now; blank if it is not ours.
epoch() {
  synapse state --json --owner "$SYN_IDENTITY" |
    sed -n '/"task_id": "'"$task"'"/,$!{/"epoch"/h;};/"epoch": /{s/[^0-9]//g;p;q;}'
}

synapse health || give_up 'no hub answers; synapse doctor says more'
synapse conflicts --check-diff || give_up 'another branch changes the same files'
synapse git-claim "$task" --ttl 600 || give_up 'somebody holds these files'
trap 'synapse release "$task" >/dev/null || true' EXIT
fence=$(epoch)
[ -n "$fence" ] || give_up 'the claim is gone already'

"${TEST_COMMAND:-true}" || give_up 'the tests fail'

# Whatever took long may have outlived the claim. Whoever has it now has a larger epoch.
[ "$(epoch)" = "$fence" ] || give_up 'the claim was lost while the tests ran; start again'
echo "merging under epoch $fence"
${MERGE_COMMAND:-true}
