#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# demo.sh --windows: the Windows build under Wine, with the sample command win_route-null. Wine has no route to add, so a stand-in for
# route-null.exe writes down what it is told: to add the route, and to delete it when the time is over.
set -euo pipefail
cd "$(dirname "$0")/.."
. cmake/demo-steps.sh

need_to_build
need_to_cross_build
need_to_run_windows_programs
install_needed

build windows riposte fake_response
riposte=$PWD/build/windows/riposte.exe

timeout=12
root=$(mktemp -d "${TMPDIR:-/tmp}/riposte-demo.XXXXXX")
unset DISPLAY
export WINEPREFIX=$root/wine WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=;winedbg.exe='
home=$WINEPREFIX/drive_c/demo
export RIPOSTE_HOME='C:\demo' RIPOSTE_STATE='C:\demo\state' RIPOSTE_CONFIG='C:\demo\riposte.conf'

clean_up() {
  wineserver -k 2>/dev/null || true
  rm -rf "$root"
}
trap clean_up EXIT

run() { wine "$riposte" "$@" 2>&1 </dev/null | tr -d '\r'; }
show() {
  printf '  > riposte.exe %s\n' "$*"
  run "$@" | sed 's/^/    /'
}
serve() {
  wine "$riposte" serve >"$root/serve.log" 2>&1 </dev/null &
  disown
  for _ in $(seq 100); do run status >/dev/null && return; sleep 0.2; done
  cat "$root/serve.log" >&2
  exit 1
}
in_force() { run pending --json | grep -qE "$1"; }

say "0. A Windows of its own (Wine) is made."
tests/wine.sh start
mkdir -p "$home/active-response/bin"
cp build/windows/fake_response.exe "$home/active-response/bin/route-null.exe"
# The stand-in's script: it reads the request, names its key, and acts if Riposte's answer permits it.
echo 'read-line keys-from-srcip read-answer act C:\demo\told.txt' >"$home/active-response/bin/route-null.exe.role"
cat >"$home/riposte.conf" <<XML
<ossec_config>
  <command><name>win_route-null</name><executable>route-null.exe</executable><timeout_allowed>yes</timeout_allowed></command>
</ossec_config>
XML

cat >"$home/message.json" <<JSON
{"version":1,"origin":{"name":"node01","module":"wazuh-analysisd"},"command":"win_route-null$timeout","parameters":{"extra_args":[],"alert":{"timestamp":"2026-01-02T03:04:05.678+0000","rule":{"level":10,"description":"Multiple Windows logon failures.","id":"60204","groups":["windows","authentication_failures"]},"agent":{"id":"002","name":"desktop02"},"manager":{"name":"manager"},"id":"1767323045.4242","decoder":{"name":"windows_eventchannel"},"data":{"srcip":"192.0.2.66"},"location":"EventChannel"}}}
JSON

say "1. Riposte starts; its configuration knows one command."
serve
show commands

say "2. A Wazuh 4 manager's message: block 192.0.2.66 for $timeout seconds."
cut -c 1-150 "$home/message.json" | sed 's/^/    /; s/$/ .../'
show send 'C:\demo\message.json'
wait_for in_force '"state":"armed"'
echo "  what route-null.exe was told:"
sed 's/^/    /' "$home/told.txt"

say "3. What is in force, and until when:"
show pending

say "4. riposte.exe is ended by force and started again. It still knows."
wine taskkill /f /im riposte.exe >/dev/null 2>&1 </dev/null
serve
show pending

say "5. The route is deleted at its time."
wait_until_lifted
echo "  what route-null.exe was told:"
sed 's/^/    /' "$home/told.txt"
show history

if ! grep -q '^delete 192.0.2.66 ' "$home/told.txt"; then
  say "The route was not deleted: this is a fault."
  exit 1
fi
say "Nothing is left in force."
say "Next: cmake/test.sh --windows tests the Windows build. README.md, \"Install\", makes an installer."
