#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# demo.sh --remote: a manager on loopback (tests/manager) enrols this host, blocks an address on it, sees the result, and the block is
# lifted at its time, though Riposte is killed in between.
set -euo pipefail
cd "$(dirname "$0")/.."
. cmake/packages.sh
. cmake/story.sh

need_to_build
install_needed

echo "Building (build/release) ..."
cmake --preset release >/dev/null
cmake --build --preset release --target riposte manager_simulator -- --quiet
riposte=$PWD/build/release/riposte simulator=$PWD/build/release/manager_simulator

timeout=12
home=$(mktemp -d "${TMPDIR:-/tmp}/riposte-demo.XXXXXX")
export RIPOSTE_HOME=$home RIPOSTE_STATE=$home/state RIPOSTE_CONFIG=$home/riposte.conf
service='' manager=''

clean_up() {
  for process in $service $manager; do kill -9 "$process" 2>/dev/null || true; done
  rm -rf "$home"
}
trap clean_up EXIT

# Until the command succeeds, for half a minute.
wait_for() {
  for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
  echo "waited in vain for: $*" >&2
  cat "$home"/*.log >&2
  exit 1
}
blocked() { if grep -q 192.0.2.66 "$home/blocked" 2>/dev/null; then echo "  192.0.2.66 is blocked"; else echo "  192.0.2.66 is not blocked"; fi; }
serve() {
  "$riposte" serve >>"$home/serve.log" 2>&1 &
  service=$!
  disown "$service"  # the shell need not tell that it was killed
  wait_for sh -c "'$riposte' status --json | grep -q '\"state\":\"connected\"'"
}

mkdir -p "$home/active-response/bin" "$home/state"
chmod 755 "$home" "$home/active-response" "$home/active-response/bin"
chmod 700 "$home/state"
cat > "$home/active-response/bin/block-demo" <<'END'
#!/bin/sh
read -r request
ip=$(printf '%s' "$request" | sed -n 's/.*"srcip":"\([0-9.]*\)".*/\1/p')
case $request in
*'"command":"add"'*)
    printf '{"version":1,"origin":{"name":"block-demo","module":"active-response"},"command":"check_keys","parameters":{"keys":["%s"]}}\n' "$ip"
    read -r answer
    case $answer in *'"command":"continue"'*) echo "$ip" >> blocked ;; esac
    ;;
*'"command":"delete"'*)
    grep -vxF "$ip" blocked > blocked.new
    mv blocked.new blocked
    ;;
esac
END
chmod 755 "$home/active-response/bin/block-demo"

say "1. A Wazuh 4 manager, with a password for those who want to join. Its ar.conf knows one response."
echo "block-demo$timeout - block-demo - $timeout" > "$home/ar.conf"
mkfifo "$home/manager.in"
"$simulator" --kind wazuh4 --protocol tcp --password "open sesame" --ar-conf "$home/ar.conf" <"$home/manager.in" >"$home/manager.log" 2>&1 &
manager=$!
disown "$manager"
exec 3>"$home/manager.in"
wait_for grep -q '"happened":"listening"' "$home/manager.log"
port_of() { sed -n 's/.*"'"$1"'":\([0-9]*\).*/\1/p' "$home/manager.log" | head -n 1; }
sed 's/^/    /' "$home/manager.log"

say "2. This host enrols."
cat > "$RIPOSTE_CONFIG" <<END
<riposte>
  <manager>
    <server><address>127.0.0.1</address><port>$(port_of port)</port><protocol>tcp</protocol></server>
    <notify_time>1s</notify_time>
  </manager>
</riposte>
END
echo "open sesame" > "$home/password"
show "$riposte" enroll --manager 127.0.0.1 --port "$(port_of enrol_port)" --password-file "$home/password" --name web01

say "3. Riposte starts, connects, and takes the manager's ar.conf: it has no command of its own."
serve
wait_for grep -q block-demo "$home/etc/shared/ar.conf"
show "$riposte" commands

say "4. The manager decides: block 192.0.2.66 for $timeout seconds."
id=$(cut -d ' ' -f 1 "$home/state/client.keys")
printf 'send %s %s\n' "$id" '{"version":1,"origin":{"name":"node01","module":"wazuh-analysisd"},"command":"block-demo'"$timeout"'","parameters":{"extra_args":[],"alert":{"rule":{"level":10,"id":"5712"},"id":"1767323045.4242","data":{"srcip":"192.0.2.66"}}}}' >&3
wait_for sh -c "'$riposte' pending --json | grep -q '\"state\":\"armed\"'"
blocked
show "$riposte" pending

say "5. The manager sees what came of it, as its rules read it."
wait_for grep -q 'active-responses.log' "$home/manager.log"
grep -m 1 'active-responses.log' "$home/manager.log" | cut -c 1-150 | sed 's/^/    /; s/$/ .../'

say "6. kill -9, in the middle, and started again."
kill -9 "$service"
while kill -0 "$service" 2>/dev/null; do sleep 0.05; done
serve
blocked

say "7. The block is lifted at its time, and the manager is told."
wait_for sh -c "'$riposte' pending --json | grep -q '^\[\]\$'"
blocked
wait_for grep -q 'reversed' "$home/manager.log"
grep -m 1 'reversed' "$home/manager.log" | cut -c 1-150 | sed 's/^/    /; s/$/ .../'
if grep -q 192.0.2.66 "$home/blocked"; then
  say "The block was not lifted: this is a fault."
  exit 1
fi
say "Nothing is left in force."
