#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds what riposte.exe is linked with: OpenSSL, SQLite, zlib, and Poco with its pcre and expat, static, for x86_64 Windows (MinGW-w64, posix
# threads), and of OpenSSL and Poco only the parts that are used.
#   cmake/windows-deps.sh           builds it, unless that was done (about 4 minutes on 2 cores, and the download)
#   cmake/windows-deps.sh --fetch   only downloads the newest sources, so that a later run builds these; needs nothing but apt-get
#   cmake/windows-deps.sh --prefix  prints where it is, or will be
# The sources are Debian 12's (bookworm), its security fixes included, from the mirror that this machine uses. apt verifies them by the
# signed index of that mirror. The script takes the newest version of the tested upstream series that the index lists; a run without an
# option keeps what an earlier one took, and --fetch asks again.
# All is kept below RIPOSTE_WINDOWS_CACHE (default: ~/.cache/riposte). The directory's name is a hash of this recipe and of the versions. Its
# file `seconds` says how long downloading and building took.
# apt's configuration says where the sources come from, so APT_CONFIG (see apt.conf(5)) can point this script at other ones than /etc/apt's.
set -euo pipefail
cd "$(dirname "$0")/.."
. cmake/packages.sh

# The package, the version that was tested, and which others may be taken in its place: those of the same upstream series.
tested='
  zlib     1:1.2.13.dfsg-1    1:1.2.13.*
  pcre3    2:8.39-15          2:8.39-*
  expat    2.5.0-1+deb12u2    2.5.0-*
  sqlite3  3.40.1-2+deb12u2   3.40.1-*
  openssl  3.0.20-1~deb12u2   3.0.*
  poco     1.11.0-3+deb12u1   1.11.0-*
'

tool=x86_64-w64-mingw32
cc=$tool-gcc-posix
# For OpenSSL and Poco, which are most of the compilation: OpenSSL encrypts with assembler code, and Poco is seldom called.
optimise='-O1 -DNDEBUG'
jobs=${RIPOSTE_JOBS:-$(nproc)}
start=$SECONDS

say() { printf '%4ds  %s\n' $((SECONDS - start)) "$*"; }
fail() { printf '%s: %s\n' "$0" "$1" >&2; exit 1; }

recipe=$(cat cmake/windows-deps.sh cmake/poco-unity.cmake cmake/mingw-w64.cmake | sha256sum | cut -c 1-12)
cache=${RIPOSTE_WINDOWS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/riposte}
sources=$cache/windows-sources
taken=$sources/taken-$recipe  # the versions that were fetched last, one "name version" a line

versions() { cat "$taken" 2>/dev/null || awk 'NF { print $1, $2 }' <<<"$tested"; }
prefix() { echo "$cache/windows-$({ echo "$recipe"; versions; } | sha256sum | cut -c 1-12)"; }
tested_version() { awk -v name="$1" '$1 == name { print $2 }' <<<"$tested"; }
dsc() { echo "$sources/$1_${2#*:}.dsc"; }

# One run at a time uses the cache; a second one finds what the first has made.
lock_cache() {
  mkdir -p "$sources"
  exec 9>"$cache/windows.lock"
  flock -n 9 || { say "waiting for another run"; flock 9; }
}

# ---- sources ----

# apt-get with lists of its own, derived from this machine's: the same mirror, but source packages. What is not signed is refused, whatever the
# machine's configuration says.
source_apt() {
  local command=$1
  shift
  LC_ALL=C "$command" -o Dir::State="$apt/state" -o Dir::State::status=/dev/null -o Dir::Cache="$apt/cache" -o Dir::Etc::SourceList=/dev/null \
    -o Dir::Etc::SourceParts="$apt/sources" -o APT::Sandbox::User="$(id -un)" -o Acquire::AllowInsecureRepositories=false \
    -o Acquire::AllowWeakRepositories=false -o APT::Get::AllowUnauthenticated=false "$@"
}

# The machine's sources, as those of source packages and without the options that would let unsigned ones pass.
derive_sources() {
  local file list parts trust='trusted|allow-insecure|allow-weak|allow-downgrade-to-insecure'
  eval "$(apt-config shell list Dir::Etc::SourceList/f parts Dir::Etc::SourceParts/d)"
  for file in "$list" "$parts"/*.list; do
    [ ! -f "$file" ] || sed -nE "s/^deb[[:space:]]/deb-src /; T; :more; s/(\[[^]]*)\b($trust)=[^] ]*/\1/I; t more; s/\[ *\]//; p" "$file" \
      >"$apt/sources/${file##*/}.list"
  done
  for file in "$parts"/*.sources; do
    [ ! -f "$file" ] || sed -E "s/^Types:.*/Types: deb-src/I; /^($trust):/Id" "$file" >"$apt/sources/${file##*/}"
  done
}

update_index() {
  mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,sources}
  derive_sources
  if ! source_apt apt-get update -q >"$work/update.log" 2>&1; then
    grep '^[WE]:' "$work/update.log" >&2 || cat "$work/update.log" >&2
    fail "apt-get cannot get a package index, or the index is not signed by a key that this machine trusts (see above)
Remedy: repair or remove that source on this machine until apt-get update succeeds."
  fi
  grep '^W: Failed to fetch' "$work/update.log" >&2 || true  # a source that does not answer may be none of Debian's
}

# Downloads a source package into $sources; apt verifies it by the index. 1: the mirror does not have it.
download() {
  local log=$work/$1.log
  (cd "$sources" && source_apt apt-get source -q --only-source --download-only "$1=$2") >"$log" 2>&1 && return
  # A mirror may no longer have a listed version, or not have it yet. No other failure is a reason to take an older version.
  grep '^E: Failed to fetch [^ ]*:' "$log" >"$work/failed"
  if [ ! -s "$work/failed" ] || grep -qvE ' 404 |No such file' "$work/failed"; then
    grep '^[WE]:' "$log" >&2 || cat "$log" >&2
    fail "$1 $2 cannot be downloaded as the signed index describes it (see above)
Remedy: try again later; if that does not help, do not trust this mirror."
  fi
  return 1
}

# fetch NAME TESTED SERIES: takes the newest version of the series that is listed and served, and adds it to $work/taken.
fetch() {
  local name=$1 version listed
  listed=$(awk -v name="$name" '$1 == name { print $2 }' "$work/listed" | sort -Vru)
  for version in $listed; do
    # shellcheck disable=SC2053  # the series is a pattern
    [[ $version == $3 ]] || continue
    if download "$name" "$version"; then
      say "$name $version$(age "$name" "$version")"
      echo "$name $version" >>"$work/taken"
      return
    fi
    say "$name $version is listed, but the mirror does not have it"
  done
  fail "$name: none of the series $3 can be had, of which $2 is tested; the index lists: ${listed:-nothing}
Remedy: use the sources of Debian 12 (bookworm) and bookworm-security on this machine; or try what is listed and enter it in $0."
}

age() {
  local known
  known=$(tested_version "$1")
  ! dpkg --compare-versions "$2" gt "$known" || echo ": newer than $known, which is tested"
  ! dpkg --compare-versions "$2" lt "$known" || echo ": OLDER than $known, which is tested"
}

fetch_all() {
  local name version series begin=$SECONDS
  command -v apt-get >/dev/null || fail "the sources come from Debian through apt-get, which is not here: run this on Debian 12 or in a container of it"
  say "asking this machine's mirror for the newest sources"
  update_index
  # shellcheck disable=SC2046  # the names
  source_apt apt-cache showsrc --only-source $(awk '{ print $1 }' <<<"$tested") 2>/dev/null |
    awk '/^Package: / { name = $2 } /^Version: / { print name, $2 }' >"$work/listed" || true
  while read -r name version series; do
    [ -z "$name" ] || fetch "$name" "$version" "$series"
  done <<<"$tested"
  echo "download $((SECONDS - begin))" >"$taken.seconds"
  mv "$work/taken" "$taken"
}

# Whether a fetch has been done whose sources are still there.
fetched() {
  local name version
  [ -e "$taken" ] || return
  while read -r name version; do
    [ -e "$(dsc "$name" "$version")" ] || return
  done <"$taken"
}

# ---- building ----

# fail_log NAME VERB
fail_log() {
  tail -n 40 "$work/$1.log" >&2
  fail "$1 cannot be $2 (the end of its output is above)"
}

# make_parts NAME...: unpacks and builds one after another. A command's output is shown only if it fails.
make_parts() {
  local name version
  for name; do
    version=$(awk -v name="$name" '$1 == name { print $2 }' "$taken")
    say "$name $version$(age "$name" "$version")"
    # It compares the files with the .dsc, which apt has verified; its own signature needs Debian's keyring and is not asked for.
    dpkg-source --no-copy -x "$(dsc "$name" "$version")" "$work/$name" >>"$work/$name.log" 2>&1 ||
      fail_log "$name" "unpacked; if a file in $sources is broken, remove it and run this again"
    "build_$name" >>"$work/$name.log" 2>&1 || fail_log "$name" built
    say "$name is built"
  done
}

# archive NAME DIRECTORY SOURCE...: a static library of C sources.
archive() {
  local name=$1 directory=$2 source objects=()
  shift 2
  for source; do
    echo "$source"
    # shellcheck disable=SC2086  # several options
    "$cc" -O2 -DNDEBUG $c_flags -I"$directory" -c "$directory/$source.c" -o "$directory/$source.o" || return
    objects+=("$directory/$source.o")
  done
  $tool-ar rcs "$made/lib/lib$name.a" "${objects[@]}"
}

build_zlib() {
  c_flags='' archive z "$work/zlib" adler32 compress crc32 deflate gzclose gzlib gzread gzwrite infback inffast inflate inftrees trees \
    uncompr zutil && cp "$work"/zlib/{zlib,zconf}.h "$made/include"
}

# PCRE and expat are compiled without their own configuration, whose checks take longer than that.
build_pcre3() {
  local at=$work/pcre3
  cp "$at/config.h.generic" "$at/config.h" && cp "$at/pcre.h.generic" "$at/pcre.h" &&
    cp "$at/pcre_chartables.c.dist" "$at/pcre_chartables.c" && cp "$at/pcre.h" "$made/include" &&
    c_flags='-DHAVE_CONFIG_H -DPCRE_STATIC -DSUPPORT_PCRE8 -DSUPPORT_UTF -DSUPPORT_UCP' archive pcre "$at" \
      pcre_{byte_order,chartables,compile,config,dfa_exec,exec,fullinfo,get,globals,jit_compile,maketables,newline} \
      pcre_{ord2utf8,refcount,string_utils,study,tables,ucd,valid_utf8,version,xclass}
}

build_expat() {
  local at=$work/expat/expat/lib
  printf '#define %s\n' 'BYTEORDER 1234' 'HAVE_MEMMOVE 1' 'XML_CONTEXT_BYTES 1024' 'XML_DTD 1' 'XML_NS 1' >"$at/expat_config.h" &&
    c_flags='-DHAVE_EXPAT_CONFIG_H -DXML_STATIC' archive expat "$at" xmlparse xmlrole xmltok && cp "$at"/expat{,_external}.h "$made/include"
}

# Debian's package has the parts; the one source file is made of them by SQLite's own make rules, on this machine. They need no configure.
build_sqlite3() {
  (mkdir "$work/build-sqlite3" && cd "$work/build-sqlite3" && make -f ../sqlite3/main.mk TOP=../sqlite3 BCC=gcc sqlite3.c sqlite3.h) &&
    c_flags='-DSQLITE_THREADSAFE=1 -DSQLITE_OMIT_LOAD_EXTENSION' archive sqlite3 "$work/build-sqlite3" sqlite3 &&
    cp "$work/build-sqlite3/sqlite3.h" "$made/include"
}

# TLS 1.2 and 1.3 with certificates of RSA and elliptic curves, what the agent protocol encrypts and signs with, and nothing else.
# Blowfish comes from the legacy provider, which no-module puts into the library itself. It reads no configuration and loads no code;
# the directories that are compiled in all the same are told to make, since Configure takes only paths of this machine's kind, and must
# not be ones that anybody can create. Deprecated functions stay: the tests' manager has Blowfish from those, without the provider.
# _X86INTRIN_H_INCLUDED: see cmake/mingw-w64.cmake.
build_openssl() {
  local there="C:/Program Files/Common Files/SSL"
  local without=(shared module dso engine autoload-config tests makedepend
    ssl3 tls1 tls1_1 dgram dtls srtp nextprotoneg psk srp comp ssl-trace
    aria blake2 camellia cast des gost idea md4 mdc2 ocb rc2 rc4 rmd160 scrypt seed siphash siv sm2 sm3 sm4 whirlpool
    dsa ec2m cmp cms ct ocsp rfc3779 ts async multiblock ui-console)
  local places=(OPENSSLDIR="$there" ENGINESDIR="$there" MODULESDIR="$there")
  (mkdir "$work/build-openssl" && cd "$work/build-openssl" &&
    CFLAGS="$optimise -D_X86INTRIN_H_INCLUDED -Werror=implicit-function-declaration" CC=gcc-posix \
      ../openssl/Configure mingw64 --cross-compile-prefix=$tool- "${without[@]/#/no-}" -D_WIN32_WINNT=0x0A00 &&
    make -j "$jobs" "${places[@]}" build_generated && make -j "$jobs" "${places[@]}" libcrypto.a libssl.a &&
    mkdir "$made/include/openssl" && cp include/openssl/*.h ../openssl/include/openssl/*.h "$made/include/openssl" &&
    cp libcrypto.a libssl.a "$made/lib")
}

# Foundation, XML and Util. Poco writes the names of two of Windows' headers as Windows does; here case matters.
build_poco() {
  printf '#include <winsock2.h>\n' >"$made/include/Winsock2.h"
  printf '#include <iphlpapi.h>\n' >"$made/include/Iphlpapi.h"
  # It includes wincrypt.h, whose macros clash with names in OpenSSL.
  printf '#undef %s\n' X509_{NAME,EXTENSIONS,CERT_PAIR} PKCS7_{ISSUER_AND_SERIAL,SIGNER_INFO} OCSP_{REQUEST,RESPONSE} >>"$made/include/Iphlpapi.h"
  cmake -G Ninja -S "$work/poco" -B "$work/build-poco" -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/mingw-w64.cmake" \
    -DRIPOSTE_WINDOWS_PREFIX="$made" -DCMAKE_INSTALL_PREFIX="$made" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="$optimise" \
    -DBUILD_SHARED_LIBS=OFF -DPOCO_UNBUNDLED=ON -DCMAKE_CXX_FLAGS="-DPCRE_STATIC -DXML_STATIC -D_X86INTRIN_H_INCLUDED" \
    -DCMAKE_MC_COMPILER="$(command -v $tool-windmc)" -DCMAKE_UNITY_BUILD=ON -DCMAKE_PROJECT_Poco_INCLUDE="$PWD/cmake/poco-unity.cmake" \
    -DENABLE_{ACTIVERECORD,ACTIVERECORD_COMPILER,CRYPTO,DATA,ENCODINGS,JSON,JWT,MONGODB,NET,NETSSL,PAGECOMPILER,PAGECOMPILER_FILE2PAGE}=OFF \
    -DENABLE_{REDIS,TESTS,ZIP}=OFF -DENABLE_DATA_{MYSQL,ODBC,POSTGRESQL,SQLITE}=OFF &&
    cmake --build "$work/build-poco" -j "$jobs" && cmake --install "$work/build-poco" &&
    cp "$work/poco/cmake/FindPCRE.cmake" "$made/cmake" &&
    # Util's package file asks for JSON even where Util was built without it.
    sed -i '/find_dependency(PocoJSON)/d' "$made/cmake/PocoUtilConfig.cmake"
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

build_all() {
  local begin=$SECONDS one two failed=
  mkdir -p "$made"/{include,lib}
  export PKG_CONFIG_LIBDIR=$made/lib/pkgconfig  # not this machine's own libraries
  # Side by side: each of the two has minutes in which only one processor works.
  make_parts openssl & one=$!
  make_parts zlib pcre3 expat sqlite3 poco & two=$!
  wait $one || failed=yes
  wait $two || failed=yes
  [ -z "$failed" ] || exit 1
  link_headers
  { cat "$taken.seconds" && echo "build $((SECONDS - begin))"; } >"$made/seconds"
}

# ---- what is asked for ----

case ${1:-} in
  '' | --fetch) ;;
  --prefix) prefix; exit ;;
  *) sed -n '3,14s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
[ "${1:-}" = '' ] && [ -d "$(prefix)" ] && exit

if [ "${1:-}" = '' ]; then
  need_to_build
  need_to_cross_build
  install_needed
fi
lock_cache
rm -rf "$cache"/.windows-*  # of runs that were killed
work=$(mktemp -d "$cache/.windows-XXXXXX")
trap 'rm -rf "$work"' EXIT
apt=$work/apt made=$work/made

if [ "${1:-}" = --fetch ]; then
  fetch_all
  say "$sources is up to date"
  exit
fi
if ! fetched; then fetch_all; fi
prefix=$(prefix)
[ ! -d "$prefix" ] || exit 0
say "building what riposte.exe needs, into $prefix"
build_all
# In one step, so that a directory of this name is always whole.
mv -T "$made" "$prefix"
say "done: $prefix ($(paste -sd, "$prefix/seconds" | sed 's/,/ s, /g') s)"
