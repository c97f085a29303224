#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# windows_deps.sh: which sources cmake/windows-deps.sh takes, and which it refuses, shown with a small Debian archive of this test's own: signed
# with a key made for it, with stand-ins for the source packages. Nothing is built; neither root nor a network is needed.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/installed.sh
for tool in apt-get dpkg gpg gpgv flock; do command -v $tool >/dev/null || skip "$tool is not here (see cmake/packages.sh)"; done

work=$(mktemp -d)
trap 'gpgconf --homedir "$work/keys" --kill all 2>/dev/null || true; rm -rf "$work"' EXIT
archive=$work/archive
mkdir -m 700 "$work/keys"
export RIPOSTE_WINDOWS_CACHE=$work/cache APT_CONFIG=$work/apt.conf
# A machine that takes what is not signed: the script must not.
cat >"$APT_CONFIG" <<END
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "$work/sources.list.d";
APT::Get::AllowUnauthenticated "true";
Acquire::AllowInsecureRepositories "true";
END

# ---- the archive ----

make_key() { gpg --homedir "$work/keys" --batch --quiet --passphrase '' --quick-generate-key "$1" ed25519 sign never 2>"$work/gpg.log"; }

# size_and_sum FILE: as an index has them
size_and_sum() { echo "$(sha256sum "$1" | cut -d ' ' -f 1) $(stat -c %s "$1")"; }

# stand_in NAME VERSION: a source package of three small files
stand_in() {
  local name=$1 version=${2#*:} directory=pool/main/$1 file
  local files=("${name}_${version%-*}.orig.tar.gz" "${name}_$version.debian.tar.xz")
  mkdir -p "$archive/$directory"
  for file in "${files[@]}"; do echo "stand-in for $file" >"$archive/$directory/$file"; done
  printf 'Format: 3.0 (quilt)\nSource: %s\nVersion: %s\n' "$name" "$2" >"$archive/$directory/${name}_$version.dsc"
  {
    printf 'Package: %s\nBinary: %s\nVersion: %s\nFormat: 3.0 (quilt)\nDirectory: %s\nChecksums-Sha256:\n' "$name" "$name-dev" "$2" "$directory"
    for file in "${name}_$version.dsc" "${files[@]}"; do echo " $(size_and_sum "$archive/$directory/$file") $file"; done
    echo
  } >>"$archive/lists/$name"
}

# sign KEY: writes the Release file of what the index lists now
sign() {
  local release=$archive/dists/bookworm/Release
  {
    printf 'Origin: Test\nSuite: oldstable\nCodename: bookworm\nComponents: main\nArchitectures: amd64\nDate: %s\nSHA256:\n' "$(date -Ru)"
    echo " $(size_and_sum "$archive/dists/bookworm/main/source/Sources") main/source/Sources"
  } >"$release"
  rm -f "$archive/dists/bookworm/InRelease"
  gpg --homedir "$work/keys" --batch --quiet --local-user "$1" --clearsign --output "$archive/dists/bookworm/InRelease" "$release"
}

# archive_of NAME=VERSION...: an archive that lists the tested versions, or in the place of each NAME the versions that are given ("NAME=" alone: none)
archive_of() {
  local change
  rm -rf "$archive" "$RIPOSTE_WINDOWS_CACHE" "$work"/sources.list*
  cp -r "$work/tested" "$archive"
  for change; do rm -f "$archive/lists/${change%%=*}"; done
  for change; do [ -z "${change#*=}" ] || stand_in "${change%%=*}" "${change#*=}"; done
  cat "$archive"/lists/* >"$archive/dists/bookworm/main/source/Sources"
  sign right@test
  mkdir "$work/sources.list.d"
  cat >"$work/sources.list.d/test.sources" <<END
Types: deb
URIs: copy:$archive
Suites: bookworm
Components: main
Signed-By: $work/right.gpg
END
}

# ---- what is expected ----

fetches() { cmake/windows-deps.sh --fetch >"$work/output" 2>&1 || { cat "$work/output"; fail "$1: it was refused"; }; }
says() { grep -qF -e "$2" "$work/output" || { cat "$work/output"; fail "$1: not said: $2"; }; }
says_nothing_of() { ! grep -qE -e "$2" "$work/output" || { cat "$work/output"; fail "$1: said: $2"; }; }
# takes CLAIM NAME=VERSION...
takes() {
  local claim=$1 package files version file
  shift
  for package; do
    files=$RIPOSTE_WINDOWS_CACHE/windows-sources/${package%%=*}_
    version=${package#*=} version=${version#*:}
    says "$claim" "${package%%=*} ${package#*=}"
    for file in "$files$version.dsc" "$files$version.debian.tar.xz" "$files${version%-*}.orig.tar.gz"; do
      [ -s "$file" ] || fail "$claim: no file $file"
    done
  done
}
# refuses CLAIM WORD...: each is said, and nothing was taken
refuses() {
  local claim=$1 before word
  shift
  before=$(cmake/windows-deps.sh --prefix)
  ! cmake/windows-deps.sh --fetch >"$work/output" 2>&1 || { cat "$work/output"; fail "$claim: it was taken"; }
  for word in "$@" Remedy:; do says "$claim" "$word"; done
  [ "$(cmake/windows-deps.sh --prefix)" = "$before" ] || fail "$claim: there is another prefix now"
  ! compgen -G "$RIPOSTE_WINDOWS_CACHE/windows-sources/taken-*" >/dev/null || fail "$claim: versions were taken"
  say "$claim"
}

tested=$(sed -n "/^tested='/,/^'/p" cmake/windows-deps.sh | sed '1d;$d')
[ -n "$tested" ] || fail "cmake/windows-deps.sh has no table of tested versions"
tested_openssl=$(awk '$1 == "openssl" { print $2 }' <<<"$tested")
tested_expat=$(awk '$1 == "expat" { print $2 }' <<<"$tested")
tested_sqlite=$(awk '$1 == "sqlite3" { print $2 }' <<<"$tested")
make_key right@test
make_key wrong@test
gpg --homedir "$work/keys" --export right@test >"$work/right.gpg"
mkdir -p "$archive"/{lists,pool,dists/bookworm/main/source}
while read -r name version _; do stand_in "$name" "$version"; done <<<"$tested"
mv "$archive" "$work/tested"

# ---- what is taken ----

claim="tested versions are taken silently"
archive_of
tested_prefix=$(cmake/windows-deps.sh --prefix)
fetches "$claim"
while read -r name version _; do takes "$claim" "$name=$version"; done <<<"$tested"
says_nothing_of "$claim" 'newer|OLDER|Remedy'
[ "$(cmake/windows-deps.sh --prefix)" = "$tested_prefix" ] || fail "$claim: fetching them changed the prefix"
say "$claim"

claim="a newer version of the tested series is taken in its place, and that is said"
archive_of openssl=3.0.99-1~deb12u1 "expat=${tested_expat%-*}-99"
fetches "$claim"
takes "$claim" openssl=3.0.99-1~deb12u1 "expat=${tested_expat%-*}-99" "sqlite3=$tested_sqlite"
says "$claim" "openssl 3.0.99-1~deb12u1: newer than $tested_openssl, which is tested"
says "$claim" "expat ${tested_expat%-*}-99: newer than $tested_expat, which is tested"
says_nothing_of "$claim" 'sqlite3.*newer'
newer_prefix=$(cmake/windows-deps.sh --prefix)
[ "$newer_prefix" != "$tested_prefix" ] || fail "$claim: the prefix is that of the tested versions"
say "$claim, in another prefix"

claim="the newest of several is taken"
archive_of openssl=3.0.9-1 openssl=3.0.99-1~deb12u1 openssl=3.0.100-1~deb12u1 openssl=3.1.0-1
fetches "$claim"
takes "$claim" openssl=3.0.100-1~deb12u1
[ ! -e "$RIPOSTE_WINDOWS_CACHE/windows-sources/openssl_3.0.99-1~deb12u1.dsc" ] || fail "$claim: an older one too"
[ "$(cmake/windows-deps.sh --prefix)" != "$newer_prefix" ] || fail "$claim: the prefix is that of other versions"
say "$claim"

claim="what is listed but not served gives way to the next"
archive_of "openssl=$tested_openssl" openssl=3.0.99-1~deb12u1
rm "$archive/pool/main/openssl/openssl_3.0.99-1~deb12u1.debian.tar.xz"
fetches "$claim"
says "$claim" "openssl 3.0.99-1~deb12u1 is listed, but the mirror does not have it"
takes "$claim" "openssl=$tested_openssl"
[ "$(cmake/windows-deps.sh --prefix)" = "$tested_prefix" ] || fail "$claim: the prefix is not that of the version taken"
say "$claim"

claim="an older version is taken if there is no other, and that is said"
archive_of openssl=3.0.1-1
fetches "$claim"
takes "$claim" openssl=3.0.1-1
says "$claim" "openssl 3.0.1-1: OLDER than $tested_openssl, which is tested"
say "$claim"

claim="the one-line style of sources is understood"
archive_of
rm "$work/sources.list.d/test.sources"
echo "deb [signed-by=$work/right.gpg] copy:$archive bookworm main" >"$work/sources.list"
fetches "$claim"
takes "$claim" "openssl=$tested_openssl"
say "$claim"

# ---- what is refused ----

archive_of openssl=3.5.1-1
refuses "another upstream series is refused" "openssl: none of the series 3.0.*" "$tested_openssl is tested" "the index lists: 3.5.1-1"
archive_of sqlite3=3.40.2-1
refuses "another upstream version is refused" "sqlite3: none of the series" "$tested_sqlite is tested" "the index lists: 3.40.2-1"
archive_of sqlite3=
refuses "a package that is not listed is missed" "sqlite3: none of the series" "the index lists: nothing"

archive_of
rm "$archive/dists/bookworm/InRelease"
refuses "an index without a signature is refused" "is not signed"
echo "Trusted: yes" >>"$work/sources.list.d/test.sources"
refuses "an index without a signature is refused though the machine trusts it" "is not signed"
rm "$work/sources.list.d/test.sources"
for options in trusted=yes "allow-insecure=yes arch=amd64 Trusted=yes"; do
  echo "deb [$options] copy:$archive bookworm main" >"$work/sources.list"
  refuses "an index without a signature is refused though the machine has [$options]" "is not signed"
done

archive_of
sign wrong@test
refuses "an index signed with another key is refused" "is not signed"
archive_of
sed -i 's/^Codename: .*/&\nDescription: changed/' "$archive/dists/bookworm/InRelease"
refuses "an index changed after it was signed is refused" "is not signed"
archive_of
echo >>"$archive/dists/bookworm/main/source/Sources"
refuses "a list that is not what was signed is refused" "cannot get a package index"

archive_of openssl=3.0.99-1~deb12u1 "openssl=$tested_openssl"
file=$archive/pool/main/openssl/openssl_3.0.99-1~deb12u1.debian.tar.xz
sed -i 's/stand-in/changed!/' "$file"  # of the same size
refuses "a file that is not what the index describes is refused, and no older one is taken" "openssl 3.0.99-1~deb12u1" "Hash Sum mismatch"
says_nothing_of "a changed file" "openssl $tested_openssl\$"

# ---- the cache ----

claim="what is built is used without asking the mirror"
archive_of openssl=3.0.99-1~deb12u1
fetches "$claim"
rm -rf "$archive"
mkdir "$(cmake/windows-deps.sh --prefix)"
cmake/windows-deps.sh >"$work/output" 2>&1 || { cat "$work/output"; fail "$claim"; }
[ ! -s "$work/output" ] || { cat "$work/output"; fail "$claim: it did something"; }
say "$claim"

claim="a second run waits for the first"
archive_of
mkdir -p "$RIPOSTE_WINDOWS_CACHE"
exec 8>"$RIPOSTE_WINDOWS_CACHE/windows.lock"
flock 8
cmake/windows-deps.sh --fetch >"$work/output" 2>&1 8>&- &
wait_for 20 grep -q "waiting for another run" "$work/output"
! compgen -G "$RIPOSTE_WINDOWS_CACHE/windows-sources/*" >/dev/null || fail "$claim: it has fetched"
exec 8>&-
wait $! || { cat "$work/output"; fail "$claim: it failed"; }
takes "$claim" "openssl=$tested_openssl"
says "$claim" "up to date"
say "$claim"
