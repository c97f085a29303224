# SPDX-License-Identifier: Apache-2.0
# Runs stages side by side and shows how far they are. Sourced by test.sh and demo-steps.sh.
#   stage NAME TRACK SECONDS TITLE COMMAND...   declares a stage
#   after NAME...                               makes the stage declared last wait for earlier ones; if one of those fails, it is not run
#   run_stages DIRECTORY                        runs all stages; the output of each goes to DIRECTORY/NAME.log
#   stage_table                                 prints the seconds of each
# The stages of one track run one after the other, in the order of their declaration; tracks run side by side. SECONDS is how
# long the stage takes on 2 cores, for the estimate of the time that is left. Stages of the track "build" run at the lowest
# priority, so that a compiler does not delay the tests that run beside it.

stage_names=()
declare -A stage_track=() stage_usual=() stage_title=() stage_command=() stage_after=() stage_state=() stage_pid=() stage_start=() stage_took=() stage_cpu=()

stage() {
  local name=$1
  stage_names+=("$name")
  stage_track[$name]=$2 stage_usual[$name]=$3 stage_title[$name]=$4 stage_state[$name]=waiting stage_after[$name]=''
  shift 4
  stage_command[$name]=$(printf '%q ' "$@")
}
after() { stage_after[${stage_names[-1]}]+=" $*"; }

stage_number() {
  local i
  for i in "${!stage_names[@]}"; do [ "${stage_names[$i]}" = "$1" ] && echo "$((i + 1))/${#stage_names[@]}"; done
}

# Prints how far a stage is, from the progress that Ninja ("[3/20]") or CTest ("3/20 Test") wrote last.
stage_progress() {
  local last
  last=$(tail -c 4000 "$stage_directory/$1.log" 2>/dev/null | grep -aoE '^\[[0-9]+/[0-9]+\]|^ *[0-9]+/[0-9]+ Test' | tail -n 1 | tr -dc '0-9/') || true
  [ -z "$last" ] || printf ' (%s of %s)' "${last%/*}" "${last#*/}"
}

# Estimates the seconds that are left: each stage begins when its track is free and the stages that it waits for have ended.
# Once 200 s of stages have ended, they tell how fast this machine is.
stage_estimate() {
  local name other track left usual=0 took=0 last=0
  declare -A free=() end=()
  for name in "${stage_names[@]}"; do
    track=${stage_track[$name]} left=0
    case ${stage_state[$name]} in
      done | failed) usual=$((usual + stage_usual[$name])) took=$((took + stage_took[$name])) ;;
      waiting) left=${stage_usual[$name]} ;;
      running)
        left=$((stage_usual[$name] - SECONDS + stage_start[$name]))
        [ $left -gt 5 ] || left=5 ;;
    esac
    end[$name]=${free[$track]:-0}
    for other in ${stage_after[$name]}; do [ "${end[$other]}" -le "${end[$name]}" ] || end[$name]=${end[$other]}; done
    end[$name]=$((end[$name] + left)) free[$track]=${end[$name]}
    [ "${end[$name]}" -le $last ] || last=${end[$name]}
  done
  [ $usual -lt 200 ] || last=$((last * took / usual))
  echo $last
}

stage_show_progress() {
  local name text=''
  for name in "${stage_names[@]}"; do
    [ "${stage_state[$name]}" = running ] || continue
    text+="${text:+; }[$(stage_number "$name")] ${stage_title[$name]}$(stage_progress "$name")"
  done
  [ $((SECONDS - stages_began)) -lt 60 ] || text+="; about $(stage_estimate) s left"
  if [ -t 1 ]; then
    printf '\r\033[K%4d s  %s' $((SECONDS - stages_began)) "${text:0:$(($(tput cols 2>/dev/null || echo 80) - 10))}"
  else
    printf '%4d s  %s\n' $((SECONDS - stages_began)) "$text"
  fi
}
stage_say() {
  [ ! -t 1 ] || printf '\r\033[K'
  printf '%4d s  %s\n' $((SECONDS - stages_began)) "$1"
}

stage_begin() {
  local name=$1
  (
    set +e
    [ "${stage_track[$name]}" != build ] || renice -n 19 -p "$BASHPID" >/dev/null 2>&1
    (set -euo pipefail; eval "${stage_command[$name]}") >"$stage_directory/$name.log" 2>&1 </dev/null
    echo $? >"$stage_directory/$name.code.new"
    times >"$stage_directory/$name.cpu"
    mv "$stage_directory/$name.code.new" "$stage_directory/$name.code"
  ) &
  stage_pid[$name]=$!
  stage_state[$name]=running
  stage_start[$name]=$SECONDS
  stage_say "[$(stage_number "$name")] ${stage_title[$name]} ..."
}

# A stage whose shell was killed leaves no exit code: it has failed, and what it started ends.
stage_is_over() {
  [ ! -e "$stage_directory/$1.code" ] || return 0
  ! kill -0 "${stage_pid[$1]}" 2>/dev/null || return 1
  [ ! -e "$stage_directory/$1.code" ] || return 0
  kill -TERM -- "-${stage_pid[$1]}" 2>/dev/null || true
  : >"$stage_directory/$1.cpu"
  echo 137 >"$stage_directory/$1.code"
}

stage_end() {
  local name=$1 code
  code=$(cat "$stage_directory/$name.code")
  wait "${stage_pid[$name]}" 2>/dev/null || true
  stage_took[$name]=$((SECONDS - stage_start[$name]))
  stage_cpu[$name]=$(awk -F '[ms ]+' '{ seconds += 60 * $1 + $2 + 60 * $3 + $4 } END { printf "%.0f", seconds }' "$stage_directory/$name.cpu")
  if [ "$code" = 0 ]; then
    stage_state[$name]=done
    stage_say "[$(stage_number "$name")] ${stage_title[$name]}: done in ${stage_took[$name]} s"
  else
    stage_state[$name]=failed
    stage_say "[$(stage_number "$name")] ${stage_title[$name]}: FAILED after ${stage_took[$name]} s; the end of $stage_directory/$name.log:"
    tail -n 200 "$stage_directory/$name.log"
  fi
}

# Whether a stage may begin: 0 yes, 1 not yet, 2 never, since one that it needs has failed.
stage_may_begin() {
  local other
  for other in ${stage_after[$1]}; do
    case ${stage_state[$other]} in
      done) ;;
      failed | 'not run') return 2 ;;
      *) return 1 ;;
    esac
  done
}

stages_kill() {
  local name
  for name in "${stage_names[@]}"; do
    [ "${stage_state[$name]}" = running ] || continue
    kill -TERM -- "-${stage_pid[$name]}" 2>/dev/null || true
  done
}

# Sets stages_failed=yes if a stage failed. It must not be called where the shell ignores a failing command (`if run_stages`,
# `run_stages ||`): the stages would go on after their first failure, too.
stages_failed=no
run_stages() {
  local name busy left code shown=0
  stage_directory=$1
  rm -rf "$stage_directory"
  mkdir -p "$stage_directory"
  stages_began=$SECONDS
  set -m  # each stage is a process group of its own
  trap 'stages_kill; exit 130' HUP INT TERM
  while :; do
    left=0
    declare -A busy=()
    for name in "${stage_names[@]}"; do
      if [ "${stage_state[$name]}" = running ] && stage_is_over "$name"; then stage_end "$name"; fi
      [ "${stage_state[$name]}" != running ] || { busy[${stage_track[$name]}]=yes; left=1; }
    done
    for name in "${stage_names[@]}"; do
      [ "${stage_state[$name]}" = waiting ] || continue
      left=1
      [ -z "${busy[${stage_track[$name]}]:-}" ] || continue
      code=0
      stage_may_begin "$name" || code=$?
      case $code in
        0) stage_begin "$name" ;;
        2) stage_state[$name]='not run'; stage_took[$name]=0; stage_cpu[$name]=0 ;;
      esac
      [ $code -eq 2 ] || busy[${stage_track[$name]}]=yes
    done
    [ $left -eq 1 ] || break
    if [ -t 1 ] || [ $((SECONDS - shown)) -ge 8 ]; then stage_show_progress; shown=$SECONDS; fi
    sleep 0.5
  done
  set +m
  trap - HUP INT TERM
  [ ! -t 1 ] || printf '\r\033[K'
  for name in "${stage_names[@]}"; do [ "${stage_state[$name]}" = done ] || stages_failed=yes; done
}

stage_row() { printf '%-62s %8s %8s  %s\n' "$@"; }
# Prints one row for each stage. For the time before the stages (installing packages) the caller prints rows of its own.
stage_table() {
  local name
  for name in "${stage_names[@]}"; do
    stage_row "${stage_title[$name]}" "${stage_took[$name]}" "${stage_cpu[$name]}" "$([ "${stage_state[$name]}" = done ] || echo "${stage_state[$name]}")"
  done
}
