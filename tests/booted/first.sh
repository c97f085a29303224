# SPDX-License-Identifier: Apache-2.0
# From a new user's first minutes to an upgrade. Sourced.
execq=/var/lib/riposte/queue/alerts/execq

# A neighbour that is to be blocked.
ip netns add neighbour
ip link add name near type veth peer name far netns neighbour
ip addr add 192.0.2.1/24 dev near
ip link set dev near up
ip -n neighbour addr add 192.0.2.66/24 dev far
ip -n neighbour link set dev far up
reaches() { ip netns exec neighbour ping -c 1 -W 1 192.0.2.1 >/dev/null; }
is_blocked() { ! reaches; }

say "a new user: from the package to the first block and its undo"
start=$SECONDS
timed apt-get install -y -qq ./riposte.deb
timed riposte doctor
wait_for reaches
echo "  (192.0.2.66 reaches this host)"
timed riposte run firewall-drop --srcip 192.0.2.66 --timeout 10m --no-follow
wait_for is_blocked
echo "  (192.0.2.66 does not reach this host)"
timed riposte pending
timed riposte undo --target 192.0.2.66
reaches || fail "it is still blocked"
echo "  (192.0.2.66 reaches this host)"
echo "all of it: $((SECONDS - start)) s"
[ $((SECONDS - start)) -lt 180 ] || fail "a new user is to be there in three minutes"

say "the service as systemd sees it"
for unit in riposte.service riposte.socket riposte-control.socket; do
  is_active $unit || fail "$unit is not active"
  systemctl --quiet is-enabled $unit || fail "$unit is not enabled"
done
[ "$(property Type) $(property WatchdogUSec)" = "notify 30s" ] || fail "its type or its watchdog"
[ "$(property WatchdogTimestampMonotonic)" -gt 0 ] || fail "the watchdog hears nothing"

cat >/var/lib/riposte/active-response/bin/note <<'NOTE'
#!/bin/sh
read -r request
printf '%s\n' "$request" | sed 's/.*"srcip":"\([0-9.]*\)".*/\1/' >>/root/noted
NOTE
chmod 0750 /var/lib/riposte/active-response/bin/note
command() { printf '<command><name>%s</name><executable>%s</executable><timeout_allowed>%s</timeout_allowed></command>' "$1" "$1" "$2"; }
sed -i "s|</ossec_config>|$(command note no)$(command ip-customblock yes)</ossec_config>|" /etc/riposte/riposte.conf
systemctl reload riposte.service
wait_for sh -c 'riposte commands | grep -q note'

say "something is in force: an address, a user's account"
useradd --create-home mallory
echo mallory:secret | chpasswd
cp /etc/shadow shadow
riposte run ip-customblock --srcip 203.0.113.7 --timeout 10h --no-follow
riposte run disable-account --user mallory --timeout 10h --no-follow
wait_for is_in_force 2
wait_for test -e /ipblock/203.0.113.7
! cmp -s /etc/shadow shadow || fail "the account is not locked"

say "1,000 requests through one connection while the service is restarted 20 times"
socket=$(stat -c %i $execq)
exec 3> >(connected_sender $execq)
sender=$!
for restart in $(seq 20); do
  notes $(((restart - 1) * 50 + 1)) $((restart * 50)) >&3 &
  feeder=$!
  systemctl restart riposte.service
  wait $feeder
done
exec 3>&-
wait $sender || fail "the connection broke"
wait_for noted 1000
wait_for answers
[ "$(wc -l </root/noted)" -eq 1000 ] || fail "some ran twice: $(wc -l </root/noted) runs"
recorded=$(riposte history --limit 2000 --json | grep -o '"name":"note0"' | wc -l)
echo "sent 1000, ran $(wc -l </root/noted), in the history $recorded"
[ "$recorded" -eq 1000 ] || fail "not all are in the history"
[ "$(stat -c %i $execq)" = "$socket" ] || fail "the socket was made anew"
is_in_force 2 || fail "the restarts lost what was in force"

say "kill -9: systemd starts it again, and what was in force is undone at its time"
riposte run ip-customblock --srcip 203.0.113.20 --timeout 20s --no-follow
wait_for test -e /ipblock/203.0.113.20
restarts=$(property NRestarts) main=$(property MainPID)
for crash in $(seq 8); do
  # More often than systemd's own limit for units that fail.
  kill -KILL "$(property MainPID)"
  wait_for sh -c "[ \$(systemctl show --property=NRestarts --value riposte.service) -ge $((restarts + crash)) ]"
  wait_for answers
done
[ "$(property MainPID)" != "$main" ] || fail "it was not started again"
wait_for test ! -e /ipblock/203.0.113.20
wait_for is_in_force 2

say "a service that hangs is ended by the watchdog and started again"
mkdir -p /run/systemd/system/riposte.service.d
printf '[Service]\nWatchdogSec=5s\n' >/run/systemd/system/riposte.service.d/watchdog.conf
systemctl daemon-reload
systemctl restart riposte.service
restarts=$(property NRestarts)
kill -STOP "$(property MainPID)"
wait_for sh -c "[ \$(systemctl show --property=NRestarts --value riposte.service) -gt $restarts ]"
wait_for answers
rm -r /run/systemd/system/riposte.service.d
systemctl daemon-reload

say "upgrade, while requests arrive: what is in force stays, and no request is lost"
main=$(property MainPID)
exec 3> >(connected_sender $execq)
sender=$!
notes 1001 1200 >&3 &
feeder=$!
apt-get install -y -qq ./newer.deb >apt.log 2>&1 || { cat apt.log; fail "upgrade"; }
wait $feeder
exec 3>&-
wait $sender || fail "the connection broke"
wait_for noted 1200
is_active riposte.service || fail "the service does not run after the upgrade"
[ "$(property MainPID)" != "$main" ] || fail "the old program still runs"
[ "$(stat -c %i $execq)" = "$socket" ] || fail "the socket was made anew"
wait_for is_in_force 2
[ -e /ipblock/203.0.113.7 ] || fail "the upgrade undid the block"
