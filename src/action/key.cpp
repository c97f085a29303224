// SPDX-License-Identifier: Apache-2.0
#include "src/action/key.h"

#include <Poco/SHA2Engine.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace riposte {

namespace {

void update_number(Poco::SHA2Engine& engine, std::uint64_t number) {
    std::array<std::uint8_t, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
    engine.update(bytes.data(), bytes.size());
}

void update_text(Poco::SHA2Engine& engine, std::string_view text) {
    update_number(engine, text.size());
    engine.update(text.data(), text.size());
}

}  // namespace

Key::Digest Key::digest() const {
    Poco::SHA2Engine engine(Poco::SHA2Engine::SHA_256);
    update_text(engine, executable);
    update_number(engine, static_cast<std::uint64_t>(kind));
    update_number(engine, values.size());
    for (const std::string& value : values) update_text(engine, value);
    const auto& bytes = engine.digest();
    Digest digest{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), digest.size()), digest.begin());
    return digest;
}

}  // namespace riposte
