#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs in the container as a unit of its own (see tests/booted.sh): the part of the test that file `part` names.
set -euo pipefail
cd "$(dirname "$0")"
. ./steps.sh
trap 'code=$?; [ $code -eq 0 ] || what_was_wrong' EXIT
part=$(cat part)
. "./$part.sh"
touch done
