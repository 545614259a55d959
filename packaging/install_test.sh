#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# install_test.sh BUILD: installs a build as a package does, into an empty root, and looks at what
# is there: all of it under /usr, the program runs, and what belongs to it knows where it is.
set -eu

build=$1
root=$(mktemp -d)
trap 'rm -rf -- "$root"' EXIT

fail() {
  printf 'install_test.sh: %s\n' "$*" >&2
  exit 1
}

DESTDIR=$root cmake --install "$build" --prefix /usr >"$root.log" 2>&1 || {
  cat "$root.log"
  fail 'cmake --install failed'
}
rm -f -- "$root.log"
[ "$(ls -A "$root")" = usr ] || fail "outside of /usr: $(ls -A "$root")"

for name in synapse syn; do
  "$root/usr/bin/$name" --help >/dev/null || fail "$name does not run"
done
for verb in name wait say inbox board; do
  [ "$(readlink "$root/usr/bin/syn-$verb")" = synapse ] || fail "syn-$verb is no link to synapse"
done
while read -r file; do
  [ -s "$root/usr/$file" ] || fail "/usr/$file is missing or empty"
done <<'END'
include/synapse/agent.hpp
include/synapse/hub.hpp
include/synapse/worktree.hpp
share/man/man1/synapse.1
share/man/man1/syn.1
share/bash-completion/completions/synapse
share/bash-completion/completions/syn
share/zsh/site-functions/_synapse
share/fish/vendor_completions.d/synapse.fish
END
for unit in user/synapse-hub.service user/synapse-arm@.service user/synapse-presence@.service \
  system/synapse-hub.service; do
  grep -q '^ExecStart=/usr/bin/synapse ' "$root/usr/lib/systemd/$unit" ||
    fail "$unit runs another program"
done
for file in install.sh share/lintian; do
  [ ! -e "$root/usr/$file" ] || fail "/usr/$file is for packages alone"
done

# What the tarball's own installer does, with the same files.
unpacked=$root/unpacked
mkdir -- "$unpacked"
cp -R -- "$root/usr/bin" "$root/usr/share" "$unpacked"
cp -- "$(dirname -- "$0")/install.sh" "$unpacked"
HOME=$root/home PREFIX=$root/here sh "$unpacked/install.sh" >/dev/null || fail 'install.sh failed'
"$root/here/bin/syn" --version >/dev/null || fail 'install.sh has installed no syn'
: >"$root/here/bin/another"
mv -- "$unpacked/share/man" "$unpacked/man" # An older version had files that this one lacks.
HOME=$root/home PREFIX=$root/here sh "$unpacked/install.sh" >/dev/null || fail 'the upgrade failed'
[ ! -e "$root/here/share/man" ] || fail 'files of the older version stay'
HOME=$root/home PREFIX=$root/here sh "$unpacked/install.sh" --uninstall >/dev/null ||
  fail 'install.sh --uninstall failed'
[ "$(find "$root/here" ! -type d)" = "$root/here/bin/another" ] || fail 'uninstalling left files'
if PREFIX=$root/here sh "$unpacked/install.sh" --uninstall 2>/dev/null; then
  fail 'what is not installed was uninstalled'
fi
rm -rf -- "$unpacked" "$root/here"
if leak=$(grep -rIl -e "$root" -e "$build" "$root/usr"); then
  fail "the name of a folder of this machine is in $leak"
fi
