# SPDX-License-Identifier: AGPL-3.0-or-later
# The rules of the tree. Reads the names of files, then each file, and prints `FILE:LINE: why` for
# each line that breaks a rule. Run by tree_test.sh, which sets the environment.
#
# A rule about code sees a line without comments and without what is inside quotes, so that a
# comment may say why there is no unordered_map here, and a glob such as "src/*" opens no comment.
# Plain POSIX awk.

BEGIN {
  count = split(ENVIRON["LEVELS"], items, " ")
  for (i = 1; i <= count; i++) {
    split(items[i], item, ":")
    level[item[1]] = item[2]
  }
  set_of(allowed_include, ENVIRON["ALLOWED_INCLUDES"])
  set_of(mutex_folder, ENVIRON["MUTEX_FOLDERS"])
  set_of(catch_all_allowed, ENVIRON["CATCH_ALL_ALLOWED"])
  set_of(sleep_allowed, ENVIRON["SLEEP_ALLOWED"])
  set_of(long_allowed, ENVIRON["LONG_ALLOWED"])
  set_of(unused_allowed, ENVIRON["UNUSED_ALLOWED"])
  public_from = ENVIRON["PUBLIC_FROM"]

  # What a pure folder must not include; base as well, since core sees all of it.
  outside = "^(boost/asio|boost/beast|spdlog/|sqlite3)"
  banned_header["base"] = outside "|^nlohmann/"
  banned_header["wire"] = outside
  banned_header["core"] = outside "|^nlohmann/|^(random|fstream|filesystem|iostream|thread|mutex" \
                          "|shared_mutex|condition_variable|future)$"
}

{ files[++file_count] = $0; exists[$0] = 1 }

END {
  count = split(ENVIRON["STRAYS"], strays, "\n")
  for (i = 1; i < count; i++) {
    path = strays[i]
    violation(1, "does not belong at the top of the tree")
  }
  for (f = 1; f <= file_count; f++) if (is_list(files[f])) check_file(files[f])
  # The rest is checked against those.
  for (f = 1; f <= file_count; f++) if (!is_list(files[f])) check_file(files[f])
  check_used()
  if (violations) {
    printf "%d files checked, %d violations\n", file_count, violations
    exit 1
  }
  if (!file_count) {
    print "no source files here: is this the tree?"
    exit 1
  }
  printf "%d files checked, no violations\n", file_count
}

function is_list(name) { return name ~ /(^|\/)CMakeLists\.txt$|\.cmake$/ }

function set_of(set, words, n, i, list) {
  n = split(words, list, " ")
  for (i = 1; i <= n; i++) set[list[i]] = 1
}

# Whether the file is named in a set, itself or by a folder that it is in.
function within(set, name) {
  for (name in set) if (path == name || (name ~ /\/$/ && index(path, name) == 1)) return 1
  return 0
}

function violation(line, why) {
  printf "%s:%d: %s\n", path, line, why
  violations++
}

function check_file(name, line, n, is_cpp, code) {
  path = name
  is_cpp = path ~ /\.[ch]pp$/
  in_src = path ~ /^src\//
  folder = ""
  if (path ~ /^src\/[^\/]+\//) {
    folder = substr(path, 5)
    sub(/\/.*/, "", folder)
  }
  if (folder != "" && is_cpp && !(folder in level))
    violation(1, "src/" folder "/ has no level: give it one in tests/tidy/tree_test.sh")

  n = 0
  licensed = 0
  includes = 0
  statement = ""
  split("", opened)
  context = ""  # What ends what the line begins in: nothing, a block comment or a raw string.
  while ((getline line < path) > 0) {
    n++
    if (n <= 2 && line ~ /SPDX-License-Identifier: AGPL-3\.0-or-later/) licensed = 1
    if (line ~ /(^|[^A-Za-z0-9_])(TO[D]O|FIX[M]E|XX[X])([^A-Za-z0-9_]|$)/)
      violation(n, "unfinished: do it now, or file an issue and take the mark out")
    if (is_list(path)) note_listed(line)
    if (columns(line) > 100) violation(n, columns(line) " columns; 100 at most")
    if (is_cpp) {
      if (context == "" && line ~ /^[ \t]*#[ \t]*include[ \t]*["<]/) check_include(line, n)
      code = code_of(line)
      if (code ~ /[^ \t]/) check_code(code, n)
      note_function(code, n)
      if (path ~ /^(src|include)\//) note_words(code, n)
    }
  }
  close(path)

  if (!licensed)
    violation(1, "no SPDX-License-Identifier: AGPL-3.0-or-later in the first two lines")
  if (path ~ /\.hpp$/ && n > 200)
    violation(201, n " lines; a header has 200 at most: split it by idea")
  if (path ~ /\.cpp$/ && n > 400)
    violation(401, n " lines; a source has 400 at most: split it by idea")
  if (path == "src/main.cpp" && n >= 80) violation(80, n " lines; main.cpp has fewer than 80")
  if (path ~ /^(src|tests)\/.*\.cpp$/) check_listed()
  if (!includes && own_header() != "")
    violation(1, "includes nothing; its own header \"" own_header() "\" comes first")
}

# Characters, of a line read as bytes: every byte that does not continue a UTF-8 sequence.
function columns(line) {
  gsub(/[\200-\277]/, "", line)
  return length(line)
}

# "core/machine.hpp" for src/core/machine.cpp where src/core/machine.hpp is there; else "".
function own_header(header) {
  if (path !~ /^src\/.*\.cpp$/) return ""
  header = substr(path, 5)
  sub(/cpp$/, "hpp", header)
  return ("src/" header) in exists ? header : ""
}

function check_include(line, n, header, quoted, to) {
  includes++
  header = line
  sub(/^[ \t]*#[ \t]*include[ \t]*/, "", header)
  quoted = header ~ /^"/
  header = substr(header, 2)
  sub(/[">].*/, "", header)

  if (includes == 1 && own_header() != "" && header != own_header())
    violation(n, "the first include is the file's own header, \"" own_header() "\"")
  if (folder in banned_header && header ~ banned_header[folder])
    violation(n, "src/" folder "/ is pure: no <" header ">")

  to = header
  if (!sub(/\/.*/, "", to)) to = ""
  # <net/if.h> is the system's; <net/race.hpp> is ours under another spelling.
  if (!quoted && !(header ~ /\.hpp$/ && (to in level))) return
  if (path ~ /^include\//) {
    if (to != "synapse")
      violation(n, "\"" header "\" is not installed: a public header includes no private one")
    return
  }
  if (folder == "" || !(folder in level)) return
  if (to == "synapse") {
    if (level[folder] < public_from && !((folder ":synapse") in allowed_include))
      violation(n, "src/" folder "/ is below the public headers: no \"" header "\"")
  } else if (!(to in level)) {
    violation(n, "\"" header "\": write it from src/, as \"folder/file.hpp\"")
  } else if (to != folder && level[to] >= level[folder] && !((folder ":" to) in allowed_include)) {
    violation(n, "src/" folder "/ (level " level[folder] ") includes only lower levels, and " to \
              " is on level " level[to])
  }
}

function check_code(code, n) {
  if (code ~ /(^|[^A-Za-z0-9_])catch[ \t]*\([ \t]*\.\.\.[ \t]*\)/ && !within(catch_all_allowed))
    violation(n, "catch (...): name what is caught")
  if (path ~ /^tests\// && code ~ /sleep_for|sleep_until|(^|[^A-Za-z0-9_])usleep[ \t]*\(/ &&
      !within(sleep_allowed))
    violation(n, "a test does not sleep: use the manual clock, or wait for the event itself")
  if (!in_src) return
  if (code ~ /std::([a-z_]+_)?mutex/ && !(folder in mutex_folder))
    violation(n, "no mutex here: state belongs to one strand")
  if (code ~ /\.dump[ \t]*\(/ && path != "src/wire/json_document.cpp")
    violation(n, "the text of a document is made by wire::json_text()")
  if ((folder == "core" || folder == "wire") && code ~ /::now[ \t]*\(|std::(time|rand)[ \t]*\(/)
    violation(n, "src/" folder "/ is pure: time and randomness come in as arguments")
  if (folder == "core" && code ~ /unordered_/)
    violation(n, "no unordered containers in core: their order differs from run to run")
  if (path ~ /^src\/cli\/commands\// &&
      code ~ /std::(cout|cerr|clog|exit)([^A-Za-z0-9_]|$)|getenv|::now[ \t]*\(/)
    violation(n, "a command uses its context: no cout, cerr, getenv, exit or now of the process")
}

# Notes where a function begins, at the left or in a class, and how long it is when it ends. Every
# statement that has parentheses before its brace counts as one: what is inside of a function is
# shorter than the function.
function note_function(code, n, indent, length_now) {
  sub(/[ \t]+$/, "", code)
  if (code == "" || code ~ /^#/) {
    statement = ""
    return
  }
  if (statement == "") {
    statement_line = n
    match(code, /^ */)
    statement_indent = RLENGTH
  }
  statement = statement code
  if (code ~ /^(  )?}/) {
    match(code, /^ */)
    indent = RLENGTH
    length_now = n - opened[indent] + 1
    if (opened[indent] && length_now > 70 && !within(long_allowed))
      violation(opened[indent], length_now " lines; a function has 70 at most: split it by idea")
    opened[indent] = 0
    if (indent == 0) opened[2] = 0
  } else if (code ~ /\{$/ && statement ~ /\(/ && statement_indent <= 2 &&
             statement !~ /^ *(namespace|class|struct|enum|union)[^A-Za-z0-9_]/) {
    opened[statement_indent] = statement_line
  }
  if (code ~ /[;{}:]$/) statement = ""
}

# Remembers which functions the headers of src/ declare, and each word that is not a declaration. By
# name alone, so that a function with a common name may hide; none is found that is used.
function note_words(code, n, before, word) {
  if (code ~ /^[ \t]*using /) return
  before = ""
  while (match(code, /[A-Za-z_][A-Za-z0-9_]*/)) {
    before = before substr(code, 1, RSTART - 1)
    word = substr(code, RSTART, RLENGTH)
    code = substr(code, RSTART + RLENGTH)
    if (code ~ /^\(/ && declares(before)) {
      if (path ~ /^src\/.*\.hpp$/ && before ~ /^( | [ ])?[^ ]/ && word ~ /^[a-z][a-z0-9_]*$/ &&
          code !~ /[^A-Za-z0-9_]override[^A-Za-z0-9_]/)
        declared[word] = path ":" n
    } else {
      used[word] = 1
    }
    before = before word
  }
}

# Whether what stands before a name and its parenthesis makes it a declaration: a type, and maybe
# the class that it belongs to.
function declares(before) {
  if (before ~ /(^|[^A-Za-z0-9_])(return|throw|else|case|new|delete)[^A-Za-z0-9_]/) return 0
  if (before ~ /(^|[^A-Za-z0-9_])(co_return|co_await)[^A-Za-z0-9_]/) return 0
  if (before ~ /[()=.?!{]/ || before ~ /( &&| [|*+<>&-]|,) $/ || before ~ /->$/) return 0
  sub(/^[ \t]*(\[\[nodiscard\]\] *)?/, "", before)
  return before ~ /^[A-Za-z_][A-Za-z0-9_:<>,*& ]*[ &*>]([A-Za-z0-9_]+::)*$/
}

function check_used(word, place) {
  for (word in declared) {
    if ((word in used) || (word in unused_allowed)) continue
    path = declared[word]
    place = path
    sub(/:[0-9]+$/, "", path)
    sub(/.*:/, "", place)
    violation(place, "nothing in src/ calls " word "(): delete it, or move it to tests/support/")
  }
}

# The line without comments and the insides of quotes; moves `context` on to where the next line
# begins.
function code_of(line, out, at, token) {
  if (context == "" && line !~ /["'\/]/) return line
  out = ""
  for (;;) {
    if (context != "") {
      at = index(line, context)
      if (!at) return out
      line = substr(line, at + length(context))
      context = ""
    }
    # The next thing that hides code. A ' after a digit or letter only parts the digits of a number.
    if (!match(line, /R"[^ ()\\\t"]*\(|"|(^|[^0-9A-Za-z_])'|\/\/|\/\*/)) return out line
    token = substr(line, RSTART, RLENGTH)
    out = out substr(line, 1, RSTART - 1)
    line = substr(line, RSTART + RLENGTH)
    if (token == "//") return out
    if (token == "/*") {
      context = "*/"
    } else if (token ~ /^R/) {
      context = ")" substr(token, 3, length(token) - 3) "\""
    } else if (token == "\"") {
      out = out "\"\""
      if (!match(line, /^([^"\\]|\\.)*"/)) return out
      line = substr(line, RLENGTH + 1)
    } else {
      out = out token "'"
      if (!match(line, /^([^'\\]|\\.)*'/)) return out
      line = substr(line, RLENGTH + 1)
    }
  }
}

# Remembers each word of one of CMake's files, as a path from the top of the tree.
function note_listed(line, n, i, words, base) {
  base = path
  sub(/[^\/]*$/, "", base)
  sub(/#.*/, "", line)
  gsub(/\$\{CMAKE_CURRENT_(SOURCE|LIST)_DIR\}\//, "", line)
  gsub(/[()<>";:]/, " ", line)
  n = split(line, words, " ")
  for (i = 1; i <= n; i++) {
    if (sub(/^\$\{(CMAKE|PROJECT)_SOURCE_DIR\}\//, "", words[i])) listed[words[i]] = 1
    else listed[base words[i]] = 1
  }
}

function check_listed(base) {
  if (path in listed) return
  base = path
  while (sub(/[^\/]*$/, "", base) && base != "") {
    if ((base "CMakeLists.txt") in exists) break
    sub(/\/$/, "", base)
  }
  violation(1, "no target has it: " base "CMakeLists.txt does not name " \
            substr(path, length(base) + 1))
}
