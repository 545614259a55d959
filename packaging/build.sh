#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# packaging/build.sh PRESET [TARGET…]: builds targets (default: all) of a preset of
# CMakePresets.json.
#
# Configures only where no configure has succeeded yet; from then on Ninja itself sees whether
# CMake's files have changed, so that a build with nothing to do costs a fraction of a second.
set -eu

preset=${1:?usage: packaging/build.sh PRESET [TARGET…]}
shift
cd -- "$(dirname -- "$(readlink -f -- "$0")")/.."

give_up() {
  printf '%s\n' "$@" >&2
  exit 1
}

# Two Ninjas in one folder spoil each other's files, and "start the hub here, ask it there" is two
# runs at once.
mkdir -p build
if command -v flock >/dev/null 2>&1; then
  exec 9>build/.lock
  if ! flock -n 9; then
    echo 'another build of this tree is running; waiting for it'
    flock 9
  fi
fi

# So that a second clone, or CI's fresh one, finds in the cache what the first has compiled.
export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$PWD}"
export CCACHE_NOHASHDIR="${CCACHE_NOHASHDIR:-1}"
export CCACHE_SLOPPINESS="${CCACHE_SLOPPINESS:-pch_defines,time_macros}"

if [ ! -f "build/$preset/build.ninja" ]; then
  # --fresh: a library that a failed configure did not find may be there by now.
  cmake --fresh --preset "$preset" 9>&- || give_up '' \
    "Could not configure the build: CMake's first error above names what is missing." \
    'On Debian 12, Ubuntu 24.04 and newer, packaging/deps.sh installs it. Then start again.'
fi

if [ $# -gt 0 ]; then
  set -- --target "$@"
fi
cmake --build --preset "$preset" "$@" 9>&- || give_up '' \
  'The build failed; the first error above says where.' \
  '  - "Killed", or no message: too little memory. Try with CMAKE_BUILD_PARALLEL_LEVEL=1 set.' \
  "  - Anything odd, say after moving the tree: remove build/$preset and start again."
