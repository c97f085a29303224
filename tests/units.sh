#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The systemd units: no mistakes, and how much they are worth to systemd: units.sh PROGRAM
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")/../installer/linux"
. ../../tests/skip.sh
command -v systemd-analyze >/dev/null || skip "systemd-analyze is not here (Debian: systemd)"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
cp riposte.service riposte.socket riposte-control.socket "$root"
# It looks for the program too, which is not installed here.
sed -i "s|/usr/bin/riposte|$program|" "$root/riposte.service"
# The page of the manual is not installed either.
said=$(systemd-analyze verify --man=no "$root"/riposte.service "$root"/riposte.socket "$root"/riposte-control.socket 2>&1 | grep -i riposte || true)
[ -z "$said" ] || { echo "systemd-analyze verify: $said" >&2; exit 1; }
echo "systemd-analyze verify: nothing to say"
# Without a shield a service of root has 9.6; the rest is what executables of responses need.
score=$(systemd-analyze security --offline=yes --threshold=60 "$root/riposte.service" 2>/dev/null | tail -n 1)
echo "systemd-analyze security:$score"
