#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# session.sh NUMBER SYN JOURNALS REPOSITORY: a session of an assistant that knows nothing of others,
# three times: it edits files as it likes, where its hook lets it, and ends. What it did stands in a
# journal for each file: that it edits, after its hook has let it through, and that it ends, before
# its hook is told so.
session=$1 syn=$2 journals=$3 repository=$4 seed=$1

tell() {
  printf '{"session_id":"s%s","cwd":"%s","hook_event_name":"%s","tool_name":"Edit",' \
    "$session.$round" "$repository" "$1"
  printf '"tool_input":{"file_path":"%s"}}' "$2"
}

for round in 1 2 3; do
  held=
  for _ in 1 2 3 4 5 6; do
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    file=f$((seed / 65536 % 20)).c
    tries=20 # A busy machine's hub may miss the guard's 250 ms.
    while :; do
      said=$(tell PreToolUse "$file" | "$syn" guard --for claude) || echo "the guard fails" >&2
      case $said in *unreachable*) tries=$((tries - 1)) ;; *) break ;; esac
      [ "$tries" -gt 0 ] || break
    done
    case $said in *'"deny"'*) continue ;; esac
    echo "edits s$session.$round" >>"$journals/$file"
    case " $held " in
      *" $file "*) ;;
      *) held="$held $file" ;;
    esac
  done
  for file in $held; do echo "ends s$session.$round" >>"$journals/$file"; done
  tell SessionEnd "" | "$syn" guard --for claude
done
