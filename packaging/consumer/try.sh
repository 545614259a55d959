#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# try.sh BUILD: takes what a build has made through each way of linking the library: installed into
# an empty folder and found by find_package and by pkg-config, and as a part of another project's
# tree. The program must run, and nothing of how this tree is compiled may reach it.
set -eu

build=$(CDPATH='' cd -- "$1" && pwd)
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
tree=${here%/packaging/consumer}
work=$build/consumer # The same at each run, so that a compiler cache knows it.
rm -rf -- "$work"
mkdir -p -- "$work"

step() { printf '== %s\n' "$*"; }
fail() {
  printf 'try.sh: %s\n' "$*" >&2
  exit 1
}
# cached NAME: a value of the build's configuration.
cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }

# unspoilt FOLDER: how CMake compiles the program there: as C++20, which it did not ask for, and
# without a warning or a definition.
unspoilt() {
  command=$(grep -o '"command": ".*main.cpp.*"' "$1/compile_commands.json")
  case $command in
    *' -W'* | *' -D'* | *fvisibility*) fail "flags of the tree reach the program: $command" ;;
    *20*) ;;
    *) fail "the program is not compiled as C++20: $command" ;;
  esac
}

compiler=$(cached CMAKE_CXX_COMPILER)
launcher=$(command -v ccache || true)
# configure FOLDER ARGUMENT…
configure() {
  into=$1
  shift
  cmake -G Ninja -S "$work/consumer" -B "$into" -DCMAKE_CXX_COMPILER="$compiler" \
    -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON "$@" \
    >"$into.log" 2>&1 || {
    cat "$into.log" >&2
    fail "$into can't be configured"
  }
}

cp -R "$here" "$work/consumer" # Elsewhere: nothing of the tree is in reach.
root=$work/root

step 'installed into an empty folder'
cmake --install "$build" --component library --prefix "$root" >/dev/null
pc=$(find "$root" -name synapse.pc)
[ -n "$pc" ] || fail 'no synapse.pc'
mv -- "$root" "$work/moved" # An installation may be moved.
root=$work/moved
LD_LIBRARY_PATH=$(dirname -- "$(find "$root" -name 'libsynapse.*' | head -n 1)")
export LD_LIBRARY_PATH
if [ "$(cached SYNAPSE_SHARED)" = ON ]; then
  library=$LD_LIBRARY_PATH/libsynapse.so
  readelf -d "$library" | grep -q 'SONAME.*libsynapse\.so\.[0-9]' || fail 'no soname'
  # What the standard library's templates become is the compiler's to export.
  public='(Agent|Hub)::|(version|wire_name|text|throw_exception_from_error|resolve_files)\('
  strays=$(nm -D -C --defined-only "$library" | grep -v ' [VWu] ' |
    grep -vE " synapse::($public)" || true)
  [ -z "$strays" ] || fail "the shared library exports what is private: $strays"
fi

step 'find_package'
configure "$work/found" -DCMAKE_PREFIX_PATH="$root"
unspoilt "$work/found"
cmake --build "$work/found" >/dev/null
"$work/found/consumer"

step 'pkg-config'
if command -v pkg-config >/dev/null; then
  PKG_CONFIG_PATH=$root/${pc#"$work/root/"}
  PKG_CONFIG_PATH=${PKG_CONFIG_PATH%/*}
  export PKG_CONFIG_PATH
  # shellcheck disable=SC2046 # Words are what pkg-config prints.
  "$compiler" -std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
    "$here/main.cpp" -o "$work/packaged" $(pkg-config --cflags --libs synapse)
  "$work/packaged"
else
  echo 'no pkg-config here'
fi

# To build the library once more would take minutes; that the program compiles shows that the target
# brings what it needs.
step 'as a part of another tree'
configure "$work/fetched" -DSYNAPSE_TREE="$tree" -DSYNAPSE_WERROR=ON
unspoilt "$work/fetched"
cmake --build "$work/fetched" --target CMakeFiles/consumer.dir/main.cpp.o >/dev/null
