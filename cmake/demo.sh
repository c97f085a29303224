#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Riposte's main job as a story: a manager's message blocks an address, Riposte is killed, comes back, and lifts the block in time.
# As root it blocks a real host in a network namespace of its own with nftables; otherwise it writes to a file.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in
  '') ;;
  --windows) exec cmake/demo-windows.sh ;;
  --remote) exec cmake/demo-remote.sh ;;
  *) echo "usage: cmake/demo.sh [--windows | --remote]   --windows: the Windows build, under Wine; --remote: driven by a manager on loopback" >&2; exit 2 ;;
esac
. cmake/demo-steps.sh

need_to_build
need_for_namespaces
install_needed
build demo riposte
riposte=$PWD/build/demo/riposte

timeout=12
home=$(mktemp -d "${TMPDIR:-/tmp}/riposte-demo.XXXXXX")
export RIPOSTE_HOME=$home RIPOSTE_STATE=$home/state RIPOSTE_CONFIG=$home/riposte.conf
service=''
clean_up() {
  [ -z "$service" ] || kill -9 "$service" 2>/dev/null || true
  remove_hosts
  rm -rf "$home"
}
trap clean_up EXIT
make_hosts
write_block_demo
cat > "$RIPOSTE_CONFIG" <<EOF
<ossec_config>
  <command><name>block-demo</name><executable>block-demo</executable><timeout_allowed>yes</timeout_allowed></command>
</ossec_config>
EOF
cat > "$home/message.json" <<EOF
{"version":1,"origin":{"name":"node01","module":"wazuh-analysisd"},"command":"block-demo$timeout","parameters":{"extra_args":[],"alert":{"timestamp":"2026-01-02T03:04:05.678+0000","rule":{"level":10,"description":"sshd: brute force trying to get access to the system.","id":"5712","groups":["syslog","sshd","authentication_failures"]},"agent":{"id":"001","name":"web01"},"manager":{"name":"manager"},"id":"1767323045.4242","decoder":{"name":"sshd"},"data":{"srcip":"192.0.2.66","srcuser":"admin"},"location":"/var/log/auth.log"}}}
EOF

serve() {
  "${inside[@]}" "$riposte" serve >"$home/serve.log" 2>&1 &
  service=$!
  disown "$service"  # so that the shell does not report that it was killed
  wait_for "${inside[@]}" "$riposte" status
}

say "1. Riposte starts; its configuration knows one command."
serve
show "$riposte" commands
reach

say "2. A Wazuh 4 manager's message arrives: block 192.0.2.66 for $timeout seconds."
cut -c 1-150 "$home/message.json" | sed 's/^/    /; s/$/ .../'
show "$riposte" send "$home/message.json"
wait_for in_force '"state":"armed"'
reach

say "3. What is in force, and until when:"
show "$riposte" pending

say "4. kill -9, in the middle. Nobody is there to lift the block; the ledger is."
kill -9 "$service"
wait_for is_dead "$service"
service=''
reach
show "$riposte" pending

say "5. Riposte is started again, and still knows."
serve
show "$riposte" pending

say "6. The block is lifted at its time, not before."
wait_until_lifted
reach
show "$riposte" history

if ! in_force '^\[\]$' || ! is_reachable; then
  say "The block was not lifted: this is a fault."
  exit 1
fi
say "Nothing is left in force."
whats_next
