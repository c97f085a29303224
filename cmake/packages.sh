# SPDX-License-Identifier: Apache-2.0
# Packages that a build needs: installs those of the distribution. (packaging.cmake makes the packages of Riposte.)
# Sourced by scripts: need PURPOSE PROGRAM-OR-FILE APT-PACKAGE DNF-PACKAGE collects, install_needed installs.

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
  need "Poco (options, log, XML, dates, digests)" "/usr/include/Poco/Util/OptionProcessor.h" libpoco-dev poco-devel
  need "SQLite" "/usr/include/sqlite3.h" libsqlite3-dev sqlite-devel
  need "Boost 1.81 or newer (Asio, Beast, JSON)" "/usr/include/boost/asio/readable_pipe.hpp" libboost1.81-dev boost-devel
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

need_to_run_windows_programs() {
  need "Wine" wine wine wine-core
  need "kinds of files" file file file
}

need_to_test_packages() {
  need "a root to install packages in" mmdebstrap mmdebstrap mmdebstrap
  need "a container with a systemd of its own" systemd-nspawn systemd-container systemd-container
  need "tools of .deb packages" dpkg-shlibdeps dpkg-dev dpkg-dev
  need "tools of .rpm packages" rpmbuild rpm rpm-build
  need "the syntax of completions" zsh zsh zsh
  need "the syntax of completions" fish fish fish
}

need_to_test() {
  need "network namespaces" ip iproute2 iproute
  need "a signed archive of the tests' own" gpg gnupg gnupg2
  need "nftables" nft nftables nftables
  need "iptables" iptables iptables iptables-nft
  need "ping" ping iputils-ping iputils
  need "sysctl" sysctl procps procps-ng
  need "account tools" chage passwd shadow-utils
  need "connection tracking" conntrack conntrack conntrack-tools
  need "a check of the units" systemd-analyze systemd systemd
}

need_to_lint() {
  need "clang-format" clang-format-14 clang-format-14 clang-tools-extra
  need "clang-tidy" clang-tidy-14 clang-tidy-14 clang-tools-extra
  need "clang with libFuzzer" clang++-14 clang-14 clang
  need "linker of clang" "/usr/lib/llvm-14/bin/ld.lld" lld-14 lld
  need "sanitizer runtime of clang" "/usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-x86_64.a" libclang-rt-14-dev compiler-rt
  need "man page checker" mandoc mandoc mandoc
}

# quietly WHAT COMMAND...: says that it runs, at once and every few seconds; shows the command's output only if it fails.
quietly() {
  local what=$1 log start=$SECONDS shown=$SECONDS
  shift
  echo "  $what ..."
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null &
  while kill -0 $! 2>/dev/null; do
    [ $((SECONDS - shown)) -lt 8 ] || { shown=$SECONDS; echo "  $what ... $((SECONDS - start)) s"; }
    sleep 0.2
  done
  if ! wait $!; then
    cat "$log" >&2
    rm -f "$log"
    echo "$what: failed (its output is above): $*" >&2
    return 1
  fi
  rm -f "$log"
}

# Sets package_download_seconds and package_install_seconds. Does nothing where nothing is needed.
package_download_seconds=0 package_install_seconds=0
install_needed() {
  [ ${#needed_for[@]} -eq 0 ] && return
  local as_root=() i start
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "To be installed:"
  if command -v apt-get >/dev/null; then
    for i in "${!needed_for[@]}"; do echo "  ${needed_apt[$i]}  (${needed_for[$i]})"; done
    local get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends)
    start=$SECONDS
    quietly "reading the lists of packages" "${as_root[@]}" apt-get update -qq
    quietly "downloading packages" "${get[@]}" --download-only "${needed_apt[@]}"
    package_download_seconds=$((SECONDS - start)) start=$SECONDS
    quietly "installing packages" "${get[@]}" "${needed_apt[@]}"
    package_install_seconds=$((SECONDS - start))
  elif command -v dnf >/dev/null; then
    for i in "${!needed_for[@]}"; do echo "  ${needed_dnf[$i]}  (${needed_for[$i]})"; done
    start=$SECONDS
    quietly "installing packages" "${as_root[@]}" dnf install -y -q "${needed_dnf[@]}"
    package_install_seconds=$((SECONDS - start))
  else
    echo "Neither apt-get nor dnf is here: install the above by hand, then run this again." >&2
    exit 1
  fi
}
