#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sign.sh FILE: signs it in place, with the certificate that make.sh tells of.
set -eu
signed=$1.signed
rm -f "$signed"
osslsigncode sign -pkcs12 "$RIPOSTE_SIGN_CERTIFICATE" \
  ${RIPOSTE_SIGN_PASSWORD_FILE:+-readpass "$RIPOSTE_SIGN_PASSWORD_FILE"} \
  ${RIPOSTE_SIGN_TIMESTAMP_URL:+-ts "$RIPOSTE_SIGN_TIMESTAMP_URL"} \
  -h sha256 -n Riposte -in "$1" -out "$signed" >/dev/null
mv "$signed" "$1"
