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
. cmake/packages.sh
. cmake/story.sh

need_to_build
if [ "$(id -u)" -eq 0 ]; then
  need "network namespaces" ip iproute2 iproute
  need "ping" ping iputils-ping iputils
  need "nftables" nft nftables nftables
fi
install_needed

echo "Building (build/release) ..."
cmake --preset release >/dev/null
cmake --build --preset release --target riposte -- --quiet
riposte=$PWD/build/release/riposte

timeout=12
home=$(mktemp -d "${TMPDIR:-/tmp}/riposte-demo.XXXXXX")
export RIPOSTE_HOME=$home RIPOSTE_STATE=$home/state RIPOSTE_CONFIG=$home/riposte.conf
here='' attacker='' service=''

clean_up() {
  [ -n "$service" ] && kill -9 "$service" 2>/dev/null || true
  for namespace in $here $attacker; do ip netns del "$namespace" 2>/dev/null || true; done
  rm -rf "$home"
}
trap clean_up EXIT

# ---- the two hosts, or one file ----
if [ "$(id -u)" -eq 0 ] && ip netns add "riposte-demo-$$" 2>/dev/null; then
  here=riposte-demo-$$ attacker=riposte-foe-$$
  ip netns add "$attacker"
  ip link add "demo$$" netns "$here" type veth peer name "demo$$" netns "$attacker"
  for i in "$here 192.0.2.1" "$attacker 192.0.2.66"; do
    set -- $i
    ip -n "$1" addr add "$2/24" dev "demo$$"
    ip -n "$1" link set "demo$$" up
    ip -n "$1" link set lo up
  done
  inside=(ip netns exec "$here")
  reach() {
    if ip netns exec "$attacker" ping -c 1 -W 1 192.0.2.1 >/dev/null 2>&1; then
      echo "  192.0.2.66 reaches this host"
    else
      echo "  192.0.2.66 does NOT reach this host"
    fi
  }
  apply='nft add table inet demo
    nft add chain inet demo input "{ type filter hook input priority -10; }"
    nft add rule inet demo input ip saddr "$ip" drop comment "\"$ip\""'
  reverse='handle=$(nft -a list chain inet demo input | sed -n "s/.*comment \"$ip\" # handle \([0-9]*\)/\1/p")
    nft delete rule inet demo input handle "$handle"'
else
  inside=(env)
  reach() { if grep -q 192.0.2.66 "$home/blocked" 2>/dev/null; then echo "  192.0.2.66 is blocked"; else echo "  192.0.2.66 is not blocked"; fi; }
  apply='echo "$ip" >> blocked'
  reverse='grep -vxF "$ip" blocked > blocked.new; mv blocked.new blocked'
fi

# ---- an executable as they are written for Wazuh 4: it reads the request, names its key, and acts if it may ----
mkdir -p "$home/active-response/bin" "$home/state"
chmod 755 "$home" "$home/active-response" "$home/active-response/bin"
cat > "$home/active-response/bin/block-demo" <<EOF
#!/bin/sh
read -r request
ip=\$(printf '%s' "\$request" | sed -n 's/.*"srcip":"\([0-9.]*\)".*/\1/p')
case \$request in
*'"command":"add"'*)
    printf '{"version":1,"origin":{"name":"block-demo","module":"active-response"},"command":"check_keys","parameters":{"keys":["%s"]}}\n' "\$ip"
    read -r answer
    case \$answer in *'"command":"continue"'*) ;; *) exit 0 ;; esac
    $apply
    ;;
*'"command":"delete"'*)
    $reverse
    ;;
esac
EOF
chmod 755 "$home/active-response/bin/block-demo"
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
  disown "$service"  # the shell need not tell that it was killed
  for _ in $(seq 100); do "$riposte" status >/dev/null 2>&1 && return; sleep 0.1; done
  cat "$home/serve.log" >&2
  exit 1
}

# Until what is in force, as JSON, matches.
wait_for() {
  for _ in $(seq $((timeout * 10 + 50))); do "$riposte" pending --json | grep -qE "$1" && return; sleep 0.1; done
}

say "1. Riposte starts; its configuration knows one command."
serve
show "$riposte" commands
reach

say "2. A Wazuh 4 manager's message arrives: block 192.0.2.66 for $timeout seconds."
cut -c 1-150 "$home/message.json" | sed 's/^/    /; s/$/ .../'
show "$riposte" send "$home/message.json"
wait_for '"state":"armed"'
reach

say "3. What is in force, and until when:"
show "$riposte" pending

say "4. kill -9, in the middle. Nobody is there to lift the block; the ledger is."
kill -9 "$service"
while kill -0 "$service" 2>/dev/null; do sleep 0.05; done
service=''
reach
show "$riposte" pending

say "5. Riposte is started again, and still knows."
serve
show "$riposte" pending

say "6. The block is lifted at its time, not before."
wait_for '^\[\]$'
reach
show "$riposte" history

if [ "$("$riposte" pending --json)" != "[]" ] || ! reach | grep -qE 'reaches this host|is not blocked'; then
  say "The block was not lifted: this is a fault."
  exit 1
fi
say "Nothing is left in force."
