#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# packaging/package_test.sh [PACKAGES]: tries what packaging/package.sh has made (build/packages)
# as people who have nothing else would: the Debian package in a clean Debian 12 that debootstrap
# makes, where it is installed, used, installed once more as an upgrade, and purged; and the
# tarball in a root that has nothing but the C library and a shell. Needs root (chroot) and
# Debian's archive, so it is not among the tests that ctest runs. $SYNAPSE_ROOTS is where roots are
# kept (build/roots).
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
packages=$(CDPATH='' cd -- "${1:-$here/build/packages}" && pwd)
roots=${SYNAPSE_ROOTS:-$here/build/roots}
deb=$(echo "$packages"/synapse-hub_*.deb)
tarball=$(echo "$packages"/synapse-*-linux-*.tar.gz)
version=$(sed -n 's/^#define SYNAPSE_VERSION_[A-Z]* //p' "$here/include/synapse/version.hpp" |
  paste -s -d .)
work=$(mktemp -d)
root=
mounted=
clean_up() {
  for mount in $mounted; do umount -l "$mount" || true; done
  rm -rf --one-file-system -- "$work"
}
trap clean_up EXIT

begun=$(date +%s)
step() { printf '== %3d s: %s\n' "$(($(date +%s) - begun))" "$*"; }
fail() {
  printf 'package_test.sh: %s\n' "$*" >&2
  exit 1
}
# in_root COMMAND…: runs it there, with the environment of somebody who has just logged in.
in_root() {
  env -i HOME=/root USER=root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LC_ALL=C.UTF-8 \
    chroot "$root" "$@"
}
# says WORDS COMMAND…: COMMAND, in the root, prints WORDS.
says() {
  words=$1
  shift
  said=$(in_root "$@" 2>&1) || fail "$* failed: $said"
  case $said in
    *"$words"*) ;;
    *) fail "$* printed, without '$words': $said" ;;
  esac
}

[ "$(id -u)" -eq 0 ] || fail 'it takes root, for chroot'
for package in "$deb" "$tarball"; do
  [ -f "$package" ] || fail "no $package; packaging/package.sh makes it"
done
command -v debootstrap >/dev/null || fail 'no debootstrap here: apt-get install debootstrap'

# two_agents PROGRAM: from nothing to two agents that share a repository; the script that the quick
# start has, but for git, which a clean root lacks.
two_agents() {
  cat >"$root/tmp/two_agents" <<'END'
set -eu
export PATH="$1:$PATH"
synapse demo | grep -q 'success: coordination demo completed'
synapse hub --db /tmp/hub/hub.db --port 0 2>/tmp/hub.log &
hub=$!
trap 'kill "$hub" 2>/dev/null || true' EXIT
while ! grep -q 'serving on' /tmp/hub.log; do kill -0 "$hub"; done
SYNAPSE_URI=$(sed -n 's/.*serving on \(ws:[^,]*\),.*/\1/p' /tmp/hub.log)
export SYNAPSE_URI
SYN_IDENTITY=shop/alice synapse lock API --worktree /shop --paths src -- sh -c '
  SYN_IDENTITY=shop/bob synapse lock FIX --worktree /shop --paths src/api.py --wait-timeout 0 -- \
    sh -c : >/tmp/refused && exit 1
  grep -q "held by shop/alice" /tmp/refused
  SYN_IDENTITY=shop/bob syn say shop/alice "may I?" --wait-seconds 0
  SYN_IDENTITY=shop/alice syn inbox | grep -q "may I?"'
SYN_IDENTITY=shop/bob synapse lock FIX --worktree /shop --paths src/api.py -- sh -c :
kill "$hub"
wait "$hub"
echo "two agents have coordinated"
END
  says 'two agents have coordinated' sh /tmp/two_agents "$1"
}

step 'lintian'
if command -v lintian >/dev/null; then
  lintian --allow-root --fail-on error --tag-display-limit 0 "$deb" || fail 'lintian has errors'
else
  echo 'no lintian here: apt-get install lintian'
fi

step 'a clean Debian 12'
clean=$roots/bookworm
if [ ! -f "$clean/made" ]; then
  rm -rf --one-file-system -- "$clean"
  mkdir -p -- "$clean"
  debootstrap --variant=minbase bookworm "$clean" ${SYNAPSE_MIRROR:+"$SYNAPSE_MIRROR"} \
    >"$clean.log" 2>&1 || {
    tail -n 20 "$clean.log" >&2
    fail 'debootstrap could not make it; SYNAPSE_MIRROR=URL names another mirror'
  }
  : >"$clean/made"
fi
root=$work/debian
cp -a -- "$clean" "$root"
for name in proc dev; do
  mount --bind "/$name" "$root/$name"
  mounted="$root/$name $mounted"
done
cp -- "$deb" "$root/tmp/synapse-hub.deb"
# files_there: all but what apt keeps for itself, and what the user has made.
files_there() {
  in_root find / -xdev \( -path /proc -o -path /tmp -o -path /root -o -path /var/lib/dpkg -o \
    -path /var/lib/apt -o -path /var/log -o -path /var/cache \) -prune -o -print | sort
}
mkdir -p "$root/var/lib/private" # systemd's, which a root without it lacks.
files_there >"$work/before"

step 'installed'
in_root apt-get install -y -q --no-install-recommends /tmp/synapse-hub.deb >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  fail 'apt-get install failed'
}
says "synapse $version" synapse --version
says "synapse $version" syn --version
says 'bash-completion/completions/syn' dpkg -L synapse-hub
for file in man/man1/synapse.1.gz man/man1/syn.1.gz doc/synapse-hub/copyright \
  doc/synapse-hub/changelog.gz doc/synapse-hub/docs/install.md zsh/site-functions/_synapse; do
  in_root test -s "/usr/share/$file" || grep -q path-exclude "$root"/etc/dpkg/dpkg.cfg.d/* ||
    fail "/usr/share/$file is missing"
done
for unit in user/synapse-hub system/synapse-hub; do
  in_root grep -q '^ExecStart=/usr/bin/synapse ' "/usr/lib/systemd/$unit.service" ||
    fail "$unit.service does not run the package's program"
done
step 'two agents'
two_agents /usr/bin

step 'upgraded'
dpkg-deb -R "$deb" "$work/next"
sed -i "s/^Version: .*/Version: $version+next/" "$work/next/DEBIAN/control"
dpkg-deb --root-owner-group -b "$work/next" "$root/tmp/next.deb" >/dev/null
in_root dpkg -i /tmp/next.deb >"$work/log" 2>&1 || fail "the upgrade failed: $(cat "$work/log")"
says "Version: $version+next" dpkg -s synapse-hub
says "synapse $version" synapse --version

step 'removed, then purged'
mkdir -p "$root/etc/synapse" "$root/var/lib/private/synapse"
: >"$root/var/lib/private/synapse/hub.db"
in_root apt-get remove -y -q synapse-hub >/dev/null 2>&1 || fail 'apt-get remove failed'
[ -f "$root/var/lib/private/synapse/hub.db" ] || fail 'removing took the log of the hub'
in_root apt-get purge -y -q synapse-hub >/dev/null 2>&1 || fail 'apt-get purge failed'
files_there >"$work/after"
diff "$work/before" "$work/after" || fail 'purging left these'

step 'the tarball, where there is nothing but a shell'
root=$work/bare
mkdir -p -- "$root/bin" "$root/tmp" "$root/root" "$root/usr/bin" "$root/dev"
mount --bind /dev "$root/dev"
mounted="$root/dev $mounted"
# What a shell script needs, and what those programs need: that ours needs no library is looked at
# below.
for tool in sh cat cp dirname env find grep gzip id ln ls mkdir mv rm rmdir sed tar uname; do
  from=$(in_clean=$clean; chroot "$in_clean" /bin/sh -c "command -v $tool")
  cp -L -- "$clean$from" "$root/bin/$tool"
done
for library in libc.so.6 libm.so.6 ld-linux-x86-64.so.2 libselinux.so.1 libpcre2-8.so.0 \
  libacl.so.1 libattr.so.1 libdl.so.2; do
  found=$(find "$clean/lib/" "$clean/lib64/" -name "$library" 2>/dev/null | head -n 1)
  [ -n "$found" ] || continue
  mkdir -p -- "$root/lib" "$root/lib64"
  cp -L -- "$found" "$root/lib/$library"
  cp -L -- "$found" "$root/lib64/$library"
done
cp -- "$tarball" "$root/tmp/synapse.tar.gz"
in_root /bin/sh -c 'cd /tmp && tar xzf synapse.tar.gz && cd synapse-*/ && sh install.sh' \
  >"$work/log" 2>&1 || fail "install.sh failed: $(cat "$work/log")"
needed=$(readelf -d "$root/root/.local/bin/synapse" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | sort |
  paste -s -d ' ')
[ -z "$needed" ] || fail "the program needs $needed"
size=$(wc -c <"$root/root/.local/bin/synapse")
[ "$size" -lt $((16 * 1024 * 1024)) ] || fail "the program has $size bytes"
two_agents /root/.local/bin
step 'installed over itself, then taken away'
in_root /bin/sh -c 'cd /tmp/synapse-*/ && sh install.sh' >/dev/null || fail 'the second time failed'
says "synapse $version" /root/.local/bin/syn --version
in_root /bin/sh -c 'cd /tmp/synapse-*/ && sh install.sh --uninstall' >/dev/null ||
  fail 'uninstalling failed'
left=$(find "$root/root/.local" 2>/dev/null || true)
[ -z "$left" ] || fail "uninstalling left $left"
step "all of it works: $(basename -- "$deb"), $(basename -- "$tarball"), $size bytes"
