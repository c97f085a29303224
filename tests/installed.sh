# SPDX-License-Identifier: Apache-2.0
# Functions that the tests of packages and of the scripts in cmake/ share. make_root logs into $work, a directory of the test's own.
. "$(dirname "${BASH_SOURCE[0]}")/skip.sh"

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }

# wait_for SECONDS COMMAND...
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || fail "waited for: $*"; sleep 0.1; done
}

# need_tools PROGRAM...: skips where one is missing, or where this is not root
need_tools() {
  [ "$(id -u)" -eq 0 ] || skip "this needs root"
  local tool
  for tool in "$@"; do command -v "$tool" >/dev/null || skip "$tool is not here (see cmake/packages.sh)"; done
}

# make_root DIRECTORY DEB [PACKAGE]...: a root of this machine's own distribution and mirror, with what DEB depends on.
# It takes a minute or two to make, so it is kept below RIPOSTE_CACHE (default: ~/.cache/riposte).
make_root() {
  local root=$1 deb=$2 site codename needs caches base cache
  shift 2
  site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n 1)
  [ -n "$site" ] || skip "apt has no list of packages: apt-get update"
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  needs=$(dpkg-deb -f "$deb" Depends | sed 's/([^)]*)//g; s/|[^,]*//g; s/ //g')
  caches=${RIPOSTE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/riposte}
  base=$caches/root-$codename-$(echo "$site $needs" | sha256sum | cut -c1-12).tar
  cache=$caches/root-$codename-$(echo "$site $needs $*" | sha256sum | cut -c1-12).tar
  mkdir -p "$root" "$caches"
  if [ -e "$cache" ]; then
    tar -C "$root" -xpf "$cache"
    return
  fi
  if [ -e "$base" ]; then
    tar -C "$root" -xpf "$base"
  else
    mmdebstrap --variant=minbase --include="$needs" "$codename" "$root" "$site" >"$work/root.log" 2>&1 ||
      { tail "$work/root.log"; skip "mmdebstrap cannot make a root from this machine's mirror"; }
    keep_root "$root" "$base"
  fi
  [ $# -gt 0 ] || return 0
  chroot "$root" sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"' sh "$@" >"$work/root.log" 2>&1 ||
    { tail "$work/root.log"; skip "$* cannot be installed from this machine's mirror"; }
  keep_root "$root" "$cache"
}

# keep_root DIRECTORY FILE: without the packages that were downloaded.
keep_root() {
  rm -f "$1"/var/cache/apt/archives/*.deb
  tar -C "$1" -cf "$2.$$" . && mv "$2.$$" "$2"
}
