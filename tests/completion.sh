#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The shell completions say what the program's help says: completion.sh PROGRAM
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")/../installer/linux"
. ../../tests/skip.sh
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
./completion.sh "$program" "$fresh"
if ! diff -r completion "$fresh"; then
  echo "installer/linux/completion is out of date: run installer/linux/completion.sh PROGRAM installer/linux/completion" >&2
  exit 1
fi

# complete WORD...: what bash offers for the last of them
complete_words() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
  _riposte
  echo "${COMPREPLY[*]}"
}
. completion/riposte.bash
expect() {
  local wanted=$1 got
  shift
  got=$(complete_words riposte "$@")
  [ "$got" = "$wanted" ] || { echo "riposte $*: offered '$got', not '$wanted'" >&2; exit 1; }
}
expect "undo" und
expect "--target" undo --ta
expect "error" serve --log-level e
expect "wazuh4 wazuh5" run --dialect w
expect "history" help hist
for shell in zsh fish; do
  file=completion/$([ $shell = zsh ] && echo _riposte || echo riposte.fish)
  if command -v $shell >/dev/null; then $shell -n "$file"; else skip_part "the syntax for $shell: $shell is not here"; fi
done
echo "completions: as the help says"
