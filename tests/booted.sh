#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The package on a booted system: systemd runs as the first process of a container, in which tests/booted/ does the rest,
# before and after a reboot; booted.sh PACKAGES, a directory that packages.sh has filled
set -euo pipefail
packages=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
root=$work/root
trap 'rm -rf "$work"' EXIT
. "$here/installed.sh"
need_tools mmdebstrap dpkg-deb apt-get chroot systemd-nspawn

[ -d "$packages/next" ] || skip "packages.sh has made no packages"
say "a root with systemd"
# libnftables1 and logrotate: the package recommends them, and nothing can be downloaded in there. The neighbour that is
# to be blocked needs the other two.
make_root "$root" "$(echo "$packages"/this/*.deb)" systemd systemd-sysv libnftables1 logrotate iproute2 iputils-ping
inside=$root/root/booted
mkdir "$inside"
cp "$packages"/this/*.deb "$inside/riposte.deb"
cp "$packages"/next/*.deb "$inside/newer.deb"
cp "$here"/booted/*.sh "$here/cli/agent/ossec.conf" "$inside/"

# The unit appends its output to a file in the root, which survives the container, and powers the system off when it ends.
cat >"$root/etc/systemd/system/booted.service" <<'UNIT'
[Unit]
After=riposte.service
[Service]
Type=oneshot
TimeoutStartSec=infinity
Environment=HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C
ExecStart=/root/booted/boot.sh
StandardOutput=append:/root/booted/said
StandardError=inherit
ExecStopPost=/bin/systemctl --no-block start poweroff.target
[Install]
WantedBy=multi-user.target
UNIT
chroot "$root" systemctl --quiet enable booted.service

# boot PART
boot() {
  echo "$1" >"$inside/part"
  rm -f "$inside/said" "$inside/done"
  # A network of its own, with nothing but loopback; nothing of this machine is told of the container.
  timeout --kill-after=10 240 systemd-nspawn --directory="$root" --machine="riposte-$$" --register=no --keep-unit \
    --private-network --link-journal=no --resolv-conf=off --timezone=off --console=pipe --boot \
    </dev/null >"$work/boot.log" 2>&1 || true
  [ -e "$inside/said" ] || { tail "$work/boot.log"; skip "systemd does not boot in a container here"; }
  cat "$inside/said"
  [ -e "$inside/done" ] || { grep -a riposte "$work/boot.log" || true; fail "on the booted system: $1"; }
}
say "booted"
boot first
say "booted again"
boot second
say "done"
