#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The packages, as a person meets them: installed, upgraded, removed and purged in a root of their own; packaging.sh PACKAGES, a directory
# that packages.sh has filled.
# There is no systemd in that root: the service is started by hand. booted.sh has the units.
set -euo pipefail
packages=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
. "$here/installed.sh"
need_tools mmdebstrap dpkg-deb apt-get chroot
work=$(mktemp -d)
root=$work/root
in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"; }
finish() {
  # Only what was started in that root.
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/root" 2>/dev/null)" != "$root" ] || kill -KILL "${process#/proc/}" 2>/dev/null || true
  done
  umount "$root/proc" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

[ -d "$packages/next" ] || skip "packages.sh has made no packages"
deb=$(echo "$packages"/this/*.deb) newer=$(echo "$packages"/next/*.deb)
version=$(dpkg-deb -f "$deb" Version) next=$(dpkg-deb -f "$newer" Version)

say "a root of this machine's own distribution and mirror"
make_root "$root" "$deb"
mount -t proc proc "$root/proc"

say "installation with apt"
cp "$deb" "$newer" "$root/tmp/"
in_root apt-get install -y -qq --no-install-recommends "/tmp/$(basename "$deb")" >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; fail "apt-get install"; }
in_root riposte --version | grep "$version" >/dev/null || fail "the program does not run"
in_root riposte check >"$work/check" || { cat "$work/check"; fail "the default configuration has errors"; }
[ "$(stat -c '%U:%G %a' "$root/etc/riposte/riposte.conf")" = "root:root 644" ] || fail "owner or mode of riposte.conf"
[ "$(stat -c '%U %a' "$root/var/lib/riposte")" = "root 700" ] || fail "owner or mode of the state directory"
grep -q '^riposte:' "$root/etc/group" || fail "no group riposte"
in_root dpkg --verify riposte | grep . && fail "files differ from the package's"
for unit in riposte.service riposte.socket riposte-control.socket; do [ -e "$root/usr/lib/systemd/system/$unit" ] || fail "no $unit"; done

serve() {
  in_root riposte serve >>"$work/serve.log" 2>&1 &
  wait_for 20 in_root riposte status
}
in_force() { in_root riposte pending --json 2>/dev/null | grep -c '"id":' || true; }

say "something is put in force: an address, a user's account"
in_root useradd --create-home mallory
in_root sh -c 'echo mallory:secret | chpasswd'
cp "$root/etc/shadow" "$work/shadow"
# A stateful executable that needs no network of its own.
sed -i 's|</ossec_config>|<command><name>ip-customblock</name><executable>ip-customblock</executable><timeout_allowed>yes</timeout_allowed></command></ossec_config>|' "$root/etc/riposte/riposte.conf"
cp "$root/etc/riposte/riposte.conf" "$work/riposte.conf"
serve
in_root riposte run ip-customblock --srcip 203.0.113.7 --timeout 1h --no-follow
in_root riposte run disable-account --user mallory --timeout 1h --no-follow
wait_for 20 test -e "$root/ipblock/203.0.113.7"
wait_for 20 sh -c "! cmp -s '$root/etc/shadow' '$work/shadow'"
wait_for 20 sh -c "chroot '$root' riposte pending --json | grep -c '\"id\":' | grep -qx 2"

say "upgrade: configuration and ledger stay"
in_root apt-get install -y -qq --no-install-recommends "/tmp/$(basename "$newer")" >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; fail "upgrade"; }
[ "$(in_root dpkg-query -W -f '${Version}' riposte)" = "$next" ] || fail "the version is not $next"
cmp "$root/etc/riposte/riposte.conf" "$work/riposte.conf" || fail "the upgrade changed riposte.conf"
[ "$(in_force)" -eq 2 ] || fail "the upgrade lost what was in force"
[ -e "$root/ipblock/203.0.113.7" ] || fail "the upgrade undid the block"

say "removal undoes what is in force, while a service runs"
in_root apt-get remove -y riposte >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; fail "remove"; }
grep '^riposte:' "$work/apt.log" || fail "the removal does not say what it undid"
[ ! -e "$root/ipblock/203.0.113.7" ] || fail "the block outlived the removal"
cmp "$root/etc/shadow" "$work/shadow" || fail "the account stays locked"
[ ! -e "$root/usr/bin/riposte" ] || fail "the program is still there"
[ -e "$root/var/lib/riposte/ledger.db" ] || fail "the removal took the ledger; only a purge may"
for process in /proc/[0-9]*; do
  [ "$(readlink "$process/root" 2>/dev/null)" != "$root" ] || fail "a process outlived the removal: $(tr '\0' ' ' <"$process/cmdline")"
done

say "purge removes configuration and state"
in_root dpkg --purge riposte >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; fail "purge"; }
for left in etc/riposte var/lib/riposte etc/logrotate.d/riposte; do [ ! -e "$root/$left" ] || fail "/$left outlived the purge"; done

say "removal undoes what is in force where no service runs, and with a configuration that has errors"
in_root dpkg -i "/tmp/$(basename "$deb")" >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; fail "second installation"; }
cp "$work/riposte.conf" "$root/etc/riposte/riposte.conf"
serve
in_root riposte run ip-customblock --srcip 203.0.113.8 --timeout 1h --no-follow
wait_for 20 test -e "$root/ipblock/203.0.113.8"
# killed, as by a crash
kill -KILL "$(in_root riposte status --json | sed -n 's/.*"pid":\([0-9]*\).*/\1/p')"
wait_for 20 sh -c "! chroot '$root' riposte status"
echo '<ossec_config><command>' >"$root/etc/riposte/riposte.conf"
in_root apt-get remove -y riposte >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; fail "remove without a service"; }
[ ! -e "$root/ipblock/203.0.113.8" ] || fail "the block outlived the removal without a service"

say "removal stops where something cannot be undone"
in_root dpkg --purge riposte >/dev/null 2>&1
in_root dpkg -i "/tmp/$(basename "$deb")" >"$work/apt.log" 2>&1
cp "$work/riposte.conf" "$root/etc/riposte/riposte.conf"
serve
in_root riposte run ip-customblock --srcip 203.0.113.9 --timeout 1h --no-follow
wait_for 20 test -e "$root/ipblock/203.0.113.9"
mv "$root/var/lib/riposte/active-response/bin/ip-customblock" "$work/kept"
in_root apt-get remove -y riposte >"$work/apt.log" 2>&1 && fail "removed although something was still in force"
grep -q "NOT REMOVED" "$work/apt.log" || { cat "$work/apt.log"; fail "it does not say why it was not removed"; }
mv "$work/kept" "$root/var/lib/riposte/active-response/bin/ip-customblock"
in_root apt-get remove -y riposte >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; fail "remove after the repair"; }
[ ! -e "$root/ipblock/203.0.113.9" ] || fail "the block outlived the removal after the repair"
in_root dpkg --purge riposte >/dev/null 2>&1

say "purge leaves a file in quarantine that nothing will put back, and says so"
in_root dpkg -i "/tmp/$(basename "$deb")" >"$work/apt.log" 2>&1
serve
echo evil >"$root/root/evil"
in_root riposte run quarantine-file --file /root/evil --no-follow
wait_for 20 test ! -e "$root/root/evil"
in_root apt-get remove -y riposte >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; fail "remove beside a quarantine"; }
[ ! -e "$root/root/evil" ] || fail "the removal put back a file that has no timeout"
in_root dpkg --purge riposte >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; fail "purge"; }
grep '^riposte: /var/lib/riposte/quarantine is left' "$work/apt.log" || fail "the purge does not say what it left"
grep -rqx evil "$root/var/lib/riposte/quarantine" || fail "the purge took the file in quarantine"
[ "$(ls "$root/var/lib/riposte")" = quarantine ] || fail "the purge left more: $(ls "$root/var/lib/riposte")"
rm -rf "$root/var/lib/riposte"

say "beside an agent: adopted without a question, given back byte for byte"
agent=$root/var/ossec
in_root groupadd --system wazuh
mkdir -p "$agent"/{bin,etc/shared,logs,queue/alerts,active-response/bin}
cp "$here/cli/agent/ossec.conf" "$agent/etc/"
: >"$agent/logs/active-responses.log"
echo 'restart-ossec0 - restart-ossec.sh - 0' >"$agent/etc/shared/ar.conf"
printf '#!/bin/sh\necho "$@" >>/root/control-calls\n' >"$agent/bin/wazuh-control"
printf '#!/bin/sh\n' >"$agent/active-response/bin/restart-ossec.sh"
chmod 0750 "$agent/bin/wazuh-control" "$agent/active-response/bin/restart-ossec.sh"
chmod 0660 "$agent/etc/ossec.conf"
in_root chown -R root:wazuh /var/ossec
cp -a "$agent" "$work/agent"
# Everything but times: what an edit and a socket that came and went change.
owners() { (cd "$1" && find . -printf '%p %y %m %U:%G\n' | sort); }
in_root RIPOSTE_ADOPT=yes apt-get install -y -qq --no-install-recommends "/tmp/$(basename "$deb")" >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; fail "installation beside an agent"; }
grep '^riposte: adopted' "$work/apt.log" || fail "the installation does not say that it adopted the agent"
[ "$(diff "$work/agent/etc/ossec.conf" "$agent/etc/ossec.conf" | grep -c '^>')" -eq 1 ] || fail "ossec.conf was not changed in one line"
[ "$(cat "$root/root/control-calls")" = restart ] || fail "the agent was not restarted"
serve
[ "$(stat -c '%G %a' "$agent/queue/alerts/execq")" = "$(stat -c %G "$agent/etc/ossec.conf") 660" ] || fail "owner or mode of the agent's request socket"
in_root riposte status --json | grep '"fights":false' >/dev/null || fail "it does not see that the agent stands aside"
in_root apt-get remove -y riposte >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; fail "remove beside an agent"; }
grep '^riposte: the agent has active response back' "$work/apt.log" || fail "the removal does not say that it gave the agent its responses back"
diff -r "$work/agent" "$agent" || fail "the agent's files are not what they were"
diff <(owners "$work/agent") <(owners "$agent") || fail "owners or modes of the agent's files are not what they were"
[ "$(grep -cx restart "$root/root/control-calls")" -eq 2 ] || fail "the agent was not restarted after the removal"
in_root dpkg --purge riposte >/dev/null 2>&1
rm -rf "$agent"

say "the archive runs where neither Poco nor SQLite is"
tar -xzf "$packages"/this/*.tar.gz -C "$root" --strip-components=1
mkdir "$work/libraries" && mv "$root"/usr/lib/*-linux-gnu/lib{Poco,sqlite3,pcre.,expat}* "$work/libraries/"
in_root /usr/bin/riposte --version | grep "$version" >/dev/null || fail "the archive's program does not run"
in_root /usr/lib/riposte/setup install >"$work/setup.log" 2>&1 || { cat "$work/setup.log"; fail "setup install"; }
in_root riposte check >/dev/null || fail "the archive's configuration has errors"
serve
mv "$work/libraries"/* "$root"/usr/lib/*-linux-gnu/
in_root /usr/lib/riposte/setup remove >"$work/setup.log" 2>&1 || { cat "$work/setup.log"; fail "setup remove"; }

if ! command -v rpmbuild >/dev/null; then
  skip_part "the .rpm: rpmbuild is not here (see cmake/packages.sh)"
  exit 0
fi
say "the .rpm: made here by Debian's rpm, whose database knows none of this system's libraries"
rpm=$(echo "$packages"/this/riposte-"$version"*.rpm)
rpm -qp --requires "$rpm" | grep 'libPocoFoundation' >/dev/null || fail "the .rpm does not require Poco"
rpm -qpc "$rpm" | grep -x /etc/riposte/riposte.conf >/dev/null || fail "riposte.conf is no configuration file of the .rpm"
in_root rm -rf /etc/riposte /var/lib/riposte /usr/bin/riposte /usr/lib/riposte
# --nodeps: nothing in that database provides libraries. The scripts of the package do run, in the root.
rpm --root "$root" --dbpath /var/lib/rpm --initdb
rpm --root "$root" --dbpath /var/lib/rpm -i --nodeps "$rpm" >"$work/rpm.log" 2>&1 || { cat "$work/rpm.log"; fail "rpm -i"; }
in_root riposte check >"$work/check" || { cat "$work/check"; fail "the .rpm's configuration has errors"; }
cp "$work/riposte.conf" "$root/etc/riposte/riposte.conf"
serve
in_root riposte run ip-customblock --srcip 203.0.113.11 --timeout 1h --no-follow
wait_for 20 test -e "$root/ipblock/203.0.113.11"
say "the .rpm is upgraded: configuration and ledger stay"
rpm --root "$root" --dbpath /var/lib/rpm -U --nodeps "$packages"/next/riposte-"$next"*.rpm >"$work/rpm.log" 2>&1 || { cat "$work/rpm.log"; fail "rpm -U"; }
[ "$(rpm --root "$root" --dbpath /var/lib/rpm -q --queryformat '%{VERSION}' riposte)" = "$next" ] || fail "the .rpm's version is not $next"
cmp "$root/etc/riposte/riposte.conf" "$work/riposte.conf" || fail "rpm -U changed riposte.conf"
[ "$(in_force)" -eq 1 ] || fail "rpm -U lost what was in force"
[ -e "$root/ipblock/203.0.113.11" ] || fail "rpm -U undid the block"
rpm --root "$root" --dbpath /var/lib/rpm -e riposte >"$work/rpm.log" 2>&1 || { cat "$work/rpm.log"; fail "rpm -e"; }
grep '^riposte:' "$work/rpm.log" || fail "rpm -e does not say what it undid"
[ ! -e "$root/ipblock/203.0.113.11" ] || fail "the block outlived rpm -e"
[ ! -e "$root/usr/bin/riposte" ] || fail "the program outlived rpm -e"
say "not run: a dependency check by rpm, a Red Hat system"
say "done"
