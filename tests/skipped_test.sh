#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks that no skip is lost on its way from a test to the list: skipped_test.sh TEST_PROGRAM
set -euo pipefail
program=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset RIPOSTE_SKIPS
fail() { echo "FAILED: $*" >&2; cat "$work/out" >&2; exit 1; }

# expect CODE WORD...: skipped.sh with these words; what it printed is in $work/out.
expect() {
  local expected=$1 code=0
  shift
  "$here/skipped.sh" "$@" >"$work/out" 2>&1 || code=$?
  [ $code -eq "$expected" ] || fail "exit code $code, not $expected: $*"
}
says() { grep -qxF -- "$1" "$work/out" || fail "it does not say: $1"; }
says_nothing_of() { ! grep -qF -- "$1" "$work/out" || fail "it says something of: $1"; }

cat >"$work/list" <<'LIST'
# Comments and empty lines are no entries.

linux | a test: of much | only root can do it
windows | a test | Wine 8 has none
windows | another test | the mode: Windows has none
LIST

# Nothing was skipped.
expect 0 "$work/missing"
says "0 skipped"
: >"$work/empty"
expect 0 "$work/empty" --expected "$work/list"
says "0 skipped"
says_nothing_of "but ran"

# Sorted, and each once.
cat >"$work/file" <<'SKIPS'
windows | another test | the mode: Windows has none
linux | a test: of much | only root can do it
windows | another test | the mode: Windows has none
SKIPS
printf 'windows | a test | Wine 8 has none\r\n' >>"$work/file"
expect 0 "$work/file"
printf '%s\n' "3 skipped:" "  linux  a test: of much: only root can do it" "  windows  a test: Wine 8 has none" \
  "  windows  another test: the mode: Windows has none" | diff - "$work/out" || fail "the table"
expect 0 "$work/file" --expected "$work/list"
says_nothing_of "but ran"
says_nothing_of "NOT EXPECTED"

# An expected skip that did not happen is a notice, but only if some test of that system was skipped.
echo 'windows | a test | Wine 8 has none' >"$work/file"
expect 0 "$work/file" --expected "$work/list"
says "expected to be skipped, but ran: windows | another test | the mode: Windows has none (take it off $work/list)"
says_nothing_of "of much"

# Any other system, test or reason is not expected, nor is a line that was cut.
for line in 'linux | a test | Wine 8 has none' 'windows | b test | Wine 8 has none' 'windows | a test | Wine 8 has no' 'windows | a te'; do
  echo "$line" >"$work/file"
  expect 1 "$work/file" --expected "$work/list"
  says "NOT EXPECTED: $line"
  grep -qF "add the line to $work/list" "$work/out" || fail "it does not say what to do"
  expect 0 "$work/file"
done
says "1 skipped:"

# Mistakes in the call and in the list.
expect 2
expect 2 "$work/file" --unexpected "$work/list"
expect 2 "$work/file" --expected "$work/missing"
echo 'windows: a test: Wine 8 has none' >"$work/bad"
expect 2 "$work/file" --expected "$work/bad"
expect 0 "$work/empty" --expected "$here/skips.txt"

# A script's own skips.
cat >"$work/script.sh" <<SCRIPT
. "$here/skip.sh"
skip_part "the first half: it is made up"
skip "it is made up"
SCRIPT
code=0
RIPOSTE_SKIPS=$work/recorded bash "$work/script.sh" >"$work/out" || code=$?
[ $code -eq 77 ] || fail "a script that skips ended with $code"
says "skipped: script.sh: it is made up"
printf '%s\n' "linux | script.sh | the first half: it is made up" "linux | script.sh | it is made up" |
  diff - "$work/recorded" || fail "what a script recorded"

# A test program without a test case to run has not passed either.
"$program" "--source-file=*/no_such_test.cpp" >"$work/out" 2>&1 && fail "a filter that matches nothing passes"
says "no test case matches"
"$program" "--source-file=*/support/skip_test.cpp" >"$work/out" 2>&1 || fail "a filter that matches fails"
echo "skips: none is lost"
