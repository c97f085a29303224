#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds what riposte.exe is linked with: OpenSSL, Poco and its zlib, pcre, expat and SQLite, static, for x86_64 Windows (MinGW-w64, posix threads).
#   cmake/windows-deps.sh           builds it, unless that was done (about 10 minutes on 2 cores)
#   cmake/windows-deps.sh --prefix  prints where it is, or will be
#   cmake/windows-deps.sh --pins    prints the versions and checksums of what Debian serves now, for the table below
# It is kept below RIPOSTE_WINDOWS_CACHE (default: ~/.cache/riposte), by the hash of all that it was made of. The sources are Debian 12's
# (bookworm), its security fixes included, from the mirror that this machine uses.
set -euo pipefail
cd "$(dirname "$0")/.."
. cmake/packages.sh

versions='
  zlib     1:1.2.13.dfsg-1
  pcre3    2:8.39-15
  expat    2.5.0-1+deb12u2
  sqlite3  3.40.1-2+deb12u2
  openssl  3.0.20-1~deb12u2
  poco     1.11.0-3+deb12u1
'
checksums='
  71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1  zlib_1.2.13.dfsg.orig.tar.bz2
  f66cf3d4f2d7defcd4d1fd1fb0a11ee39f1e01b42ec7d059c9dc5c1695133c44  zlib_1.2.13.dfsg-1.debian.tar.xz
  b858099f82483031ee02092711689e7245586ada49e534a06e678b8ea9549e8b  pcre3_8.39.orig.tar.bz2
  e596e7ad1d4e60af4b9655b1582a0ef765aea1e09ce2efa031611d03b1353c67  pcre3_8.39-15.debian.tar.gz
  ab00ee05c7067fd10a35c5d2a4922ebba746ddd50ff83b79c828da17bbdf1757  expat_2.5.0.orig.tar.gz
  7e29f5db5067e55193540089ed0f3ec9676704cf79dcea81a9bfb9f49435ae53  expat_2.5.0-1+deb12u2.debian.tar.xz
  aaa776260ab4dc976db34aa7891819484c8676b5b2783123ebc6301e2ca5d655  sqlite3_3.40.1.orig.tar.xz
  a5e95a18d1b59729278860559ded78751b9163ffb5bb906c5cd24c015f71d5fd  sqlite3_3.40.1.orig-www.tar.xz
  0843bc12e4364076477935ce313a6d0796fd899a989ff18ebb6545540e10e4ca  sqlite3_3.40.1-2+deb12u2.debian.tar.xz
  c80a01dfc70ece4dc21168932c37739042d404d46ccc81a5986dd75314ecda6f  openssl_3.0.20.orig.tar.gz
  07669568ab34cf3a4dcf8fd8e0d85cacdacfaa10d5ab51bdc6fc47c22fa6b33a  openssl_3.0.20.orig.tar.gz.asc
  7279efe85c359500c95aa88347e3395dd303d7566e2bb818d80d96e0c3bb9629  openssl_3.0.20-1~deb12u2.debian.tar.xz
  b08cf73926fa92a6c8f3c712e8fb217d5d0c2fa5248ec0281f251fe1e925d2f1  poco_1.11.0.orig.tar.bz2
  c701cd905c7e8a9d21530189ab962789eefb98e976e4f861a6ef90866488edf7  poco_1.11.0-3+deb12u1.debian.tar.xz
'

tool=x86_64-w64-mingw32
cc=$tool-gcc-posix
jobs=${RIPOSTE_JOBS:-$(nproc)}
start=$SECONDS

say() { printf '%4ds  %s\n' $((SECONDS - start)) "$*"; }
fail() { printf '%s: %s\n' "$0" "$1" >&2; exit 1; }

key() { cat cmake/windows-deps.sh cmake/poco-unity.cmake cmake/mingw-w64.cmake | sha256sum | cut -c 1-12; }
cache=${RIPOSTE_WINDOWS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/riposte}
prefix=$cache/windows-$(key)

# ---- sources ----

# apt-get with lists of its own, derived from this machine's: the same mirror, but source packages.
source_apt() {
  local command=$1
  shift
  "$command" -o Dir::State="$apt/state" -o Dir::State::status=/dev/null -o Dir::Cache="$apt/cache" -o Dir::Etc::SourceList=/dev/null \
    -o Dir::Etc::SourceParts="$apt/sources" -o APT::Sandbox::User="$(id -un)" "$@"
}

prepare_apt() {
  local file
  command -v apt-get >/dev/null || fail "the sources come from Debian through apt-get, which is not here: run this on Debian 12 or in a container of it"
  mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,sources}
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] && sed -nE 's/^deb[[:space:]]/deb-src /p' "$file" >"$apt/sources/${file##*/}.list"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] && sed -E 's/^Types:.*/Types: deb-src/' "$file" >"$apt/sources/${file##*/}"
  done
  source_apt apt-get update -qq >"$work/update.log" 2>&1 || true  # what is missing is told of below, by name
}

sums_of() { awk -v name="$1" '$2 ~ "^" name "_" { print $2 }' <<<"$checksums"; }

# Downloads one source package, compares it with its pins and unpacks it as $work/NAME.
fetch() {
  local name=$1 version=$2 file expected found served
  mkdir -p "$work/download/$name"
  (cd "$work/download/$name" && source_apt apt-get source -qq --only-source --download-only "$name=$version") >"$work/$name.log" 2>&1 || {
    served=$(source_apt apt-cache showsrc "$name" 2>/dev/null | sed -n 's/^Version: //p' | sort -u | tr '\n' ' ')
    tail -n 5 "$work/update.log" "$work/$name.log" >&2
    fail "$name $version cannot be downloaded; the mirror lists: ${served:-nothing}
Remedy: if Debian has moved on, put the new version into cmake/windows-deps.sh, and the checksums that cmake/windows-deps.sh --pins prints."
  }
  for file in $(sums_of "$name"); do
    expected=$(awk -v file="$file" '$2 == file { print $1 }' <<<"$checksums")
    found=$(sha256sum "$work/download/$name/$file" 2>/dev/null | cut -d ' ' -f 1) || true
    [ "$found" = "$expected" ] || fail "$file is not what was pinned
  expected  $expected
  found     ${found:-no such file}
Remedy: if Debian has replaced it, check the change and pin what cmake/windows-deps.sh --pins prints; else do not trust this mirror."
  done
  for file in "$work/download/$name"/*.tar.*; do
    [[ $checksums == *" ${file##*/}"* ]] || fail "${file##*/} has no checksum in cmake/windows-deps.sh
Remedy: pin what cmake/windows-deps.sh --pins prints, after a look at it."
  done
  dpkg-source --no-check -x "$work/download/$name"/*.dsc "$work/$name" >>"$work/$name.log" 2>&1 || fail_log "$name"
}

print_pins() {
  local name version
  prepare_apt
  while read -r name _; do
    [ -n "$name" ] || continue
    mkdir -p "$work/download/$name"
    for version in $(source_apt apt-cache showsrc "$name" | sed -n 's/^Version: //p' | sort -Vru); do
      (cd "$work/download/$name" && source_apt apt-get source -qq --only-source --download-only "$name=$version" >/dev/null 2>&1) || continue
      printf '  %-8s %s\n' "$name" "$version"
      (cd "$work/download/$name" && sha256sum -- *.tar.* | sed 's/^/  /')
      break
    done
  done <<<"$versions"
}

# ---- building ----

fail_log() {
  tail -n 40 "$work/$1.log" >&2
  fail "$1 cannot be built (the end of its output is above)"
}

# step NAME COMMAND...: the command's output is shown only if it fails.
step() {
  local name=$1
  shift
  say "$name"
  "$@" >>"$work/$name.log" 2>&1 || fail_log "$name"
}

cmake_install() {
  local source=$1 build=$work/build-$2
  shift 2
  cmake -G Ninja -S "$source" -B "$build" -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/mingw-w64.cmake" -DRIPOSTE_WINDOWS_PREFIX="$made" \
    -DCMAKE_INSTALL_PREFIX="$made" -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE="-O2 -DNDEBUG" \
    -DCMAKE_CXX_FLAGS_RELEASE="-O2 -DNDEBUG" -DBUILD_SHARED_LIBS=OFF "$@" && cmake --build "$build" -j "$jobs" && cmake --install "$build"
}

# archive NAME DIRECTORY SOURCE...: a static library of C sources.
archive() {
  local name=$1 directory=$2 source objects=()
  shift 2
  for source in "$@"; do
    echo "$source"
    "$cc" -O2 -DNDEBUG $c_flags -I"$directory" -c "$directory/$source.c" -o "$directory/$source.o" || return
    objects+=("$directory/$source.o")
  done
  $tool-ar rcs "$made/lib/lib$name.a" "${objects[@]}"
}

build_zlib() {
  c_flags='' archive z "$work/zlib" adler32 compress crc32 deflate gzclose gzlib gzread gzwrite infback inffast inflate inftrees trees \
    uncompr zutil && cp "$work"/zlib/{zlib,zconf}.h "$made/include"
}

build_pcre3() {
  cmake_install "$work/pcre3" pcre3 -DPCRE_BUILD_PCRECPP=OFF -DPCRE_BUILD_PCREGREP=OFF -DPCRE_BUILD_TESTS=OFF -DPCRE_SUPPORT_UTF=ON \
    -DPCRE_SUPPORT_UNICODE_PROPERTIES=ON
}

build_expat() {
  # One of Debian's patches compares XML_DTD with 1, which this template defines as nothing.
  sed -i 's/^#cmakedefine XML_DTD$/#cmakedefine XML_DTD 1/' "$work/expat/expat/expat_config.h.cmake" &&
    cmake_install "$work/expat/expat" expat -DEXPAT_SHARED_LIBS=OFF -DEXPAT_BUILD_TOOLS=OFF -DEXPAT_BUILD_EXAMPLES=OFF -DEXPAT_BUILD_TESTS=OFF \
      -DEXPAT_BUILD_DOCS=OFF
}

# Debian's package has the parts; the one source file is made of them by SQLite's own build, on this machine.
build_sqlite3() {
  (mkdir "$work/build-sqlite3" && cd "$work/build-sqlite3" && ../sqlite3/configure --disable-tcl --disable-readline --enable-static --disable-shared &&
    make sqlite3.c sqlite3.h) &&
    c_flags='-DSQLITE_THREADSAFE=1 -DSQLITE_OMIT_LOAD_EXTENSION' archive sqlite3 "$work/build-sqlite3" sqlite3 &&
    cp "$work/build-sqlite3/sqlite3.h" "$made/include"
}

# Blowfish comes from the legacy provider, which no-module puts into the library itself. It reads no configuration and loads no code;
# the directories that are compiled in all the same are told to make, since Configure takes only paths of this machine's kind, and must
# not be ones that anybody can create.
build_openssl() {
  local there="C:/Program Files/Common Files/SSL"
  (mkdir "$work/build-openssl" && cd "$work/build-openssl" &&
    CC=gcc-posix ../openssl/Configure mingw64 --cross-compile-prefix=$tool- --prefix=/openssl --libdir=lib no-shared no-module no-dso \
      no-engine no-autoload-config no-tests -D_WIN32_WINNT=0x0A00 &&
    make -j "$jobs" OPENSSLDIR="$there" ENGINESDIR="$there" MODULESDIR="$there" build_libs && make install_dev DESTDIR="$work/openssl-made") &&
    cp -r "$work/openssl-made/openssl/include/openssl" "$made/include" && cp "$work"/openssl-made/openssl/lib/*.a "$made/lib"
}

# Poco writes the names of Windows' headers as Windows does; here case matters. One of them pulls in wincrypt.h, whose macros clash with
# names in Poco and OpenSSL.
write_shims() {
  local name
  printf '#include <windows.h>\n' >"$made/include/Windows.h"
  printf '#include <winsock2.h>\n' >"$made/include/Winsock2.h"
  printf '#include <iphlpapi.h>\n' >"$made/include/Iphlpapi.h"
  for name in TIMESTAMP_REQUEST X509_NAME X509_EXTENSIONS X509_CERT_PAIR PKCS7_ISSUER_AND_SERIAL PKCS7_SIGNER_INFO OCSP_REQUEST OCSP_RESPONSE; do
    printf '#undef %s\n' "$name"
  done >>"$made/include/Iphlpapi.h"
}

build_poco() {
  cmake_install "$work/poco" poco -DPOCO_UNBUNDLED=ON -DCMAKE_CXX_FLAGS="-DPCRE_STATIC -DXML_STATIC" -DCMAKE_MC_COMPILER="$(command -v $tool-windmc)" \
    -DCMAKE_UNITY_BUILD=ON -DCMAKE_PROJECT_Poco_INCLUDE="$PWD/cmake/poco-unity.cmake" -DENABLE_CRYPTO=OFF -DENABLE_NETSSL=OFF -DENABLE_JWT=OFF \
    -DENABLE_{ENCODINGS,MONGODB,REDIS,ZIP,PAGECOMPILER,PAGECOMPILER_FILE2PAGE,ACTIVERECORD,ACTIVERECORD_COMPILER,TESTS}=OFF \
    -DENABLE_DATA_{ODBC,MYSQL,POSTGRESQL}=OFF && cp "$work/poco/cmake/FindPCRE.cmake" "$made/cmake"
}

# Headers only; the rest of /usr/include must stay out of the compiler's sight.
link_headers() {
  ln -s /usr/include/boost /usr/include/doctest "$made/include"
  mkdir -p "$made/lib/cmake/doctest"
  cat >"$made/lib/cmake/doctest/doctestConfig.cmake" <<'END'
add_library(doctest::doctest INTERFACE IMPORTED)
set_target_properties(doctest::doctest PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${CMAKE_CURRENT_LIST_DIR}/../../../include")
END
}

# ---- what is asked for ----

case ${1:-} in
  '') ;;
  --prefix) echo "$prefix"; exit ;;
  --pins) ;;
  *) sed -n '3,8s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
[ "${1:-}" = '' ] && [ -d "$prefix" ] && exit

need_to_build
need_to_cross_build
install_needed

mkdir -p "$cache"
work=$(mktemp -d "$cache/.building-XXXXXX")
trap 'rm -rf "$work"' EXIT
apt=$work/apt made=$work/made

if [ "${1:-}" = --pins ]; then
  print_pins
  exit
fi

say "building what riposte.exe needs, into $prefix"
mkdir -p "$made"/{include,lib}
export PKG_CONFIG_LIBDIR=$made/lib/pkgconfig  # not this machine's own libraries
prepare_apt
while read -r name version; do
  [ -n "$name" ] || continue
  say "fetching $name $version"
  fetch "$name" "$version"
done <<<"$versions"
write_shims
for name in zlib pcre3 expat sqlite3 openssl poco; do step "$name" "build_$name"; done
link_headers
# In one step, so that a directory of this name is always whole; another run may have been faster.
mv -T "$made" "$prefix" 2>/dev/null || [ -d "$prefix" ] || fail "cannot move $made to $prefix"
say "done: $prefix"
