# SPDX-License-Identifier: Apache-2.0
# Sourced by demo.sh and test.sh: need PURPOSE PROGRAM-OR-FILE APT-PACKAGE DNF-PACKAGE collects, install_needed installs.

needed_apt=() needed_dnf=() needed_for=()

# need "C++ compiler" g++ g++ gcc-c++: nothing is installed where the program (or, with a slash in it, the file) is there.
need() {
  local found
  case $2 in
    */*) found=$(compgen -G "$2" | head -n 1) || true ;;
    *) found=$(command -v "$2") || true ;;
  esac
  [ -n "$found" ] && return
  needed_for+=("$1") needed_apt+=("$3") needed_dnf+=("$4")
}

need_to_build() {
  need "C++ compiler" g++ g++ gcc-c++
  need "CMake" cmake cmake cmake
  need "Ninja" ninja ninja-build ninja-build
  need "Poco (service, XML, JSON, Net, SQLite)" "/usr/include/Poco/Data/SQLite/Connector.h" libpoco-dev poco-devel
  need "Boost 1.81 or newer (Asio, Process, JSON)" "/usr/include/boost/asio/readable_pipe.hpp" libboost1.81-dev boost-devel
  need "OpenSSL 3" "/usr/include/openssl/core_names.h" libssl-dev openssl-devel
  need "zlib" "/usr/include/zlib.h" zlib1g-dev zlib-devel
  need "libmnl (netlink)" "/usr/include/libmnl/libmnl.h" libmnl-dev libmnl-devel
  need "libnftables (header)" "/usr/include/nftables/libnftables.h" libnftables-dev nftables-devel
  need "doctest" "/usr/include/doctest/doctest.h" doctest-dev doctest-devel
}

need_to_cross_build() {
  need "C++ compiler for Windows" x86_64-w64-mingw32-g++-posix g++-mingw-w64-x86-64-posix mingw64-gcc-c++
  need "source packages of Debian, to be unpacked" dpkg-source dpkg-dev dpkg-dev
  need "a C compiler and make, for SQLite's own build" make build-essential make
  need "Tcl, for SQLite's own build" tclsh tcl tcl
  need "Perl, for OpenSSL's own build" perl perl perl
  need "NSIS, for the installer" makensis nsis mingw32-nsis
  need "signatures of Windows programs" osslsigncode osslsigncode osslsigncode
}

need_to_run_windows_programs() { need "Wine" wine wine wine-core; }

need_to_test_packages() {
  need "a root to install packages in" debootstrap debootstrap debootstrap
  need "a container with a systemd of its own" systemd-nspawn systemd-container systemd-container
  need "tools of .deb packages" dpkg-shlibdeps dpkg-dev dpkg-dev
  need "tools of .rpm packages" rpmbuild rpm rpm-build
  need "a signed archive of the tests' own" gpg gnupg gnupg2
  need "kinds of files" file file file
}

install_needed() {
  [ ${#needed_for[@]} -eq 0 ] && return
  local as_root=() i
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "To be installed:"
  if command -v apt-get >/dev/null; then
    for i in "${!needed_for[@]}"; do echo "  ${needed_apt[$i]}  (${needed_for[$i]})"; done
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${needed_apt[@]}" >/dev/null
  elif command -v dnf >/dev/null; then
    for i in "${!needed_for[@]}"; do echo "  ${needed_dnf[$i]}  (${needed_for[$i]})"; done
    "${as_root[@]}" dnf install -y -q "${needed_dnf[@]}"
  else
    echo "Neither apt-get nor dnf is here: install the above by hand, then run this again." >&2
    exit 1
  fi
}
