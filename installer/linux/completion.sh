#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes the shell completions from the program's own help: completion.sh PROGRAM DIRECTORY
# They are kept in installer/linux/completion; tests/completion.sh says when they are out of date.
set -eu
program=$1 directory=$2
mkdir -p "$directory"

# NAME SUMMARY
subcommands() { "$program" help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]\{1,\}\) *\(.*\)$/\1 \2/p'; }
# NAME ARGUMENT|- HELP, the first line of it
options() {
  "$program" help "$1" | sed -n '/^Options:/,/^$/p' | awk '
    function flush() { if (name != "") print name, argument, help; name = "" }
    /^  --/ { flush(); name = substr($1, 3); argument = "-"; help = ""; rest = substr($0, index($0, "--") + 2 + length(name))
              if (match(rest, /^ [A-Z][A-Z-]*/)) { argument = substr(rest, 2, RLENGTH - 1); rest = substr(rest, RLENGTH + 1) }
              sub(/^ */, "", rest); help = rest; next }
    /^  / && name != "" && help == "" { help = $0; sub(/^ */, "", help) }
    END { flush() }'
}
all=$(subcommands | cut -d' ' -f1)
# values SUBCOMMAND:--OPTION prints the words that the option takes, values SUBCOMMAND: those that the subcommand takes. Most have no fixed
# words.
values() {
  case $1 in
    serve:--log-level) echo "error warning information debug" ;;
    *:--dialect) echo "wazuh4 wazuh5 ossec" ;;
    service:) echo "install remove start stop status" ;;
  esac
}
takes_directory() { case $1 in DIR | DIRECTORY) true ;; *) false ;; esac; }

bash_completion() {
  echo '# SPDX-License-Identifier: Apache-2.0'
  echo '# Completion of riposte for bash; written by installer/linux/completion.sh.'
  echo '_riposte() {'
  echo '  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options= words='
  echo '  COMPREPLY=()'
  echo '  if [ "$COMP_CWORD" -eq 1 ]; then'
  echo "    COMPREPLY=(\$(compgen -W \"$(echo $all help) --help --version\" -- \"\$word\"))"
  echo '    return'
  echo '  fi'
  echo '  case ${COMP_WORDS[1]}:$before in'
  for name in $all; do
    options "$name" | while read -r option argument _; do
      [ "$argument" = - ] && continue
      fixed=$(values "$name:--$option")
      if [ -n "$fixed" ]; then
        echo "    $name:--$option) COMPREPLY=(\$(compgen -W \"$fixed\" -- \"\$word\")); return ;;"
      elif takes_directory "$argument"; then
        echo "    $name:--$option) COMPREPLY=(\$(compgen -d -- \"\$word\")); return ;;"
      elif [ "$argument" = FILE ]; then
        echo "    $name:--$option) COMPREPLY=(\$(compgen -f -- \"\$word\")); return ;;"
      else
        echo "    $name:--$option) return ;;"
      fi
    done
  done
  echo '  esac'
  echo '  case ${COMP_WORDS[1]} in'
  for name in $all; do
    echo "    $name) options=\"$(options "$name" | sed 's/^\([^ ]*\) .*/--\1/' | tr '\n' ' ' | sed 's/ $//')\" words=\"$(values "$name:")\" ;;"
  done
  echo "    help) words=\"$(echo $all)\" ;;"
  echo '  esac'
  echo '  case $word in'
  echo '    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;'
  echo '    *) if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$word")); else COMPREPLY=($(compgen -f -- "$word")); fi ;;'
  echo '  esac'
  echo '}'
  echo 'complete -o filenames -F _riposte riposte'
}

# In single quotes, where zsh's own marks are [ ] and :
zsh_text() { printf %s "$1" | sed "s/'/'\\\\''/g; s/[]:[]/\\\\&/g"; }

zsh_completion() {
  echo '#compdef riposte'
  echo '# SPDX-License-Identifier: Apache-2.0'
  echo '# Completion of riposte for zsh; written by installer/linux/completion.sh.'
  echo '_riposte() {'
  echo '  local -a subcommands=('
  subcommands | while read -r name summary; do echo "    '$name:$(zsh_text "$summary")'"; done
  echo '  )'
  echo '  if (( CURRENT == 2 )); then'
  echo "    _describe subcommand subcommands"
  echo '    return'
  echo '  fi'
  echo '  local subcommand=$words[2]'
  echo '  shift words; (( CURRENT-- ))'
  echo '  case $subcommand in'
  for name in $all; do
    echo "    $name) _arguments \\"
    options "$name" | while read -r option argument help; do
      line="'*--$option[$(zsh_text "$help")]"
      fixed=$(values "$name:--$option")
      if [ -n "$fixed" ]; then line="$line:$argument:($fixed)"
      elif takes_directory "$argument"; then line="$line:$argument:_files -/"
      elif [ "$argument" = FILE ]; then line="$line:$argument:_files"
      elif [ "$argument" != - ]; then line="$line:$argument: "
      fi
      echo "      $line' \\"
    done
    fixed=$(values "$name:")
    if [ -n "$fixed" ]; then echo "      '1:what:($fixed)' ;;"; else echo "      '*:file:_files' ;;"; fi
  done
  echo '    help) _describe subcommand subcommands ;;'
  echo '  esac'
  echo '}'
  echo '_riposte "$@"'
}

fish_text() { printf %s "$1" | sed "s/[\\\\']/\\\\&/g"; }

fish_completion() {
  echo '# SPDX-License-Identifier: Apache-2.0'
  echo '# Completion of riposte for fish; written by installer/linux/completion.sh.'
  echo 'complete -c riposte -f -n __fish_use_subcommand -a help -d "lists the subcommands, or explains one"'
  subcommands | while read -r name summary; do
    echo "complete -c riposte -f -n __fish_use_subcommand -a $name -d '$(fish_text "$summary")'"
  done
  for name in $all; do
    options "$name" | while read -r option argument help; do
      line="complete -c riposte -n '__fish_seen_subcommand_from $name' -l $option -d '$(fish_text "$help")'"
      fixed=$(values "$name:--$option")
      if [ -n "$fixed" ]; then line="$line -x -a '$fixed'"
      elif takes_directory "$argument"; then line="$line -x -a '(__fish_complete_directories)'"
      elif [ "$argument" = FILE ]; then line="$line -r"
      elif [ "$argument" != - ]; then line="$line -x"
      fi
      echo "$line"
    done
    fixed=$(values "$name:")
    if [ -n "$fixed" ]; then echo "complete -c riposte -f -n '__fish_seen_subcommand_from $name' -a '$fixed'"; fi
  done
  echo "complete -c riposte -f -n '__fish_seen_subcommand_from help' -a '$(echo $all)'"
}

bash_completion >"$directory/riposte.bash"
zsh_completion >"$directory/_riposte"
fish_completion >"$directory/riposte.fish"
