#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Windows installer under Wine, as a person or a fleet's tool meets it: installed, upgraded, removed, enrolled, and what is
# wrong refused; windows_installer.sh BUILD_DIRECTORY
# The test reads CMakeCache.txt, riposte.exe, responses/ and manager_simulator.exe from BUILD_DIRECTORY.
set -euo pipefail
build=$(realpath "$1")
cd "$(dirname "$0")/.."
. tests/skip.sh
skip_system=windows
for tool in wine wineserver makensis osslsigncode openssl; do
  command -v $tool >/dev/null || skip "$tool is not here (see cmake/packages.sh)"
done
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
next=$version.1
work=$(mktemp -d)
# A Windows of its own: there is one service Riposte in each.
unset DISPLAY
export WINEPREFIX=$work/wine WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=;winedbg.exe='
drive=$WINEPREFIX/drive_c
say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }
tell_state() {
  find "$home" "$state" || true
  tail -n 20 "$program_log" "$drive"/users/*/Temp/riposte-*install.log | tr -d '\r' || true
}
fail() { echo "FAILED: $*" >&2; tell_state >&2 2>/dev/null; exit 1; }
finish() {
  wineserver -k 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

# wait_for SECONDS COMMAND...
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || fail "waited for: $*"; sleep 0.1; done
}
in_windows() { timeout 120 wine "$@" </dev/null 2>/dev/null | tr -d '\r'; }
home="$drive/Program Files/Riposte"
state=$drive/ProgramData/Riposte
program_log=$home/install.log
removal_log() { cat "$drive"/users/*/Temp/riposte-uninstall.log | tr -d '\r'; }
# exits CODE COMMAND...
exits() {
  local expected=$1 code=0
  shift
  timeout 300 wine "$@" </dev/null >/dev/null 2>&1 || code=$?
  [ $code -eq "$expected" ] || fail "exit code $code, not $expected: $*"
}
# NSIS takes the directory behind _?= from the end of the line, without quotes: so it is two words here. It keeps the uninstaller
# from going on in another process, and from deleting itself.
uninstall() {
  local expected=$1
  shift
  exits "$expected" "$home/Uninstall.exe" /S "$@" '_?=C:\Program' 'Files\Riposte'
}
riposte() { in_windows "$home/riposte.exe" "$@"; }
# registry KEY VALUE: prints it
registry() { in_windows reg query "HKLM\\$1" /v "$2" | sed -n "s/^ *$2 *REG_[A-Z_]* *//p"; }
services='SYSTEM\CurrentControlSet\Services\Riposte'
programs='Software\Microsoft\Windows\CurrentVersion\Uninstall\Riposte'
search_path() { registry 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment' Path; }
runs() { riposte service status >"$work/status" && grep -q 'is running' "$work/status"; }
in_force() { riposte pending --json | grep -c '"id":' || true; }
# Its stock executable that needs nothing but a disk: a file for each address.
block() {
  sed -i 's|</ossec_config>|<command><name>ip-customblock</name><executable>ip-customblock.exe</executable><extra_args>--directory C:/ipblock</extra_args><timeout_allowed>yes</timeout_allowed></command></ossec_config>|' "$state/riposte.conf"
  riposte reload >/dev/null || fail "reload"
  riposte run ip-customblock --srcip "$1" --timeout 1h --no-follow >/dev/null || fail "run"
  wait_for 20 test -e "$drive/ipblock/$1"
}

say "installers of $version, signed, and $next"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=Riposte test" -addext extendedKeyUsage=codeSigning \
  -keyout "$work/key.pem" -out "$work/certificate.pem" 2>/dev/null
echo "a password" >"$work/password"
openssl pkcs12 -export -in "$work/certificate.pem" -inkey "$work/key.pem" -passout "file:$work/password" -out "$work/certificate.p12"
export RIPOSTE_INSTALLER_QUICK=yes
RIPOSTE_SIGN_CERTIFICATE=$work/certificate.p12 RIPOSTE_SIGN_PASSWORD_FILE=$work/password \
  installer/windows/make.sh "$build" "$version" "$work/one.exe"
installer/windows/make.sh "$build" "$next" "$work/two.exe"
signed() {
  osslsigncode verify -CAfile "$work/certificate.pem" -in "$1" >"$work/verified" 2>&1 || { cat "$work/verified"; fail "the signature of $1"; }
  grep -q 'Signature verification: ok' "$work/verified" || { cat "$work/verified"; fail "the signature of $1"; }
}
signed "$work/one.exe"
osslsigncode verify -CAfile "$work/certificate.pem" -in "$work/two.exe" >/dev/null 2>&1 && fail "the installer that was not signed is signed"

say "a Windows of its own"
tests/wine.sh start
exits 1 "$work/one.exe" /S
grep -q 'needs Windows 10' "$drive"/users/*/Temp/riposte-install.log || fail "Wine's Windows 7 is not refused"
in_windows reg add 'HKCU\Software\Wine' /v Version /d win10 /f >/dev/null
path_before=$(search_path)
[ -n "$path_before" ] || fail "the system has no Path"

say "what is wrong is refused, and nothing is done"
for wrong in '/MANAGER=a"b' $'/PASSWORD=sec\nret' \
  /PORT=1515 /HTTPS /NAME=web01 /manager=host word "/MANAGER=host\\" '/D=C:\Some where' \
  "/PASSWORD=$(printf 'x%.0s' {1..1100})"; do
  exits 2 "$work/one.exe" /S "$wrong"
done
for wrong in /PORT=0 /PORT=65536 /PORT=0x50 '/CA=C:\none.pem' '/KEY=C:\windows\win.ini'; do
  exits 2 "$work/one.exe" /S /MANAGER=host "$wrong"
done
[ ! -e "$home" ] && [ ! -e "$state" ] || fail "something was installed"
exits 2 "$work/one.exe" /S '/PASWORD=secret'
grep -q '/PASWORD' "$drive"/users/*/Temp/riposte-install.log || fail "the log does not say what was wrong"
grep -q 'secret' "$drive"/users/*/Temp/riposte-install.log && fail "a password is in the log"

say "installation"
exits 0 "$work/one.exe" /S
for file in riposte.exe LICENSE.txt README.txt Uninstall.exe; do [ -e "$home/$file" ] || fail "no $file"; done
for file in "$build"/responses/*.exe; do [ -e "$home/active-response/bin/${file##*/}" ] || fail "no ${file##*/}"; done
for file in "$home"/*.exe "$home"/active-response/bin/*.exe; do signed "$file"; done
runs || fail "the service does not run"
grep -q "is installed" "$program_log" || fail "the log does not say that it is installed"
[ "$(registry "$services" ImagePath)" = '"C:\Program Files\Riposte\riposte.exe" serve' ] || fail "the service's command line"
[ "$(registry "$services" Start)" = 0x2 ] || fail "the service does not start by itself"
grep 'warning' "$program_log" | tr -d '\r' | sed 's/^/  Wine: /' || true
[ "$(search_path)" = "$path_before;C:\\Program Files\\Riposte" ] || fail "the system's Path: $(search_path)"
[ "$(registry "$programs" DisplayVersion)" = "$version" ] || fail "DisplayVersion"
[ "$(registry "$programs" UninstallString)" = '"C:\Program Files\Riposte\Uninstall.exe"' ] || fail "UninstallString"
[ "$(registry "$programs" QuietUninstallString)" = '"C:\Program Files\Riposte\Uninstall.exe" /S' ] || fail "QuietUninstallString"
[ $(($(registry "$programs" EstimatedSize))) -gt 20000 ] || fail "EstimatedSize"
riposte check >"$work/check" || { cat "$work/check"; fail "the default configuration has errors"; }
riposte doctor >"$work/doctor" || { cat "$work/doctor"; fail "doctor finds a problem"; }
riposte commands --json >"$work/commands"
for name in firewall-drop netsh route-null win_route-null block-ip disable-account quarantine-file kill-sessions; do
  grep -q "\"$name\"" "$work/commands" || { cat "$work/commands"; fail "no command $name"; }
done

say "upgrade: configuration and what is in force stay"
block 203.0.113.7
cp "$state/riposte.conf" "$work/riposte.conf"
before=$(riposte pending --json)
exits 0 "$work/two.exe" /S
[ "$(registry "$programs" DisplayVersion)" = "$next" ] || fail "DisplayVersion is not $next"
runs || fail "the service does not run after the upgrade"
cmp "$state/riposte.conf" "$work/riposte.conf" || fail "the upgrade changed riposte.conf"
[ -e "$drive/ipblock/203.0.113.7" ] || fail "the upgrade undid the block"
[ "$(in_force)" -eq 1 ] || fail "the upgrade lost what was in force: $before"
[ "$(search_path)" = "$path_before;C:\\Program Files\\Riposte" ] || fail "the upgrade changed Path: $(search_path)"
cmp "$home/riposte.exe" "$build/riposte.exe" || fail "the program was not replaced"
find "$home" -name '*.old' -o -name new | grep . && fail "the upgrade left something behind"

say "the same once more; not an older one, nor elsewhere; a stopped service stays stopped"
exits 0 "$work/two.exe" /S
runs || fail "the service does not run after the same version"
exits 1 "$work/one.exe" /S
grep -q 'newer' "$drive"/users/*/Temp/riposte-install.log || fail "it does not say why"
exits 1 "$work/two.exe" /S '/D=C:\Elsewhere'
[ ! -e "$drive/Elsewhere" ] || fail "it was installed elsewhere"
riposte service stop >/dev/null
exits 0 "$work/two.exe" /S
runs && fail "the upgrade started a service that was stopped"
riposte service start >/dev/null

say "a file that cannot be replaced: the old ones stay, and the service goes on"
mv "$home/active-response/bin/route-null.exe" "$work/kept"
mkdir -p "$home/active-response/bin/route-null.exe.old/full" "$home/active-response/bin/route-null.exe"
exits 1 "$work/two.exe" /S
grep -q 'cannot be replaced' "$program_log" || fail "it does not say why"
find "$home" -maxdepth 1 -name '*.old' -o -name new | grep . && fail "the failed upgrade left something behind"
runs || fail "the service does not go on"
rm -r "$home/active-response/bin/route-null.exe.old" "$home/active-response/bin/route-null.exe"
mv "$work/kept" "$home/active-response/bin/route-null.exe"

say "removal stops where something cannot be undone"
mv "$home/active-response/bin/ip-customblock.exe" "$work/kept"
uninstall 1
removal_log | grep -q 'Nothing was removed' || fail "it does not say why"
runs || fail "the service does not run on"
[ "$(registry "$programs" DisplayVersion)" = "$next" ] || fail "the entry in the list of programs is gone"
[ -e "$home/riposte.exe" ] || fail "the program is gone"
mv "$work/kept" "$home/active-response/bin/ip-customblock.exe"

say "removal undoes what is in force"
uninstall 2 /PURG
uninstall 0
[ ! -e "$drive/ipblock/203.0.113.7" ] || fail "the block outlived the removal"
[ -z "$(registry "$services" ImagePath)" ] || fail "the service is still there"
[ -z "$(registry "$programs" DisplayName)" ] || fail "the entry in the list of programs is still there"
[ "$(search_path)" = "$path_before" ] || fail "Path is not as before: $(search_path)"
removal_log | grep -q 'Uninstall.exe is left' || fail "it does not say that it is left itself"
rm "$home/Uninstall.exe"
find "$home" -name '*.exe' | grep . && fail "programs are left"
find "$home" -type f ! -name 'active-responses.log' 2>/dev/null | grep . && fail "files are left"
[ -e "$state/ledger.db" ] && cmp "$state/riposte.conf" "$work/riposte.conf" || fail "the removal took the state"
removal_log | grep -q 'is kept' || fail "it does not say what is kept"

say "purge, where files in quarantine stay"
exits 0 "$work/two.exe" /S /NOSTART
cmp "$state/riposte.conf" "$work/riposte.conf" || fail "the second installation changed riposte.conf"
runs && fail "/NOSTART started the service"
mkdir -p "$state/quarantine"
echo sample >"$state/quarantine/1"
uninstall 0 /PURGE
[ "$(cd "$state" && find . -type f)" = ./quarantine/1 ] || fail "left after a purge: $(find "$state")"
[ "$(find "$home" -type f)" = "$home/Uninstall.exe" ] || fail "left after a purge: $(find "$home")"
rm -r "$state"

say "an installation elsewhere that enrols"
# An address of this test alone, since agents ask for port 1514.
address=127.$((RANDOM % 200 + 10)).$((RANDOM % 200 + 10)).7
mkfifo "$work/commands_to_manager"
wine "$build/manager_simulator.exe" --kind wazuh4 --address $address --port 1514 --enrol-port 1600 --groups default,web \
  --password 'pass word & 100%' <"$work/commands_to_manager" >"$work/manager" 2>&1 &
exec 9>"$work/commands_to_manager"
wait_for 30 grep -q listening "$work/manager"
exits 0 "$work/two.exe" /S /MANAGER=$address /PORT=1600 '/PASSWORD=pass word & 100%' /NAME=web01 /GROUPS=web '/D=C:\Own' place
home="$drive/Own place"
program_log=$home/install.log
grep -q '100%' "$program_log" && fail "the password is in the log"
[ "$(cat "$state/authd.pass")" = 'pass word & 100%' ] || fail "authd.pass"
grep -q "<address>$address</address>" "$state/riposte.conf" || fail "no <manager> in riposte.conf"
grep -q ' web01 ' "$state/client.keys" || fail "no key of web01"
connected() { riposte status --json | grep -q '"state":"connected"'; }
wait_for 60 connected
# Not doctor, which has executables run: the console that Wine then gives the service inherits its sockets, so that one that has a manager
# does not end until the manager hangs up.
riposte status >"$work/status"
grep -q '^home *C:.Own place$' "$work/status" || { cat "$work/status"; fail "the home is not where it was installed"; }
riposte check >"$work/check" || { cat "$work/check"; fail "the configuration with a manager has errors"; }
riposte doctor >"$work/doctor" || { cat "$work/doctor"; fail "doctor finds a problem where the manager is connected"; }
riposte service stop >"$work/status" || { cat "$work/status"; fail "a service that is connected does not stop"; }
exits 0 "$home/Uninstall.exe" /S /PURGE '_?=C:\Own' place
[ ! -e "$state" ] || fail "left after a purge: $(find "$state")"
[ "$(find "$home" -type f)" = "$home/Uninstall.exe" ] || fail "left after a purge: $(find "$home")"
exec 9>&-
kill %1 2>/dev/null || true

say "a manager that cannot be reached is no failure: the service enrols later"
home="$drive/Program Files/Riposte"
program_log=$home/install.log
exits 0 "$work/two.exe" /S "/MANAGER=$address" /PORT=1601
grep -q 'not enrolled yet' "$program_log" || fail "it does not say that it is not enrolled"
grep -q "<address>$address</address>" "$state/riposte.conf" || fail "no <manager> in riposte.conf"
runs || fail "the service does not run"

say "the uninstaller as the list of programs calls it, which goes on in a process of its own"
exits 0 "$home/Uninstall.exe" /S /PURGE
wait_for 60 test ! -e "$state"
wait_for 20 test ! -e "$home"
say "Wine pretends: access lists (ProgramData, /D=), delayed start and the restart after an exit code were asked for, not seen"
say "done"
