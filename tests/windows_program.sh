#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# windows_program.sh OBJDUMP PROGRAM...: each is a 64-bit program for Windows with every hardening of its header, and needs no DLL but Windows' own.
set -eu
objdump=$1
shift
. ./skip.sh
skip_system=windows
command -v file >/dev/null || skip "file is not here (see cmake/packages.sh)"
own='advapi32.dll bcrypt.dll crypt32.dll iphlpapi.dll kernel32.dll mswsock.dll msvcrt.dll netapi32.dll ntdll.dll ole32.dll oleaut32.dll shell32.dll user32.dll
userenv.dll ws2_32.dll wtsapi32.dll'
failed=0
complain() { echo "$1" >&2; failed=1; }

for program in "$@"; do
  kind=$(file -b "$program")
  echo "$program: $kind"
  case $kind in PE32+*x86-64*) ;; *) complain "this is no PE32+ program for x86-64" ;; esac

  headers=$("$objdump" -p "$program")
  for flag in HIGH_ENTROPY_VA DYNAMIC_BASE NX_COMPAT; do
    case $headers in *"$flag"*) ;; *) complain "its header does not say $flag" ;; esac
  done

  imports=$(printf '%s\n' "$headers" | sed -n 's/.*DLL Name: //p' | tr '[:upper:]' '[:lower:]' | sort -u)
  [ -n "$imports" ] || complain "no imports are listed"
  echo "it imports:"
  for dll in $imports; do
    if printf '%s\n' $own | grep -qxF "$dll"; then
      echo "  $dll"
    else
      complain "  $dll, which is not one of Windows' own"
    fi
  done
done
exit $failed
