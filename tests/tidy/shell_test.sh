#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# shell_test.sh [TREE]: what shellcheck says of every script of a source tree and of the program's
# own code for bash; what zsh and fish, where they are installed, say of its code for them. Exit 77,
# which ctest takes for "skipped", where there is no shellcheck.
set -eu

command -v shellcheck >/dev/null 2>&1 || {
  echo 'no shellcheck here'
  exit 77
}
cd -- "${1:-$(dirname -- "$0")/../..}"
find .ci packaging tests examples src -type f \
  \( -name '*.sh' -o -name '*.bash' -o -path '.ci/*' \) -exec shellcheck -x {} +
for shell in zsh fish; do
  command -v "$shell" >/dev/null 2>&1 || continue
  for file in src/*/*/*."$shell"; do
    "$shell" -n "$file"
  done
done
