// SPDX-License-Identifier: Apache-2.0
#include "src/link/secret.h"

#include <openssl/crypto.h>

namespace riposte {

void wipe(void* memory, std::size_t bytes) {
    OPENSSL_cleanse(memory, bytes);
}

void wipe(std::string& text) {
    wipe(text.data(), text.size());
    text.clear();
}

}  // namespace riposte
