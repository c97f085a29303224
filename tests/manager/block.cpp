// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/block.h"

#include "tests/manager/cipher.h"

#include <charconv>
#include <cstdio>
#include <stdexcept>
#include <zlib.h>

namespace riposte::simulator {
namespace {

constexpr std::string_view kAesMarker = "#AES:";
constexpr std::size_t kChecksum = 32;
constexpr std::size_t kGlobalAt = 37;
constexpr std::size_t kFirstColon = 47;
constexpr std::size_t kSecondColon = 52;
constexpr std::uint32_t kLastLocal = 9997;

std::optional<std::string> inflated(std::string_view stream) {
    std::string bytes(kLargestBlock, '\0');
    uLongf size = bytes.size();
    if (uncompress(reinterpret_cast<Bytef*>(bytes.data()), &size, reinterpret_cast<const Bytef*>(stream.data()),
                   stream.size()) != Z_OK)
        return std::nullopt;
    bytes.resize(size);
    return bytes;
}

std::optional<std::uint32_t> number_in(std::string_view digits) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

std::optional<Opened> read_inner(const std::string& inner, Method method) {
    const std::string_view text = inner;
    if (text.size() <= kSecondColon || text[kFirstColon] != ':' || text[kSecondColon] != ':') return std::nullopt;
    if (md5_hex(text.substr(kChecksum)) != text.substr(0, kChecksum)) return std::nullopt;
    const auto global = number_in(text.substr(kGlobalAt, kFirstColon - kGlobalAt));
    const auto local = number_in(text.substr(kFirstColon + 1, kSecondColon - kFirstColon - 1));
    if (!global || !local) return std::nullopt;
    return Opened{method, {*global, *local}, std::string(text.substr(kSecondColon + 1))};
}

}  // namespace

void Counter::advance() {
    if (local >= kLastLocal) {
        local = 0;
        ++global;
    }
    ++local;
}

std::optional<Opened> open_block(std::string_view block, const std::string& key_text, Method aes) {
    Method method = Method::Blowfish;
    if (block.starts_with(kAesMarker)) {
        method = aes;
        block.remove_prefix(kAesMarker.size());
    } else if (block.starts_with(':')) {
        block.remove_prefix(1);
    } else {
        return std::nullopt;
    }
    const auto plain = decipher(method, key_text, block);
    if (!plain || !plain->starts_with('!')) return std::nullopt;
    const std::size_t stream = plain->find_first_not_of('!');
    if (stream == std::string::npos) return std::nullopt;
    const auto inner = inflated(std::string_view(*plain).substr(stream));
    return inner ? read_inner(*inner, method) : std::nullopt;
}

std::string inner_text(std::string_view payload, Counter counter, unsigned random) {
    char head[32];
    std::snprintf(head, sizeof head, "%05u%010u:%04u:", random, static_cast<unsigned>(counter.global),
                  static_cast<unsigned>(counter.local));
    const std::string body = head + std::string(payload);
    return md5_hex(body) + body;
}

std::string compress(std::string_view bytes) {
    std::string stream(compressBound(bytes.size()), '\0');
    uLongf size = stream.size();
    if (compress2(reinterpret_cast<Bytef*>(stream.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                  bytes.size(), Z_BEST_COMPRESSION) != Z_OK)
        throw std::runtime_error("compress2 failed");
    stream.resize(size);
    return stream;
}

std::string seal_compressed(std::string_view compressed, const std::string& key_text, Method method,
                            std::string_view iv) {
    const std::string plain = std::string(8 - compressed.size() % 8, '!') + std::string(compressed);
    const std::string marker = method == Method::Blowfish ? ":" : std::string(kAesMarker);
    return marker + encipher(method, key_text, plain, iv);
}

std::string seal_block(std::string_view payload, const std::string& key_text, Method method, Counter counter) {
    const std::string drawn = random_bytes(18);
    const unsigned random = static_cast<unsigned char>(drawn[16]) * 256U + static_cast<unsigned char>(drawn[17]);
    return seal_compressed(compress(inner_text(payload, counter, random)), key_text, method,
                           std::string_view(drawn).substr(0, 16));
}

}  // namespace riposte::simulator
