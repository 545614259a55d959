#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# packaging/package.sh: installs what is missing, builds, and makes the packages, in build/packages:
# a Debian package for Debian 12, Ubuntu 24.04 and newer, and a tarball for any Linux of this
# processor. packaging/package_test.sh tries them in a clean root.
set -eu

root=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
sh "$root/packaging/deps.sh" '[1/3]'
echo '[2/3] building (minutes the first time, then seconds)'
sh "$root/packaging/build.sh" package
echo '[3/3] packing'
packages=$root/build/packages
rm -rf -- "$packages"
mkdir -p -- "$packages"
cd -- "$root/build/package"
umask 022 # A package's folders are for everybody.
# The same tree makes the same packages: times in them are those of its last commit.
if [ -z "${SOURCE_DATE_EPOCH-}" ]; then
  SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct 2>/dev/null || date +%s)
  export SOURCE_DATE_EPOCH
fi
kinds=TGZ
if command -v dpkg-shlibdeps >/dev/null 2>&1; then
  kinds='DEB;TGZ'
else
  echo 'no dpkg-dev here, so no Debian package is made'
fi
cpack -G "$kinds" -B "$packages" >"$packages/log" 2>&1 || {
  cat "$packages/log" >&2
  exit 1
}
rm -rf -- "$packages/_CPack_Packages" "$packages/log"
# cpack counts what links point to once more for each link: 86 MB in place of 13.
for deb in "$packages"/*.deb; do
  [ -f "$deb" ] || continue
  dpkg-deb -R "$deb" "$packages/unpacked"
  size=$(du -k -s --exclude=DEBIAN "$packages/unpacked" | cut -f 1)
  sed -i "s/^Installed-Size: .*/Installed-Size: $size/" "$packages/unpacked/DEBIAN/control"
  dpkg-deb --root-owner-group -Zxz -b "$packages/unpacked" "$deb" >/dev/null
  rm -rf -- "$packages/unpacked"
done
cd -- "$packages"
sha256sum -- *.* >SHA256SUMS
ls -l "$packages"
