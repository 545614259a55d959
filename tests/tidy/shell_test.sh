#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# shell_test.sh [TREE]: what shellcheck says of every script of a source tree. Exit 77, which ctest
# takes for "skipped", where there is no shellcheck.
set -eu

command -v shellcheck >/dev/null 2>&1 || {
  echo 'no shellcheck here'
  exit 77
}
cd -- "${1:-$(dirname -- "$0")/../..}"
find .ci packaging tests examples -type f \( -name '*.sh' -o -path '.ci/*' \) \
  -exec shellcheck -x {} +
