#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# cmake/stages.sh: stages overlap, wait for each other, fail, and are told of, as its head says.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/installed.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# run SCRIPT: what a caller of stages.sh would see, in $work/output.
run() {
  { echo 'set -euo pipefail; . cmake/stages.sh'; cat; } >"$work/script"
  code=0
  bash "$work/script" "$work" >"$work/output" 2>&1 || code=$?
}
expect() { grep -qE -- "$1" "$work/output" || { cat "$work/output"; fail "it does not say: $1"; }; }

say "a stage that fails is told with the end of its output, those after it are not run, and the others are"
run <<'END'
breaks() { echo "before"; false; echo "after"; }
stage first build 1 "the first" breaks
stage second build 1 "the second" touch "$1/second"
stage third tests 1 "the third" touch "$1/third"
after first
stage fourth tests 1 "the fourth" touch "$1/fourth"
after third
run_stages "$1/stages"
stage_table
echo "failed: $stages_failed"
END
expect '\[1/4\] the first: FAILED'
expect '^before$'
! grep -q '^after$' "$work/output" || fail "a stage goes on after a command that failed"
expect '^the third .* not run$'
expect '^the fourth .* not run$'
expect '^failed: yes$'
[ -e "$work/second" ] || fail "a stage that waits for nothing was not run"
[ ! -e "$work/third" ] && [ ! -e "$work/fourth" ] || fail "a stage was run although the one that it needs failed"

say "tracks run side by side, and the stages of one track do not"
run <<'END'
# Ends when the other has begun, which proves that both run at once.
meet() { touch "$1"; for i in $(seq 200); do [ ! -e "$2" ] || return 0; sleep 0.05; done; return 1; }
alone() { mkdir "$1/alone" && sleep 0.2 && rmdir "$1/alone"; }
stage one build 1 one meet "$1/one" "$1/two"
stage two tests 1 two meet "$1/two" "$1/one"
stage three build 1 three alone "$1"
stage four build 1 four alone "$1"
run_stages "$1/stages"
echo "failed: $stages_failed"
END
expect '^failed: no$'

say "progress is that of Ninja and CTest, and the time of the processor is counted"
run <<'END'
works() { echo '[3/20] Building'; for i in $(seq 1000000); do :; done; sleep 9; }
tests() { echo ' 4/70 Test #9: a_test ...   Passed    0.10 sec'; sleep 9; }
stage one build 1 "the work" works
stage two tests 1 "the tests" tests
run_stages "$1/stages"
stage_table
END
expect '\[1/2\] the work \(3 of 20\); \[2/2\] the tests \(4 of 70\)'
grep -E '^the work +[0-9]+ +[1-9][0-9]* *$' "$work/output" >/dev/null || { cat "$work/output"; fail "no seconds in the table"; }

say "a stage whose shell is killed has failed"
run <<'END'
stage one build 1 one bash -c 'kill -KILL $(($(ps -o pgid= -p $$))); sleep 600.5'
run_stages "$1/stages"
echo "failed: $stages_failed"
END
expect '^failed: yes$'
wait_for 10 sh -c '! pgrep -f "^sleep 600.5"'

say "an interrupted run ends what it has started"
cat >"$work/script" <<'END'
set -euo pipefail; . cmake/stages.sh
stage one build 1 one sleep 600.25
run_stages "$1/stages"
END
bash "$work/script" "$work" >"$work/output" 2>&1 &
wait_for 10 pgrep -f 'sleep 600.25'
kill -TERM $!
code=0
wait $! || code=$?
[ $code -eq 130 ] || fail "the exit code of an interrupted run is $code"
wait_for 10 sh -c '! pgrep -f "^sleep 600.25"'
say "done"
