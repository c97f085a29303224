#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the packages that packaging.sh and booted.sh install: DIRECTORY/this has this version's and DIRECTORY/next those of a later one;
# packages.sh BUILD_DIRECTORY DIRECTORY
set -euo pipefail
here=$(dirname "$(realpath "$0")")
. "$here/installed.sh"
need_tools dpkg-deb dpkg-shlibdeps cpack
build=$(realpath "$1") to=$2
log=$to/cpack.log
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
rm -rf "$to"
mkdir -p "$to"

# make GENERATORS VERSION NAME
make() { (cd "$build" && cpack -G "$1" -D CPACK_PACKAGE_VERSION="$2" -B "$to/$3" >"$log" 2>&1) || { cat "$log"; fail cpack; }; }
formats=DEB
! command -v rpmbuild >/dev/null || formats="DEB;RPM"
say "packages of $version and $version.1"
make "$formats;TGZ" "$version" this
make "$formats" "$version.1" next
rm -rf "$to"/*/_CPack_Packages
