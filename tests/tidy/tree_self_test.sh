# SPDX-License-Identifier: AGPL-3.0-or-later
# shellcheck shell=sh
# Its variables are the rules that tree_test.sh checks by; and what it quotes is CMake's.
# shellcheck disable=SC2034,SC2016
# The check of the checks, sourced by `tree_test.sh --self-test`. In a small tree that breaks no
# rule, each case changes one file; `refuses` wants exactly one violation, the named one, and
# `accepts` wants none.
#
# Words that the rules look for in this file too are written with '' inside.

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
tree="$work/a tree" # Spaces, as a person's folders have.
spdx='// SPDX-License-Identifier: AGPL-3.0-or-later'
touched='' # Files that differ from the clean tree's.
newline='
'
cases=0
wrong=0

# in_folder FILE: readies the folder that FILE is about to be written to.
in_folder() {
  touched="$touched $1"
  case $1 in
    */*) [ -d "$tree/${1%/*}" ] || mkdir -p "$tree/${1%/*}" ;;
  esac
}

# put FILE LINE…: a file of these lines below the SPDX line, so LINE… starts at 2.
put() {
  file=$1
  shift
  in_folder "$file"
  case $file in
    *.?pp) printf '%s\n' "$spdx" "$@" >"$tree/$file" ;;
    *) printf '# %s\n' "${spdx#// }" >"$tree/$file" && printf '%s\n' "$@" >>"$tree/$file" ;;
  esac
}

# clean_tree: back to the tree that every case starts from. Only what was touched, for the same
# reason as in verdict.
clean_tree() {
  for old in $touched; do
    if [ -f "$work/clean/$old" ]; then
      cp -- "$work/clean/$old" "$tree/$old"
    else
      rm -f -- "$tree/$old"
    fi
  done
  touched=''
}
mkdir "$tree"
put CMakeLists.txt 'add_subdirectory(src)'
put src/CMakeLists.txt 'add_executable(synapse main.cpp)'
put src/main.cpp 'int main() {}'
put include/synapse/agent.hpp '#pragma once' '#include <string>' '#include "synapse/version.hpp"'
put include/synapse/version.hpp '#pragma once'
for folder in base core wire store net git hub client cli; do
  put "src/$folder/CMakeLists.txt" "synapse_module($folder SOURCES a.cpp commands/a.cpp)"
  put "src/$folder/a.cpp" 'int a;'
done
put tests/core/CMakeLists.txt 'synapse_test(core SOURCES' '  ${CMAKE_CURRENT_SOURCE_DIR}/a.cpp)'
put tests/core/a.cpp 'int a;'
put packaging/run.sh 'true'
cp -R -- "$tree" "$work/clean"
touched=''

# verdict EXPECTED: compares it with what the tree as it stands is told, and says where they differ.
verdict() {
  cases=$((cases + 1))
  wanted=${1:+1}
  wanted=${wanted:-0}
  if check_tree "$tree" >"$work/out"; then status=0; else status=$?; fi
  # Without the closing count; no sed, since processes are what the time goes into here.
  found=''
  line=''
  while IFS= read -r next; do
    found=$found${found:+$newline}$line
    line=$next
  done <"$work/out"
  if [ "$found" != "$1" ] || [ "$status" -ne "$wanted" ]; then
    wrong=$((wrong + 1))
    printf 'case %d, %s:\n  expected: %s\n  reported: %s (exit %d)\n' \
      "$cases" "$file" "${1:-nothing}" "${found:-nothing}" "$status"
  fi
}

# refuses FILE:LINE: WHY… LINE…
refuses() {
  expected=$1
  shift
  clean_tree
  put "${expected%%:*}" "$@"
  verdict "$expected"
}

accepts() {
  clean_tree
  put "$@"
  verdict ''
}

# lines COUNT: that many lines of code.
lines() { awk -v n="$1" 'BEGIN { while (n-- > 0) print "int x" n ";" }'; }
long_line() { awk -v n="$1" -v c="$2" 'BEGIN { printf "// "; while (n-- > 3) printf "%s", c }'; }

file='the clean tree'
verdict ''
file='an empty folder'
mkdir "$work/empty"
if check_tree "$work/empty" >/dev/null 2>&1; then
  wrong=$((wrong + 1))
  echo 'a folder without sources passes, so a wrong path would check nothing and pass'
fi

# (a) The licence.
no_licence=': no SPDX-License-Identifier: AGPL-3.0-or-later in the first two lines'
for file in src/core/a.cpp include/synapse/version.hpp src/CMakeLists.txt packaging/run.sh .ci/run \
  examples/a.sh; do
  clean_tree
  in_folder "$file"
  case $file in
    src/CMakeLists.txt) printf '\n\n# %s\nadd(main.cpp)\n' "$spdx" >"$tree/$file" ;;
    *) : >"$tree/$file" ;;
  esac
  verdict "$file:1$no_licence"
done
clean_tree
file=packaging/run.sh
in_folder "$file"
printf '#!/bin/sh\n# %s\n' "$spdx" >"$tree/$file"
verdict ''

# (b) The levels.
refuses 'src/base/a.cpp:2: src/base/ (level 0) includes only lower levels, and core is on level 1' \
  '#include "core/b.hpp"'
refuses 'src/wire/a.cpp:3: src/wire/ (level 2) includes only lower levels, and net is on level 2' \
  '#include <string>' '#  include "net/race.hpp"'
refuses 'src/hub/a.cpp:2: src/hub/ (level 4) includes only lower levels, and cli is on level 5' \
  '#include "cli/app.hpp"'
refuses \
  'src/wire/a.cpp:2: src/wire/ (level 2) includes only lower levels, and store is on level 2' \
  '#include "store/store.hpp"'
refuses \
  'src/store/a.cpp:2: src/store/ (level 2) includes only lower levels, and net is on level 2' \
  '#include <net/race.hpp>'
refuses 'src/core/a.cpp:2: "../wire/decode.hpp": write it from src/, as "folder/file.hpp"' \
  '#include "../wire/decode.hpp"'
refuses 'src/core/a.cpp:2: "lease.hpp": write it from src/, as "folder/file.hpp"' \
  '#include "lease.hpp"'
refuses 'src/core/a.cpp:2: src/core/ is below the public headers: no "synapse/agent.hpp"' \
  '#include "synapse/agent.hpp"'
private='a public header includes no private one'
refuses 'include/synapse/agent.hpp:2: "core/lease.hpp" is not installed: '"$private" \
  '#include "core/lease.hpp"'
refuses 'include/synapse/agent.hpp:2: "base/error.hpp" is not installed: '"$private" \
  '#include "base/error.hpp"'
accepts include/synapse/agent.hpp '#include "synapse/result.hpp"'
refuses 'src/extra/a.hpp:1: src/extra/ has no level: give it one in tests/tidy/tree_test.sh' \
  '#pragma once'
accepts src/store/a.cpp \
  '#include "core/event.hpp"' '#include "wire/codec.hpp"' '#include "store/log.hpp"'
accepts src/hub/a.cpp '#include "synapse/hub.hpp"' '#include "net/race.hpp"'
accepts src/net/a.cpp \
  '#include <net/if.h>' '#include <boost/asio/ip/tcp.hpp>' '#include <mutex>' 'std::mutex m;'
accepts src/main.cpp '#include "cli/app.hpp"'
accepts tests/core/a.cpp '#include "hub/session.hpp"' '#include "support/catch.hpp"'
accepts src/core/a.cpp 'auto t = R"(' '#include "hub/session.hpp"' ')";'

# (c) The pure folders.
for header in boost/asio.hpp boost/beast/core.hpp nlohmann/json.hpp spdlog/spdlog.h sqlite3.h \
  random fstream filesystem thread mutex; do
  refuses "src/core/a.cpp:2: src/core/ is pure: no <$header>" "#include <$header>"
done
for header in boost/asio/post.hpp boost/beast.hpp spdlog/logger.h sqlite3.h; do
  refuses "src/wire/a.cpp:2: src/wire/ is pure: no <$header>" "#include <$header>"
done
refuses 'src/base/a.cpp:2: src/base/ is pure: no <nlohmann/json.hpp>' '#include <nlohmann/json.hpp>'
not_argument='is pure: time and randomness come in as arguments'
refuses "src/core/a.cpp:2: src/core/ $not_argument" 'auto t = std::chrono::steady_clock::now();'
refuses "src/wire/a.cpp:2: src/wire/ $not_argument" 'auto t = std::time(nullptr);'
refuses 'src/core/a.cpp:2: no unordered containers in core: their order differs from run to run' \
  'std::unordered_map<int, int> m;'
refuses 'src/hub/a.cpp:2: the text of a document is made by wire::json_text()' 'json.dump(2);'
refuses 'src/hub/a.cpp:2: no mutex here: state belongs to one strand' 'std::shared_mutex m;'
accepts src/wire/a.cpp '#include <nlohmann/json.hpp>' 'std::unordered_map<int, int> m;'
accepts src/core/a.cpp '// No std::unordered_map, no <mutex>, no steady_clock::now(): replay.' \
  '/* std::mutex' ' * std::mutex */ std::chrono::system_clock::time_point t;'
accepts src/base/a.cpp 'auto t = std::chrono::steady_clock::now();'

# (d) The sizes.
refuses 'src/core/b.hpp:201: 201 lines; a header has 200 at most: split it by idea' "$(lines 200)"
refuses 'src/core/a.cpp:401: 401 lines; a source has 400 at most: split it by idea' "$(lines 400)"
refuses 'src/main.cpp:80: 80 lines; main.cpp has fewer than 80' "$(lines 79)"
refuses 'tests/core/a.cpp:2: 101 columns; 100 at most' "$(long_line 101 x)"
refuses 'packaging/a.sh:2: 101 columns; 100 at most' "$(long_line 101 x)"
accepts src/core/b.hpp "$(lines 199)"
accepts src/core/a.cpp "$(lines 399)"
accepts src/main.cpp "$(lines 78)"
accepts src/core/a.cpp "$(long_line 100 …)"

# (e) What no test, no file and no command says.
no_sleep='a test does not sleep: use the manual clock, or wait for the event itself'
refuses "tests/core/a.cpp:2: $no_sleep" 'std::this_thread::sleep_for(1s);'
refuses "tests/core/a.cpp:2: $no_sleep" 'std::this_thread::sleep_until(t);'
refuses "tests/core/a.cpp:2: $no_sleep" '::usleep(10);'
unfinished='unfinished: do it now, or file an issue and take the mark out'
refuses "src/core/a.cpp:2: $unfinished" '// TO''DO: later'
refuses "src/core/CMakeLists.txt:3: $unfinished" 'add(a.cpp)' '# FIX''ME'
refuses "packaging/run.sh:2: $unfinished" 'true # XX''X'
accepts tests/core/a.cpp \
  'auto t = "/tmp/a.XXXXXX"; // Sleeps: sleep_for has no place here.' 'int usleeps();'
no_globals='a command uses its context: no cout, cerr, getenv, exit or now of the process'
for use in 'std::cout << 1;' 'std::cerr << 1;' 'auto e = ::getenv("A");' 'std::exit(1);' \
  'auto t = Clock::now();'; do
  refuses "src/cli/commands/a.cpp:2: $no_globals" "$use"
done
accepts src/cli/commands/a.cpp 'int f(C& c) { c.out << c.clock.now(); return std::exit_code; }'
accepts src/cli/a.cpp 'auto home = std::getenv("HOME");'

# (f) Listed sources.
refuses 'src/core/new.cpp:1: no target has it: src/core/CMakeLists.txt does not name new.cpp' \
  'int a;'
refuses \
  'src/core/deep/a.cpp:1: no target has it: src/core/CMakeLists.txt does not name deep/a.cpp' \
  'int a;'
refuses 'tests/sim/a.cpp:1: no target has it: CMakeLists.txt does not name tests/sim/a.cpp' 'int a;'
clean_tree
put src/core/CMakeLists.txt 'synapse_module(core SOURCES aa.cpp # a.cpp' ')'
file=src/core/a.cpp
verdict "$file:1: no target has it: src/core/CMakeLists.txt does not name a.cpp"
accepts src/CMakeLists.txt 'add_executable(synapse "${CMAKE_SOURCE_DIR}/src/main.cpp")'

# (g) A source's own header.
own_first='the first include is the file'"'"'s own header, "core/a.hpp"'
for first in '#include <string>' '#include "core/b.hpp"' 'int a;'; do
  clean_tree
  put src/core/a.hpp '#pragma once'
  put src/core/a.cpp "$first"
  case $first in
    int*) verdict 'src/core/a.cpp:1: includes nothing; its own header "core/a.hpp" comes first' ;;
    *) verdict "src/core/a.cpp:2: $own_first" ;;
  esac
done
clean_tree
put src/core/a.hpp '#pragma once'
put src/core/a.cpp '// Why.' '' '#include "core/a.hpp"' '' '#include <string>'
verdict ''

# (h) catch (...), and what is not code.
refuses 'src/hub/a.cpp:4: catch (...): name what is caught' \
  'int f() {' '  try { g(); }' '  catch (...) {}' '}'
refuses 'src/hub/a.cpp:2: catch (...): name what is caught' 'try { g("\""); } catch(...) {}'
refuses 'src/hub/a.cpp:2: catch (...): name what is caught' "char c = '\"'; try {} catch (...) {}"
refuses 'src/hub/a.cpp:2: catch (...): name what is caught' "int i = 1'000; try {} catch (...) {}"
refuses 'src/hub/a.cpp:3: catch (...): name what is caught' \
  'auto s = R"x(a)" // )x"; auto g = "src/*";' 'try {} catch (...) {}'
accepts src/hub/a.cpp "// It's not catch (...) 'here'."
accepts src/hub/a.cpp 'int i; // "' 'auto s = "catch (...)"; // catch (...)' '// g("' \
  'auto t = R"(' 'catch (...) " )";' '/*' 'catch (...)' '*/'

# (i) The length of a function.
too_long='71 lines; a function has 70 at most: split it by idea'
body() { awk -v n="$1" 'BEGIN { while (n-- > 0) print "    f();" }'; }
refuses "src/core/a.cpp:2: $too_long" 'int f() {' "$(body 69)" '}'
refuses "src/core/a.cpp:3: $too_long" 'class A {' '  int f(int a,' '        int b) {' "$(body 68)" \
  '  }' '};'
refuses "tests/core/a.cpp:3: $too_long" '' 'TEST_CASE("a", "[a]") {' "$(body 69)" '}'
accepts src/core/a.cpp 'int f() {' "$(body 68)" '}' 'A::A()' '    : b(0) {' "$(body 65)" \
  '  g([] {' '  });' '}'
accepts src/core/a.cpp 'class A {' "$(body 80)" '};' 'namespace a {' "$(body 80)" '}'
long_allowed='src/core/'
accepts src/core/a.cpp 'int f() {' "$(body 99)" '}'
long_allowed=''

# (j) Functions that only tests call, or nobody.
unused='nothing in src/ calls lonely(): delete it, or move it to tests/support/'
refuses "src/core/b.hpp:2: $unused" '[[nodiscard]] int lonely(int a);'
refuses "src/core/b.hpp:3: $unused" 'class A {' '  static const std::vector<A*>& lonely();' '};'
for use in 'int i = lonely(1);' '  if (x && lonely()) return;' '  a.lonely();' \
  '  return lonely();' '  f(1, lonely());' 'auto f = &A::lonely;' '  lonely();' \
  '  A::lonely(1);'; do
  clean_tree
  put src/core/b.hpp '[[nodiscard]] int lonely(int a);'
  put src/core/a.cpp 'int A::lonely(int a) {' '}' "$use"
  file="src/core/b.hpp with $use"
  verdict ''
done
clean_tree
put src/core/b.hpp 'Result<> lonely(int a);'
put src/core/a.cpp 'Result<> lonely(int a) {' '  // lonely(1);' '}'
put tests/core/a.cpp 'int i = lonely();'
file=src/core/b.hpp
verdict "src/core/b.hpp:2: $unused"
accepts src/core/b.hpp '  int xsputn(int a) override;' 'A operator+(A a);' 'class A { A(); ~A(); };'
unused_allowed='lonely'
accepts src/core/b.hpp 'int lonely();'
unused_allowed=''

# The top of the tree.
refuses 'configure.log:1: does not belong at the top of the tree' 'made by mistake'
refuses '.notes:1: does not belong at the top of the tree' 'made by mistake'
accepts README.md 'what this is'

# What is excepted.
catch_all_allowed='src/hub/b.cpp src/hub/a.cpp'
accepts src/hub/a.cpp 'try {} catch (...) {}'
catch_all_allowed='src/hub src/hub/a /'
refuses 'src/hub/a.cpp:2: catch (...): name what is caught' 'try {} catch (...) {}'
catch_all_allowed=''
sleep_allowed='tests/core/'
accepts tests/core/a.cpp 'std::this_thread::sleep_for(1s);'
sleep_allowed=''
allowed_includes='base:synapse'
accepts src/base/a.cpp '#include "synapse/version.hpp"'

# One violation of each kind in one file is one report each.
clean_tree
put src/core/a.cpp '#include "hub/a.hpp"' '#include <thread>' 'std::mutex m; // TO''DO'
cases=$((cases + 1))
if [ "$(check_tree "$tree" | sed '$d' | wc -l)" -ne 4 ]; then
  wrong=$((wrong + 1))
  echo "case $cases: four violations in one file are four reports"
fi

if [ "$wrong" -ne 0 ]; then
  echo "$wrong of $cases cases are wrong"
  exit 1
fi
echo "$cases cases, as they should be"
