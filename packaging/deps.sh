#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# packaging/deps.sh [LABEL]: installs what the build needs and this machine lacks, on Debian 12,
# Ubuntu 24.04 and newer. LABEL goes before its one line of progress.
#
# It runs before every run and every test, so the usual case, nothing missing, is one dpkg-query and
# no apt. A tool counts as there when it is on the PATH, wherever it came from; a library when its
# package is installed. What it can't install it names and leaves be: whether the rest suffices is
# for CMake's configure to say.
set -eu

label=${1:+$1 }
say() { printf '%s\n' "$label$*"; }

needed=''
nice_to_have='' # Quicker builds; never worth a password.
[ -n "${CXX:-}" ] || command -v g++ >/dev/null 2>&1 || needed="$needed g++"
command -v cmake >/dev/null 2>&1 || needed="$needed cmake"
command -v ninja >/dev/null 2>&1 || needed="$needed ninja-build"
command -v git >/dev/null 2>&1 || needed="$needed git"
command -v pkg-config >/dev/null 2>&1 || nice_to_have="$nice_to_have pkg-config"
command -v ccache >/dev/null 2>&1 || nice_to_have="$nice_to_have ccache"
command -v mold >/dev/null 2>&1 || nice_to_have="$nice_to_have mold"

libraries='libsqlite3-dev nlohmann-json3-dev libcli11-dev libspdlog-dev libssl-dev catch2'

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
  here=$(dirname -- "$(readlink -f -- "$0")")
  # A tree that was configured once has all it needs: no reason to say so at each run.
  if [ ! -f "$here/../build/release/build.ninja" ]; then
    say 'no apt on this system, so nothing was installed. The build needs: a C++20 compiler' \
      '(g++ 12, clang 14 or newer), CMake 3.25, Ninja, git, and the headers of Boost 1.81 or' \
      'newer, SQLite 3, nlohmann-json, CLI11, spdlog, OpenSSL and Catch2. Going on without.'
  fi
  exit 0
fi

# Debian names Boost's packages after its version, so any that is new enough will do.
# shellcheck disable=SC2086,SC2016 # a list of words; dpkg-query's own variables
installed=" $(dpkg-query -W -f '${Package}:${db:Status-Status} ' $libraries \
  'libboost1.[89]?-dev' 2>/dev/null || true)"
for package in $libraries; do
  case $installed in
    *" $package:installed "*) ;;
    *) needed="$needed $package" ;;
  esac
done
boost_missing=''
case $installed in
  *' libboost1.8'[1-9]'-dev:installed '* | *' libboost1.9'?'-dev:installed '*) ;;
  *) [ -n "${BOOST_ROOT:-}" ] || boost_missing=yes ;;
esac

# Asked for once: whoever goes without them is not told at each run.
[ ! -f "$(dirname -- "$(readlink -f -- "$0")")/../build/release/build.ninja" ] || nice_to_have=''

[ -n "$needed$boost_missing$nice_to_have" ] || exit 0

as_root=''
if [ "$(id -u)" -ne 0 ]; then
  [ -n "$needed$boost_missing" ] || exit 0
  if ! command -v sudo >/dev/null 2>&1; then
    say "missing:$needed${boost_missing:+ libboost-dev (1.81 or newer)}." \
      'Neither root nor sudo here to install it: ask whoever can. Going on without.'
    exit 0
  fi
  as_root=sudo
fi

say "installing:$needed${boost_missing:+ libboost1.81-dev (or newer)}$nice_to_have"
# Old lists often still do, and one broken third-party source must not stop everything.
$as_root apt-get update -qq </dev/null || say 'apt-get update failed; going on with the old lists'

if [ -n "$boost_missing" ]; then
  # The oldest that will do: the closest to what we test with.
  boost=$(apt-cache search --names-only '^libboost1\.(8[1-9]|9[0-9])-dev$' | sort | sed 's/ .*//;q')
  if [ -n "$boost" ]; then
    needed="$needed $boost"
  else
    say 'this release has no Boost 1.81 or newer (Debian 12 and Ubuntu 24.04 do).' \
      'With one of your own, set BOOST_ROOT to its folder. Going on without.'
  fi
fi

# --no-remove: another version of Boost may be installed for other work; it is not ours to remove.
# shellcheck disable=SC2086 # a list of words
if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
  --no-remove -o DPkg::Lock::Timeout=300 $needed $nice_to_have </dev/null; then
  say 'could not install them. Should the build fail for it, run this, settle what it complains' \
    "of, and start again: ${as_root:+sudo }apt-get install$needed$nice_to_have"
fi
