# SPDX-License-Identifier: Apache-2.0
# Functions that both parts of the test use, first.sh and second.sh; boot.sh sources this file.

say() { printf -- '--- %s\n' "$*"; }
fail() { echo "FAILED: $*"; exit 1; }
# wait_for COMMAND...: for a minute
wait_for() {
  local end=$((SECONDS + 60))
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || fail "waited for: $*"; sleep 0.1; done
}
what_was_wrong() {
  systemctl status --no-pager --full 'riposte*' || true
  journalctl --no-pager --quiet -u riposte.service -n 40 || true
}

# timed COMMAND...: as a person would type it, with its answer and how long it took
timed() {
  local start end code=0
  printf '$ %s\n' "$*"
  start=$(date +%s%N)
  "$@" >answer 2>&1 || code=$?
  end=$(date +%s%N)
  grep -v 'Reading database' answer | sed 's/^/  /'
  printf '  [%d.%02d s]\n' $(((end - start) / 1000000000)) $(((end - start) / 10000000 % 100))
  [ $code -eq 0 ] || fail "$1: exit code $code"
}

property() { systemctl show --property="$1" --value "${2:-riposte.service}"; }
is_active() { systemctl --quiet is-active "$1"; }
answers() { riposte status >/dev/null; }
in_force() { riposte pending --json | grep -o '"id":' | wc -l; }
is_in_force() { [ "$(in_force)" -eq "$1" ]; }

# A manager's request for the stateless response "note" about the given address.
note() {
  printf '{"version":1,"origin":{"name":"node01","module":"wazuh-analysisd"},"command":"note0","parameters":{"extra_args":[],"alert":{"rule":{"id":"5712","level":10},"id":"1.2","data":{"srcip":"%s"}}}}\n' "$1"
}
# notes FIRST LAST: one for each number
notes() {
  local number
  for number in $(seq "$1" "$2"); do note "198.18.$((number / 250)).$((number % 250))"; done
}
# Sends each line of its input as one datagram, all through one connection: when that breaks, it fails.
connected_sender() {
  perl -MSocket -e '
    socket(my $socket, PF_UNIX, SOCK_DGRAM, 0) or die "socket: $!\n";
    connect($socket, sockaddr_un($ARGV[0])) or die "connect: $!\n";
    while (my $line = <STDIN>) { chomp $line; defined send($socket, $line, 0) or die "send: $!\n" }' "$1"
}
noted() { [ "$(sort -u /root/noted 2>/dev/null | wc -l)" -eq "$1" ]; }
