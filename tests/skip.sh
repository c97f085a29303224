# SPDX-License-Identifier: Apache-2.0
# skip() for tests that are shell scripts; sourced. A skipped test has not passed, so each skip is recorded as
# tests/support/skip.h tells: in the file that RIPOSTE_SKIPS names, by an absolute path.

# The system that the script tests: "windows" for one that runs programs of Windows.
skip_system=linux

# skip_part REASON: records that a part of the script cannot run on this machine. The reason is a fixed sentence that
# names the part.
skip_part() {
  echo "skipped: ${0##*/}: $*"
  [ -z "${RIPOSTE_SKIPS:-}" ] || echo "$skip_system | ${0##*/} | $*" >>"$RIPOSTE_SKIPS"
}

# skip REASON: the same for the script, or the rest of it, which ends here.
skip() {
  skip_part "$@"
  exit 77
}
