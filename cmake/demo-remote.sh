#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# demo.sh --remote: a manager on loopback (tests/manager) enrols this host, blocks an address on it, sees the result, and the block is
# lifted at its time, though Riposte is killed in between.
set -euo pipefail
cd "$(dirname "$0")/.."
. cmake/demo-steps.sh

need_to_build
need_for_namespaces
install_needed
build demo riposte manager_simulator
riposte=$PWD/build/demo/riposte simulator=$PWD/build/demo/manager_simulator

timeout=12
home=$(mktemp -d "${TMPDIR:-/tmp}/riposte-demo.XXXXXX")
export RIPOSTE_HOME=$home RIPOSTE_STATE=$home/state RIPOSTE_CONFIG=$home/riposte.conf
service='' manager=''

clean_up() {
  for process in $service $manager; do kill -9 "$process" 2>/dev/null || true; done
  remove_hosts
  rm -rf "$home"
}
trap clean_up EXIT

is_connected() { "${inside[@]}" "$riposte" status --json | grep -q '"state":"connected"'; }
serve() {
  "${inside[@]}" "$riposte" serve >>"$home/serve.log" 2>&1 &
  service=$!
  disown "$service"  # so that the shell does not report that it was killed
  wait_for is_connected
}

make_hosts
write_block_demo

say "1. A Wazuh 4 manager, with a password for those who want to join. Its ar.conf knows one response."
echo "block-demo$timeout - block-demo - $timeout" > "$home/ar.conf"
mkfifo "$home/manager.in"
"${inside[@]}" "$simulator" --kind wazuh4 --protocol tcp --password "open sesame" --ar-conf "$home/ar.conf" <"$home/manager.in" >"$home/manager.log" 2>&1 &
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
wait_for in_force '"state":"armed"'
reach
show "$riposte" pending

say "5. The manager sees what came of it, as its rules read it."
wait_for grep -q 'active-responses.log' "$home/manager.log"
grep -m 1 'active-responses.log' "$home/manager.log" | show_whole

say "6. kill -9, in the middle, and started again."
kill -9 "$service"
wait_for is_dead "$service"
serve
reach

say "7. The block is lifted at its time, and the manager is told."
wait_until_lifted
reach
wait_for grep -q 'reversed' "$home/manager.log"
grep -m 1 'reversed' "$home/manager.log" | show_whole
if ! is_reachable; then
  say "The block was not lifted: this is a fault."
  exit 1
fi
say "Nothing is left in force."
whats_next
