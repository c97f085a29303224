#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks everything: format, lint, fuzz targets, the tests under ASan and UBSan and TSan, those of the Windows build under Wine, and last the
# tests of what is installed.
#   cmake/test.sh            all of it (under an hour on 2 cores)
#   cmake/test.sh --quick    the build and its tests only (some minutes)
#   cmake/test.sh --windows  the Windows build and its tests only
set -euo pipefail
cd "$(dirname "$0")/.."
. cmake/packages.sh

case ${1:-} in
  '') full=yes linux=yes windows=yes ;;
  --quick) full=no linux=yes windows=no ;;
  --windows) full=no linux=no windows=yes ;;
  *) sed -n '3,7s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

jobs=${RIPOSTE_JOBS:-$(nproc)}
fuzz_seconds=${RIPOSTE_FUZZ_SECONDS:-60}
say() { printf '\n== %s (%s)\n' "$1" "$(date +%H:%M:%S)"; }

need_to_build
if [ $linux = yes ]; then
  need "network namespaces" ip iproute2 iproute
  need "nftables" nft nftables nftables
  need "iptables" iptables iptables iptables-nft
  need "ping" ping iputils-ping iputils
  need "sysctl" sysctl procps procps-ng
  need "account tools" chage passwd shadow-utils
  need "connection tracking" conntrack conntrack conntrack-tools
  need "a check of the units" systemd-analyze systemd systemd
  need_to_test_packages
fi
if [ $windows = yes ]; then
  need_to_cross_build
  need_to_run_windows_programs
  need "kinds of files" file file file
fi
if [ $full = yes ]; then
  need "clang-format" clang-format-14 clang-format-14 clang-tools-extra
  need "clang-tidy" clang-tidy-14 clang-tidy-14 clang-tools-extra
  need "clang with libFuzzer" clang++-14 clang-14 clang
  need "sanitizer runtime of clang" "/usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-x86_64.a" libclang-rt-14-dev compiler-rt
  need "man page checker" mandoc mandoc mandoc
fi
install_needed

sources() { git ls-files '*.cpp' '*.h' 2>/dev/null || find src platform tests -name '*.cpp' -o -name '*.h'; }
# build PRESET [TARGET]...
build() {
  local preset=$1
  cmake --preset "$preset" -DRIPOSTE_WERROR=ON >/dev/null
  shift
  cmake --build --preset "$preset" -j "$jobs" ${1:+--target "$@"} -- --quiet
}

if [ $full = yes ]; then
  say "house rules"
  sources | xargs clang-format-14 --dry-run --Werror
  if git grep -nE '^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif).*(_WIN32|WIN32|__linux__|__unix__|_MSC_VER|__MINGW)' -- src tests; then
    echo "An OS condition stands outside platform/." >&2
    exit 1
  fi
  mandoc -Tlint -Wwarning installer/linux/*.[15]

  say "fuzz targets, $fuzz_seconds s each"
  build fuzz fuzzers
  mkdir -p build/fuzz/found
  for target in build/fuzz/*_fuzz; do basename "$target" _fuzz; done |
    xargs -P "$jobs" -I{} sh -c 'mkdir -p build/fuzz/corpus/{} &&
      build/fuzz/{}_fuzz -max_total_time='"$fuzz_seconds"' -max_len=70000 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix=build/fuzz/found/{}- build/fuzz/corpus/{} tests/fuzz/corpus/{} >build/fuzz/{}.log 2>&1 ||
        { tail -n 40 build/fuzz/{}.log; exit 255; }
      echo "{}: $(sed -n "s/^stat::number_of_executed_units: *//p" build/fuzz/{}.log) inputs, clean"'

  say "tests under AddressSanitizer and UndefinedBehaviorSanitizer"
  build asan
  ctest --preset asan -j "$jobs" --output-on-failure

  # What is compiled in batches is looked at in batches: the headers that a batch shares are then read once.
  say "clang-tidy"
  find build/asan -name 'unity_*_cxx.cxx' | xargs -P "$jobs" -n 1 clang-tidy-14 -p build/asan --quiet 2>/dev/null

  say "tests of the threaded parts under ThreadSanitizer"
  cmake --preset tsan >/dev/null
  build tsan $(ctest --preset tsan -N -L threads 2>/dev/null | sed -n 's/^ *Test *#[0-9]*: *//p')
  ctest --preset tsan -j "$jobs" --output-on-failure -L threads
fi

if [ $windows = yes ]; then
  say "Windows: what is linked with"
  cmake/windows-deps.sh
  say "Windows: build"
  build windows
  say "Windows: tests under Wine"
  ctest --preset windows -j "$jobs"
fi

if [ $linux = yes ]; then
  say "build"
  build release
  say "tests"
  ctest --preset release -j "$jobs" --output-on-failure
fi
