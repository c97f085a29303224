# SPDX-License-Identifier: Apache-2.0
# Completion of riposte for bash; written by installer/linux/completion.sh.
_riposte() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options= words=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "serve check run send pending undo extend abandon forget history commands status reload service enroll adopt release doctor help --help --version" -- "$word"))
    return
  fi
  case ${COMP_WORDS[1]}:$before in
    serve:--log-level) COMPREPLY=($(compgen -W "error warning information debug" -- "$word")); return ;;
    serve:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    serve:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    serve:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    check:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    check:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    check:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    run:--alert) COMPREPLY=($(compgen -f -- "$word")); return ;;
    run:--srcip) return ;;
    run:--user) return ;;
    run:--file) return ;;
    run:--rule-id) return ;;
    run:--arg) return ;;
    run:--timeout) return ;;
    run:--dialect) COMPREPLY=($(compgen -W "wazuh4 wazuh5 ossec" -- "$word")); return ;;
    run:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    run:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    run:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    send:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    send:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    send:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    pending:--target) return ;;
    pending:--command) return ;;
    pending:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    pending:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    pending:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    undo:--target) return ;;
    undo:--command) return ;;
    undo:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    undo:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    undo:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    extend:--target) return ;;
    extend:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    extend:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    extend:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    abandon:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    abandon:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    abandon:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    forget:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    forget:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    forget:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    history:--limit) return ;;
    history:--since) return ;;
    history:--target) return ;;
    history:--command) return ;;
    history:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    history:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    history:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    commands:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    commands:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    commands:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    status:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    status:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    status:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    reload:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    reload:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    reload:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    service:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    service:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    service:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    enroll:--manager) return ;;
    enroll:--port) return ;;
    enroll:--name) return ;;
    enroll:--groups) return ;;
    enroll:--password-file) COMPREPLY=($(compgen -f -- "$word")); return ;;
    enroll:--ca) COMPREPLY=($(compgen -f -- "$word")); return ;;
    enroll:--certificate) COMPREPLY=($(compgen -f -- "$word")); return ;;
    enroll:--key) COMPREPLY=($(compgen -f -- "$word")); return ;;
    enroll:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    enroll:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    enroll:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    adopt:--units) COMPREPLY=($(compgen -d -- "$word")); return ;;
    adopt:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    adopt:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    adopt:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    release:--units) COMPREPLY=($(compgen -d -- "$word")); return ;;
    release:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    release:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    release:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    doctor:--config) COMPREPLY=($(compgen -f -- "$word")); return ;;
    doctor:--home) COMPREPLY=($(compgen -d -- "$word")); return ;;
    doctor:--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
  esac
  case ${COMP_WORDS[1]} in
    serve) options="--log-level --config --home --state --json --help" words="" ;;
    check) options="--config --home --state --json --help" words="" ;;
    run) options="--alert --srcip --user --file --rule-id --arg --timeout --dialect --dry-run --no-follow --config --home --state --json --help" words="" ;;
    send) options="--lines --follow --config --home --state --json --help" words="" ;;
    pending) options="--target --command --config --home --state --json --help" words="" ;;
    undo) options="--target --command --all --no-wait --offline --config --home --state --json --help" words="" ;;
    extend) options="--target --config --home --state --json --help" words="" ;;
    abandon) options="--config --home --state --json --help" words="" ;;
    forget) options="--all --config --home --state --json --help" words="" ;;
    history) options="--limit --since --target --command --follow --config --home --state --json --help" words="" ;;
    commands) options="--config --home --state --json --help" words="" ;;
    status) options="--config --home --state --json --help" words="" ;;
    reload) options="--config --home --state --json --help" words="" ;;
    service) options="--path --config --home --state --json --help" words="install remove start stop status" ;;
    enroll) options="--manager --port --https --name --groups --password-file --ca --certificate --key --save --force --forget-counters --config --home --state --json --help" words="" ;;
    adopt) options="--units --config --home --state --json --help" words="" ;;
    release) options="--units --config --home --state --json --help" words="" ;;
    doctor) options="--config --home --state --json --help" words="" ;;
    help) words="serve check run send pending undo extend abandon forget history commands status reload service enroll adopt release doctor" ;;
  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$word")); else COMPREPLY=($(compgen -f -- "$word")); fi ;;
  esac
}
complete -o filenames -F _riposte riposte
