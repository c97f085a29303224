#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints the tests that were skipped: skipped.sh FILE [--expected LIST]
# FILE is the one that RIPOSTE_SKIPS named while the tests ran; see tests/support/skip.h. It need not exist.
# LIST has the skips that are expected, in the same form. A skip that is not on it makes the exit code 1.
set -euo pipefail
export LC_ALL=C

usage() { sed -n '3,5s/^# //p' "$0" >&2; exit 2; }
[ $# -eq 1 ] || { [ $# -eq 3 ] && [ "$2" = --expected ]; } || usage
file=$1 list=${3:-}

# entries FILE: its lines, sorted, each once, without comments.
entries() { sed -e 's/[[:space:]]*$//' -e '/^#/d' -e '/^$/d' "$1" | sort -u; }
# Whether the line has the form SYSTEM | TEST | REASON.
is_entry() { [[ $1 =~ ^(linux|windows)\ \|\ .+\ \|\ .+$ ]]; }
lines() { [ -z "$1" ] || printf '%s\n' "$1"; }

skipped=
[ ! -e "$file" ] || skipped=$(entries "$file")
echo "$(lines "$skipped" | wc -l) skipped$([ -z "$skipped" ] || echo :)"
lines "$skipped" | sed 's/^\([^|]*\) | \(.*\) | \([^|]*\)$/  \1  \2: \3/'
[ -n "$list" ] || exit 0

[ -r "$list" ] || { echo "$list cannot be read" >&2; exit 2; }
expected=$(entries "$list")
while read -r line; do
  [ -z "$line" ] || is_entry "$line" || { echo "$list: this line is not SYSTEM | TEST | REASON: $line" >&2; exit 2; }
done <<<"$expected"

# Only for systems with at least one skip: the tests of another may not have been run.
comm -13 <(lines "$skipped") <(lines "$expected") | while read -r line; do
  ! grep -q "^${line%% *} | " <<<"$skipped" || echo "expected to be skipped, but ran: $line (take it off $list)"
done

unexpected=$(comm -23 <(lines "$skipped") <(lines "$expected"))
[ -z "$unexpected" ] || {
  lines "$unexpected" | sed 's/^/NOT EXPECTED: /'
  echo "Give the test what it needs, so that it runs (is a package missing, or a right?). Only if no machine of the kind that"
  echo "runs all tests can run it, add the line to $list."
  exit 1
} >&2
