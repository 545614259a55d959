#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# clang_tidy.sh BASE [MINUTES]: clang-tidy on the sources that differ from the commit BASE, and on
# those of the same name as a header that does. Exit 1 when it finds an error; exit 77 where there
# is nothing to run it with or on. After MINUTES (8) it starts no further file, and names those that
# it left out.
set -eu

base=$1
minutes=${2:-8}
cd -- "$(dirname -- "$0")/../.."
skip() {
  echo "clang-tidy: $*"
  exit 77
}

tidy=
for name in clang-tidy-14 clang-tidy; do
  if command -v "$name" >/dev/null 2>&1; then
    tidy=$name
    break
  fi
done
[ -n "$tidy" ] || skip 'not here'
git rev-parse -q --verify "$base^{commit}" >/dev/null || skip "no commit '$base' to compare with"

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
git diff --name-only --diff-filter=d "$base" -- src include tests examples |
  sed -n 's/\.[ch]pp$/.cpp/p' | sort -u | while read -r file; do
  [ ! -f "$file" ] || echo "$file"
done >"$work/changed"
[ -s "$work/changed" ] || skip "no source differs from $base"

# One entry a file, which a unity build has not.
cmake --preset tidy >"$work/log" 2>&1 || {
  cat "$work/log"
  exit 1
}
end=$(($(date +%s) + minutes * 60))
export end tidy
# shellcheck disable=SC2016 # The inner shell's variables.
xargs -P "$(nproc)" -n 1 sh -c '
  if [ "$(date +%s)" -ge "$end" ]; then
    echo "left out for lack of time: $1"
  else
    "$tidy" -p build/tidy --quiet "$1" 2>/dev/null
  fi' tidy <"$work/changed"
