# SPDX-License-Identifier: Apache-2.0
# Shared by demo.sh and its forms: printing the story, the two hosts, and the executable that blocks.
. cmake/packages.sh
. cmake/stages.sh
bold='' plain=''
if [ -t 1 ]; then bold=$'\033[1m' plain=$'\033[0m'; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
show() { printf '  $ %s\n' "${*/#"$PWD"\/build\/demo\//}"; "${inside[@]}" "$@" 2>&1 | sed 's/^/    /'; }
# Long lines whole, in lines that fit a terminal.
show_whole() { fold -w 110 | sed 's/^/    /'; }

need_for_namespaces() {
  [ "$(id -u)" -eq 0 ] || return 0
  need "network namespaces" ip iproute2 iproute
  need "ping" ping iputils-ping iputils
  need "nftables" nft nftables nftables
}

# build PRESET TARGET...: builds the targets and shows the progress. For the preset windows it first builds the libraries that the Windows
# programs are linked with, unless they are built already.
build() {
  local preset=$1
  shift
  build_targets() { cmake --preset "$preset" && cmake --build --preset "$preset" --target "$@"; }
  [ "$preset" != windows ] || stage libraries build 240 "building what riposte.exe is linked with (once)" cmake/windows-deps.sh
  stage build build 90 "building $* (build/$preset)" build_targets "$@"
  [ "$preset" != windows ] || after libraries
  run_stages "$PWD/build/stages-of-demo"
  [ $stages_failed = no ] || exit 1
}

# ---- two hosts in network namespaces, or one file ----

inside=() here='' attacker=''
make_hosts() {
  local i
  if [ "$(id -u)" -ne 0 ] || ! ip netns add "riposte-demo-$$" 2>/dev/null; then
    reach() { if grep -q 192.0.2.66 "$home/blocked" 2>/dev/null; then echo "  192.0.2.66 is blocked"; else echo "  192.0.2.66 is not blocked"; fi; }
    apply='echo "$ip" >> blocked'
    reverse='grep -vxF "$ip" blocked > blocked.new; mv blocked.new blocked'
    return
  fi
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
}
remove_hosts() {
  local namespace
  for namespace in $here $attacker; do ip netns del "$namespace" 2>/dev/null || true; done
}
is_reachable() { reach | grep -qE 'reaches this host|is not blocked'; }

# ---- an executable as they are written for Wazuh 4: it reads the request, names its key, and acts if it may ----

write_block_demo() {
  mkdir -p "$home/active-response/bin" "$home/state"
  chmod 755 "$home" "$home/active-response" "$home/active-response/bin"
  chmod 700 "$home/state"
  cat >"$home/active-response/bin/block-demo" <<EOF
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
}

# Until the command succeeds, for half a minute.
wait_for() {
  local end=$((SECONDS + 30))
  while [ $SECONDS -lt $end ]; do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
  echo "waited half a minute for: $*" >&2
  cat "$home"/*.log >&2
  exit 1
}
# Whether what is in force, as JSON, matches.
in_force() { "${inside[@]}" "$riposte" pending --json | grep -qE "$1"; }
wait_until_lifted() {
  local end=$((SECONDS + 60)) shown=$SECONDS
  while [ $SECONDS -lt $end ]; do
    in_force '^\[\]$' && return
    [ $((SECONDS - shown)) -lt 3 ] || { shown=$SECONDS; echo "  ... still in force"; }
    sleep 0.1
  done
}
is_dead() { ! kill -0 "$1" 2>/dev/null; }
whats_next() { say "Next: cmake/test.sh runs the tests. README.md, \"Install\", makes a package; build/demo/riposte help lists the commands."; }
