#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds Riposte and tests it.
#   cmake/test.sh            the Linux build and its tests (at most 10 minutes on 2 cores, what it installs included)
#   cmake/test.sh --all      everything: also packages, sanitizers, fuzz targets, lint, and the Windows build under Wine
#                            (at most 40 minutes on 2 cores; as root in a Debian 12)
#   cmake/test.sh --windows  the Windows build and its tests only
# RIPOSTE_FUZZ_SECONDS (20): how long each fuzz target runs. RIPOSTE_JOBS (the number of cores): how many compilers run at once.
# Each stage's output is in build/stages/.
set -euo pipefail
cd "$(dirname "$0")/.."
. cmake/packages.sh
. cmake/stages.sh

all=no linux=no windows=no
case ${1:-} in
  '') linux=yes ;;
  --all) all=yes linux=yes windows=yes ;;
  --windows) windows=yes ;;
  *) sed -n '3,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

jobs=${RIPOSTE_JOBS:-$(nproc)}
waiting_jobs=$((4 * jobs))              # most tests wait for processes and timers
computing_jobs=$(((3 * jobs + 1) / 2))  # a sanitizer makes them compute more
fuzz_seconds=${RIPOSTE_FUZZ_SECONDS:-20}
directory=$PWD/build/stages

# ---- what is needed ----

need_to_build
if [ $linux = yes ]; then need_to_test; fi
if [ $windows = yes ]; then
  need_to_cross_build
  need_to_run_windows_programs
fi
if [ $all = yes ]; then
  need_to_test_packages
  need_to_lint
fi
install_needed

# ---- the stages ----

# build PRESET [TARGET]...
build() {
  local preset=$1
  cmake --preset "$preset" -DRIPOSTE_WERROR=ON
  shift
  cmake --build --preset "$preset" -j "$jobs" ${1:+--target "$@"}
}

# run_tests PRESET [OPTION OF CTEST]...
run_tests() {
  local preset=$1
  shift
  RIPOSTE_SKIPS=$directory/$preset.skips ctest --preset "$preset" --output-on-failure --no-tests=error "$@"
}

sources() { git ls-files '*.cpp' '*.h' 2>/dev/null || find src platform tests -name '*.cpp' -o -name '*.h'; }
house_rules() {
  sources | xargs clang-format-14 --dry-run --Werror
  if git grep -nE '^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif).*(_WIN32|WIN32|__linux__|__unix__|_MSC_VER|__MINGW)' -- src tests; then
    echo "An OS condition stands outside platform/." >&2
    return 1
  fi
  mandoc -Tlint -Wwarning installer/linux/*.[15]
}

# The product and what its tests share. Batches are linted as they are compiled: the headers that a batch shares are read once.
lint() {
  find build/asan/CMakeFiles build/asan/tests/CMakeFiles/{fake_response,riposte_manager_simulator,riposte_test_support}.dir \
    -name 'unity_*_cxx.cxx' | xargs -P "$jobs" -n 1 clang-tidy-14 -p build/asan --quiet
}

fuzz_one() {
  local name=$1 at=build/asan
  mkdir -p $at/fuzz/found "$at/fuzz/$name"
  $at/"${name}_fuzz" -max_total_time="$fuzz_seconds" -max_len=70000 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix=$at/fuzz/found/"$name"- "$at/fuzz/$name" "tests/fuzz/corpus/$name" >"$at/fuzz/$name.log" 2>&1 ||
    { tail -n 40 "$at/fuzz/$name.log"; return 255; }
  echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$at/fuzz/$name.log") inputs, clean"
}
fuzz() {
  export -f fuzz_one
  export fuzz_seconds
  for target in build/asan/*_fuzz; do basename "$target" _fuzz; done | xargs -P "$jobs" -I{} bash -euo pipefail -c 'fuzz_one {}'
}

threaded_programs() { ctest --preset tsan -N -L threads 2>/dev/null | sed -n 's/^ *Test *#[0-9]*: *\([a-z_]*\).*/\1/p' | sort -u; }
build_tsan() {
  cmake --preset tsan
  # Entries of CTest begin with the name of their program.
  local programs
  programs=$(threaded_programs)
  [ -n "$programs" ] || { echo "No test has the label threads." >&2; return 1; }
  # shellcheck disable=SC2086  # several names
  build tsan $programs
}

# Stages of the track "build" compute, those of "tests" mostly wait, and "download" waits for others' machines. Windows comes
# early: its tests take longest, and leave time for what is compiled beside them.
if [ $windows = yes ]; then
  stage windows_sources download 60 "Windows: the sources of libraries, downloaded" cmake/windows-deps.sh --fetch
fi
if [ $linux = yes ]; then
  stage release build 240 "Linux: build" build release
  options=()
  [ $all = yes ] || options=(-LE packaging)
  stage release_tests tests 200 "Linux: tests" run_tests release -j "$waiting_jobs" "${options[@]}"
  after release
fi
if [ $all = yes ]; then
  stage rules build 10 "house rules: format, no OS condition outside platform/, man pages" house_rules
fi
if [ $windows = yes ]; then
  stage windows_libraries build 300 "Windows: libraries" cmake/windows-deps.sh
  after windows_sources
  stage windows build 270 "Windows: build" build windows
  after windows_libraries
  # No more at once than there are cores: every process that Wine starts costs half a second of one.
  stage windows_tests tests 800 "Windows: tests under Wine" run_tests windows -j "$jobs"
  after windows
fi
if [ $all = yes ]; then
  stage asan build 300 "sanitizers and fuzz targets: build" build asan
  stage tsan build 150 "threads: build" build_tsan
  stage lint build 200 "lint" lint
  after asan
  stage fuzz build 170 "fuzz targets, $fuzz_seconds s each" fuzz
  after asan
  stage asan_tests tests 320 "tests under AddressSanitizer and UndefinedBehaviorSanitizer" run_tests asan -j "$computing_jobs"
  after asan
  stage tsan_tests tests 130 "tests of what has threads under ThreadSanitizer" run_tests tsan -j "$computing_jobs" -L threads
  after tsan
fi

run_stages "$directory"
code=0
[ $stages_failed = no ] || code=1

# ---- what came of it ----

echo
stage_row stage seconds "CPU s" ""
stage_row "packages: downloaded" $package_download_seconds "" ""
stage_row "packages: installed" $package_install_seconds "" ""
stage_table
stage_row "all, side by side" $SECONDS "" ""

echo
expected=()
[ $all = no ] || expected=(--expected tests/skips.txt)
cat "$directory"/*.skips >"$directory/skips" 2>/dev/null || true
tests/skipped.sh "$directory/skips" "${expected[@]}" || code=1
[ $all = yes ] || echo "Not run here: packages, sanitizers, fuzz targets, lint$([ $windows = yes ] && echo ", Linux" || echo ", Windows under Wine"). cmake/test.sh --all runs them."

# CTest's own closing lines, of each run.
for log in "$directory"/*_tests.log; do
  [ -e "$log" ] || continue
  printf '\n%s:\n' "$(basename "$log" .log)"
  sed -n '/tests passed, /,$p' "$log" | { grep -v '^Label Time Summary' || true; } | head -n 40
done
exit $code
