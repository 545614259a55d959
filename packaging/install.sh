#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# install.sh [--uninstall]: installs the unpacked Synapse that this file stands in, below $PREFIX
# (~/.local): the program and its short names, manual pages, completions, docs. An older version
# there is replaced. --uninstall takes away what was installed and nothing else: the logs of hubs
# stay. Needs nothing but a shell.
set -eu

usage='usage: [PREFIX=FOLDER] sh install.sh [--uninstall]'
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
prefix=${PREFIX:-${HOME:?no \$HOME, so say where to install: PREFIX=FOLDER sh install.sh}/.local}
list=$prefix/share/synapse/installed # The files, one a line, as paths below $prefix.

give_up() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

case $prefix in
  /*) ;;
  *) give_up "PREFIX is '$prefix'; give it as an absolute path" ;;
esac

# remove_listed: the files of the list, then the folders that are empty without them.
remove_listed() {
  while IFS= read -r file; do
    case $file in
      '' | /* | *..*) continue ;;
    esac
    rm -f -- "$prefix/$file"
    folder=${file%/*}
    while [ "$folder" != "$file" ] && rmdir -- "$prefix/$folder" 2>/dev/null; do
      case $folder in
        */*) folder=${folder%/*} ;;
        *) break ;;
      esac
    done
  done <"$list"
}

uninstall() {
  [ -f "$list" ] || give_up "nothing is installed below $prefix: there is no $list." \
    'If it went elsewhere, name that folder: PREFIX=FOLDER sh install.sh --uninstall'
  if [ -f "${XDG_CONFIG_HOME:-${HOME-}/.config}/systemd/user/synapse-hub.service" ]; then
    echo 'Services of yours still run this program. To end them, before this:' \
      "$prefix/bin/synapse init --uninstall" >&2
    exit 1
  fi
  remove_listed
  rm -f -- "$list"
  rmdir -- "$prefix/share/synapse" "$prefix/share" "$prefix" 2>/dev/null || true
  echo "removed Synapse from $prefix; logs of hubs, such as ~/synapse, stay"
}

install_files() {
  [ -x "$here/bin/synapse" ] ||
    give_up "there is no bin/synapse beside this file; run it where the archive was unpacked"
  "$here/bin/synapse" --version >/dev/null 2>&1 ||
    give_up 'bin/synapse does not run here. It needs Linux, and the processor that it was built' \
      "for; this one is $(uname -m)"
  mkdir -p -- "$prefix/share/synapse" || give_up "can't make $prefix; choose another PREFIX"
  [ ! -f "$list" ] || remove_listed
  mkdir -p -- "$prefix/share/synapse"
  (cd -- "$here" && find bin share ! -type d) >"$list.new"
  while IFS= read -r file; do
    mkdir -p -- "$prefix/${file%/*}"
    rm -f -- "$prefix/$file" # So that a program that runs keeps its old file.
    cp -P -- "$here/$file" "$prefix/$file"
  done <"$list.new"
  mv -- "$list.new" "$list"
  echo "installed $("$prefix/bin/synapse" --version) below $prefix"
  case :$PATH: in
    *":$prefix/bin:"*) ;;
    *) printf 'Your PATH lacks it. Add this line to the start-up file of your shell:\n  %s\n' \
      "export PATH=\"$prefix/bin:\$PATH\"" ;;
  esac
  echo 'Next: synapse demo'
}

case $#:${1-} in
  0:) install_files ;;
  1:--uninstall) uninstall ;;
  *:--help | *:-h) printf '%s\n' "$usage" ;;
  *)
    printf '%s\n' "$usage" >&2
    exit 2
    ;;
esac
