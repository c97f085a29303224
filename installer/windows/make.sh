#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the Windows installer from a Windows build; needs makensis, and osslsigncode where it is to be signed.
#   make.sh BUILD_DIRECTORY VERSION OUTPUT
# Signed, with everything that it installs, if the environment names a certificate (cmake/windows_installer.cmake does):
#   RIPOSTE_SIGN_CERTIFICATE (PKCS#12), RIPOSTE_SIGN_PASSWORD_FILE, RIPOSTE_SIGN_TIMESTAMP_URL (no time stamp without)
# RIPOSTE_INSTALLER_QUICK=yes: for a test, a larger file in less time.
set -euo pipefail
[ $# -eq 3 ] || { sed -n '4,7s/^# \{0,1\}//p' "$0"; exit 2; }
build=$(realpath "$1") version=$2 output=$(realpath -m "$3")
here=$(dirname "$(realpath "$0")")
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

mkdir "$stage/files"
cp "$build/riposte.exe" "$here/../../LICENSE" "$here/README.txt" "$here/riposte.conf" "$stage/files/"
cp "$build"/responses/*.exe "$stage/files/"
# The files that people open with Notepad get CRLF line ends, as Notepad expects them.
sed -i 's/\r*$/\r/' "$stage"/files/{LICENSE,README.txt,riposte.conf}
mv "$stage/files/LICENSE" "$stage/files/LICENSE.txt"

sign=""
if [ -n "${RIPOSTE_SIGN_CERTIFICATE:-}" ]; then
  sign=$here/sign.sh
  for file in "$stage"/files/*.exe; do "$sign" "$file"; done
fi

# The script's list of what is installed, upgraded and removed: the directory, then the file.
{
  echo '!macro EachFile do'
  for name in riposte.exe LICENSE.txt README.txt; do echo "!insertmacro \${do} '' '$name'"; done
  for file in "$build"/responses/*.exe; do printf '%s\n' "!insertmacro \${do} 'active-response\\bin\\' '${file##*/}'"; done
  echo '!macroend'
} >"$stage/files.nsh"

# Windows wants four numbers.
numbers=$(echo "$version.0.0.0" | cut -d. -f1-4)
kilobytes=$(du -sk --apparent-size "$stage/files" | cut -f1)
# Written beside its place and then moved, so that nobody finds half of one.
makensis -V2 -WX -INPUTCHARSET UTF8 "-DVERSION=$version" "-DVERSION_NUMBERS=$numbers" "-DKILOBYTES=$kilobytes" \
  "-DSTAGE=$stage" "-DOUTPUT=$stage/installer.exe" ${sign:+"-DSIGN=$sign"} ${RIPOSTE_INSTALLER_QUICK:+-DQUICK} "$here/riposte.nsi"
mkdir -p "$(dirname "$output")"
mv "$stage/installer.exe" "$output"
