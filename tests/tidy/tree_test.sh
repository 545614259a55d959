#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# tree_test.sh [TREE]        checks a source tree (default: the one this file is in): prints
#                            `FILE:LINE: why` for each violation; exit 0 when there is none
# tree_test.sh --self-test   checks the checks
#
# This file says which folder is on which level and what is excepted; tree.awk beside it says what
# the rules are.
set -eu

# docs/architecture.md's table. A folder of src/ includes only folders of lower levels.
levels='base:0 core:1 wire:2 store:2 net:2 git:2 past:3 cluster:3 hub:4 client:3 guard:3
  workers:4 mcp:4 a2a:4 services:4 cli:5 syn:6'

# FROM:TO includes that the levels alone would refuse. TO may be `synapse` for the public headers.
# store's event codec is made of wire's JSON codec; base holds what the public
# Result and version are made of.
allowed_includes='store:wire base:synapse'

# What stands at the top of the tree, beside what builds and editors leave there. Anything else got
# there by mistake.
top_level='.ci .clang-format .clang-tidy .editorconfig .git .gitignore CMakeLists.txt
  CMakePresets.json LICENSE README.md cmake docs examples include packaging src tests
  build build-* .cache compile_commands.json'

# From this level up, sources may use the public headers of include/synapse/.
public_headers_from=3

# Folders of src/ that have threads of their own, and so mutexes.
mutex_folders='net past store workers'

# Files, or folders with a / at the end, that may say `catch (...)`: where an exception of any type
# would leave a thread or cross into C, and is reported.
catch_all_allowed=''

# Files or folders under tests/ that may sleep: none that checks anything.
sleep_allowed='tests/bench/'

# Files that may have a function of more than 70 lines: tables, one of them a switch so that the
# compiler misses what it lacks.
long_allowed='src/base/error.cpp tests/client/request_test.cpp tests/sim/model.cpp
  tests/store/json_reader_test.cpp'

# Functions that nothing in src/ calls by name: what Beast finds by its arguments, what the language
# calls of a coroutine, a deadline, counts and bytes that tests need of an object of src/.
unused_allowed='async_teardown teardown beast_close_socket within sessions
  scopes_contend segments_meet initial_suspend final_suspend unhandled_exception get_return_object
  return_value return_void await_ready await_suspend await_resume kept_count kept_bytes'

here=$(cd -- "$(dirname -- "$0")" && pwd)
# Lengths in bytes, whichever awk this is; tree.awk then counts characters itself.
export LC_ALL=C

# check_tree TREE: prints the violations; its status is 1 when there are any.
check_tree() (
  cd -- "$1"
  strays=
  for name in * .[!.]*; do
    [ -e "$name" ] || continue
    is_known=no
    for known in $top_level; do
      # shellcheck disable=SC2254 # It is a pattern.
      case $name in $known) is_known=yes ;; esac
    done
    [ "$is_known" = yes ] || strays="$strays$name
"
  done
  set -- CMakeLists.txt
  for folder in src include tests examples packaging cmake .ci; do
    [ ! -d "$folder" ] || set -- "$@" "$folder"
  done
  find "$@" -type f \( -name '*.cpp' -o -name '*.hpp' -o -name CMakeLists.txt -o -name '*.cmake' \
    -o -name '*.sh' -o -name '*.awk' -o -path '.ci/*' \) | sort |
    LEVELS=$levels ALLOWED_INCLUDES=$allowed_includes PUBLIC_FROM=$public_headers_from \
      MUTEX_FOLDERS=$mutex_folders CATCH_ALL_ALLOWED=$catch_all_allowed \
      SLEEP_ALLOWED=$sleep_allowed LONG_ALLOWED=$long_allowed \
      UNUSED_ALLOWED=$unused_allowed STRAYS=$strays awk -f "$here/tree.awk"
)

case ${1:-} in
  --self-test)
    # shellcheck source=tests/tidy/tree_self_test.sh
    . "$here/tree_self_test.sh"
    ;;
  *) check_tree "${1:-$here/../..}" ;;
esac
