// SPDX-License-Identifier: Apache-2.0
// The OpenSSL functions that the protocol needs besides TLS. They use a library context of their own, so the machine's
// OpenSSL configuration (such as a policy without MD5) does not affect them. Private to src/link. All functions may be
// called by any thread.
#pragma once

#include "platform/include/result.h"
#include "src/link/secret.h"

#include <openssl/types.h>
#include <string>
#include <string_view>

namespace riposte {

// The context with OpenSSL's default algorithms; lives until the process ends.
OSSL_LIB_CTX* crypto_context();
// Loads the legacy provider (Blowfish) into it, at the first call. Error: OpenSSL has none here.
Result<void> load_legacy_algorithms();

// Lower-case hex, as the protocol has it. Error: OpenSSL refuses the digest.
Result<std::string> md5_hex(std::string_view bytes);
Result<std::string> sha1_hex(std::string_view bytes);

// AES-CMAC of 16 bytes as 32 lower-case hex digits; the key has 16, 24 or 32 bytes.
Result<std::string> aes_cmac_hex(const Secret& key, std::string_view bytes);
// HKDF with SHA-256.
Result<Secret> hkdf_sha256(const Secret& material, std::string_view salt, std::string_view info, std::size_t length);

// `what` and the reason that OpenSSL gives, whose queue of errors is emptied.
Error crypto_failure(const std::string& what);

std::string to_hex(std::string_view bytes);
// An even number of hex digits of either case.
Result<Secret> from_hex(std::string_view text);

}  // namespace riposte
