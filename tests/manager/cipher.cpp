// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/cipher.h"

// The legacy provider is a file of its own that a system may lack; these functions are always in the library.
#include <array>
#include <memory>
#include <openssl/blowfish.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdexcept>

namespace riposte::simulator {
namespace {

constexpr std::size_t kAesBlock = 16;
constexpr std::size_t kAesKey = 32;
constexpr std::string_view kWazuhIv = "FEDCBA0987654321";
constexpr std::array<unsigned char, 8> kBlowfishIv{0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

const unsigned char* unsigned_bytes(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* unsigned_bytes(std::string& bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

std::string digest_hex(const EVP_MD* digest, std::string_view bytes) {
    std::string made(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), unsigned_bytes(made), &size, digest, nullptr) != 1)
        throw std::runtime_error("EVP_Digest failed");
    made.resize(size);
    return hex(made);
}

std::optional<std::string> aes(bool enciphers, const std::string& key, std::string_view bytes, std::string_view iv) {
    const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
    if (!context || EVP_CipherInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, unsigned_bytes(key),
                                      unsigned_bytes(iv), enciphers ? 1 : 0) != 1)
        throw std::runtime_error("AES is not available");
    std::string made(bytes.size() + kAesBlock, '\0');
    int size = 0;
    int rest = 0;
    if (EVP_CipherUpdate(context.get(), unsigned_bytes(made), &size, unsigned_bytes(bytes),
                         static_cast<int>(bytes.size())) != 1 ||
        EVP_CipherFinal_ex(context.get(), unsigned_bytes(made) + size, &rest) != 1)
        return std::nullopt;
    made.resize(static_cast<std::size_t>(size + rest));
    return made;
}

std::string blowfish(int direction, const std::string& key_text, std::string_view bytes) {
    BF_KEY key;
    BF_set_key(&key, static_cast<int>(key_text.size()), unsigned_bytes(std::string_view(key_text)));
    auto iv = kBlowfishIv;
    std::string made(bytes.size(), '\0');
    BF_cbc_encrypt(unsigned_bytes(bytes), unsigned_bytes(made), static_cast<long>(bytes.size()), &key, iv.data(),
                   direction);
    return made;
}

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

}  // namespace

std::string hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        text += kDigits[static_cast<unsigned char>(byte) >> 4U];
        text += kDigits[static_cast<unsigned char>(byte) & 15U];
    }
    return text;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

std::string md5_hex(std::string_view bytes) {
    return digest_hex(EVP_md5(), bytes);
}

std::string sha1_hex(std::string_view bytes) {
    return digest_hex(EVP_sha1(), bytes);
}

std::string sha256_hex(std::string_view bytes) {
    return digest_hex(EVP_sha256(), bytes);
}

std::string random_bytes(std::size_t count) {
    std::string made(count, '\0');
    if (RAND_bytes(unsigned_bytes(made), static_cast<int>(count)) != 1) throw std::runtime_error("RAND_bytes failed");
    return made;
}

std::string key_text(const KeyEntry& entry) {
    return md5_hex(entry.key) + md5_hex(md5_hex(entry.name) + md5_hex(entry.id)).substr(0, 15);
}

std::string encipher(Method method, const std::string& key_text, std::string_view plain, std::string_view iv) {
    if (method == Method::Blowfish) return blowfish(BF_ENCRYPT, key_text, plain);
    const std::string_view used = method == Method::AesIv ? iv : kWazuhIv;
    const auto made = aes(true, key_text.substr(0, kAesKey), plain, used);
    if (!made) throw std::runtime_error("AES failed");
    return method == Method::AesIv ? std::string(iv) + *made : *made;
}

std::optional<std::string> decipher(Method method, const std::string& key_text, std::string_view enciphered) {
    if (method == Method::Blowfish) {
        if (enciphered.empty() || enciphered.size() % 8 != 0) return std::nullopt;
        return blowfish(BF_DECRYPT, key_text, enciphered);
    }
    std::string_view iv = kWazuhIv;
    if (method == Method::AesIv) {
        if (enciphered.size() < kAesBlock) return std::nullopt;
        iv = enciphered.substr(0, kAesBlock);
        enciphered.remove_prefix(kAesBlock);
    }
    if (enciphered.empty() || enciphered.size() % kAesBlock != 0) return std::nullopt;
    return aes(false, key_text.substr(0, kAesKey), enciphered, iv);
}

}  // namespace riposte::simulator
