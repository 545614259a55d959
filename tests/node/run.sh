#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# run.sh FOLDER SOURCES SCRIPT PACKAGE…: installs the npm packages into FOLDER, once, and runs
# SCRIPT of the folder SOURCES there. The package node@VERSION stands for the one that holds that
# Node for this machine: node@ itself only runs an installer for it; @PLATFORM@ in a package's name
# stands for this machine. $SYNAPSE_BIN is the program under test. Exit 77, with a line that says
# why: skipped, since Node or the packages can't be had here.
set -eu

folder=$1
sources=$2
script=$3
shift 3

skip() {
  printf 'SKIPPED: %s\n' "$*"
  exit 77
}

command -v node >/dev/null 2>&1 || skip 'there is no Node here; it takes node and npm, 20 or newer'
command -v npm >/dev/null 2>&1 || skip 'there is no npm here; it takes node and npm, 20 or newer'
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 20 ] || skip "Node here is $major; it takes 20 or newer"

platform=$(node -p 'process.platform + "-" + process.arch')
for package in "$@"; do
  shift
  case $package in
    node@*) package=node-$platform@${package#node@} ;;
    *@PLATFORM@*) package=${package%%@PLATFORM@*}$platform${package#*@PLATFORM@} ;;
  esac
  set -- "$@" "$package"
done

mkdir -p "$folder"
# What was asked for stands in a file, so that a change of it installs anew.
if [ ! -f "$folder/installed" ] || [ "$(cat "$folder/installed")" != "$*" ]; then
  rm -f "$folder/installed"
  printf '{"name": "synapse-tests", "private": true, "type": "module"}\n' >"$folder/package.json"
  log=$folder/npm.log
  (cd -- "$folder" && timeout 200 npm install --no-audit --no-fund --no-package-lock \
    --ignore-scripts "$@") >"$log" 2>&1 || {
    cat "$log"
    skip "npm could not install $*; its output is above"
  }
  printf '%s' "$*" >"$folder/installed"
fi

# Modules are looked for from where a script is, so it runs from beside them.
cp "$sources"/*.mjs "$folder"
cd -- "$folder"
exec node "$script"
