// SPDX-License-Identifier: Apache-2.0
// Poco's SHA-256 (Foundation, which is linked anyway) with the result as text. Private to platform.
#pragma once

#include <Poco/SHA2Engine.h>

#include <cstddef>
#include <string>

namespace riposte {

class Sha256 {
  public:
    void add(const void* data, std::size_t size) { engine_.update(data, size); }
    // 64 hexadecimal digits. Once.
    std::string finish() { return Poco::DigestEngine::digestToHex(engine_.digest()); }

  private:
    Poco::SHA2Engine engine_{Poco::SHA2Engine::SHA_256};
};

}  // namespace riposte
