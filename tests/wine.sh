#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# wine.sh start|stop: keeps a Wine session in WINEPREFIX up from the first test to the last. Without one, each program starts and ends its own:
# that takes seconds, and services die with it. Nothing of the session may hold a pipe of CTest's, which would wait for it.
set -eu
case $1 in
  start)
    mkdir -p "$WINEPREFIX"
    wineserver -p </dev/null >/dev/null 2>&1
    wine wineboot </dev/null >/dev/null 2>&1
    ;;
  stop) wineserver -k || true ;;
esac
