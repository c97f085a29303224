# SPDX-License-Identifier: Apache-2.0
# After a reboot: still in force; removed; beside an agent. Sourced.

say "after the reboot the service runs, and knows what is in force"
wait_for answers
is_in_force 2 || fail "not in force any more: $(riposte history)"

say "removal undoes it and leaves nothing of the units"
apt-get remove -y -qq riposte >apt.log 2>&1 || { cat apt.log; fail "remove"; }
grep '^riposte:' apt.log || fail "the removal does not say what it undid"
[ ! -e /ipblock/203.0.113.7 ] || fail "the block outlived the removal"
cmp /etc/shadow shadow || fail "the account stays locked"
left=$(find /etc/systemd /usr/lib/systemd -name 'riposte*'; find /run/riposte /var/lib/riposte/queue -type s)
[ -z "$left" ] || fail "left behind: $left"
left=$(systemctl list-units --all --plain --no-legend 'riposte*' | grep -v not-found || true)
[ -z "$left" ] || fail "units outlived the removal: $left"
! readlink /proc/[0-9]*/exe | grep riposte || fail "a process outlived the removal"

say "beside an agent: adopted by the installation, given back by the removal"
agent=/var/ossec
mkdir -p $agent/etc $agent/bin $agent/queue/alerts $agent/logs $agent/active-response/bin
cp ossec.conf $agent/etc/
printf '#!/bin/sh\necho "$@" >>/root/control-calls\n' >$agent/bin/wazuh-control
chmod 0750 $agent/bin/wazuh-control
groupadd --system wazuh
cat >$agent/active-response/bin/note <<'NOTE'
#!/bin/sh
cat >/root/adopted
NOTE
chmod 0750 $agent/active-response/bin/note
RIPOSTE_ADOPT=yes apt-get install -y -qq ./newer.deb >apt.log 2>&1 || { cat apt.log; fail "installation beside an agent"; }
grep -x restart /root/control-calls >/dev/null || fail "the agent was not restarted"
wait_for answers
systemctl --quiet is-enabled riposte.service || fail "the second installation left the units disabled"
[ "$(stat -c '%G %a' $agent/queue/alerts/execq)" = "wazuh 660" ] || fail "owner or mode of the agent's socket"
[ "$(property Listen riposte.socket)" = "$agent/queue/alerts/execq (Datagram)" ] || fail "riposte.socket: $(property Listen riposte.socket)"
riposte doctor || fail "doctor"
note 198.18.0.1 | connected_sender $agent/queue/alerts/execq
wait_for test -s /root/adopted
apt-get remove -y -qq riposte >apt.log 2>&1 || { cat apt.log; fail "remove beside an agent"; }
cmp ossec.conf $agent/etc/ossec.conf || fail "the agent's ossec.conf is not what it was"
[ "$(grep -cx restart /root/control-calls)" -eq 2 ] || fail "the agent was not restarted after the release"
[ ! -e $agent/queue/alerts/execq ] || fail "the socket is left for the agent's own runner to trip over"
[ ! -e /etc/systemd/system/riposte.socket.d ] || fail "the drop-in is left"
