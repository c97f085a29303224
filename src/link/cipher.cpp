// SPDX-License-Identifier: Apache-2.0
#include "src/link/cipher.h"

#include "src/link/crypto.h"

#include <cstddef>
#include <memory>
#include <openssl/evp.h>

namespace riposte {
namespace {

constexpr std::size_t kAesKeyBytes = 32;
constexpr std::size_t kIvBytes = 16;
constexpr std::size_t kBlowfishBlock = 8;
constexpr std::size_t kAesBlock = 16;
constexpr unsigned char kBlowfishIv[] = {0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
constexpr unsigned char kWazuhIv[] = "FEDCBA0987654321";

struct FreeCipherContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipherContext>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

const EVP_CIPHER* aes() {
    static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(crypto_context(), "AES-256-CBC", nullptr);
    return cipher;
}

const EVP_CIPHER* blowfish() {
    static const EVP_CIPHER* const cipher =
        load_legacy_algorithms() ? EVP_CIPHER_fetch(crypto_context(), "BF-CBC", nullptr) : nullptr;
    return cipher;
}

enum class Direction { Decrypt = 0, Encrypt = 1 };

bool set_up(EVP_CIPHER_CTX* context, Cipher cipher, const Secret& key, const unsigned char* iv, Direction direction) {
    const int encrypts = static_cast<int>(direction);
    if (cipher != Cipher::Blowfish)
        return EVP_CipherInit_ex2(context, aes(), bytes_of(key.view()), iv, encrypts, nullptr) == 1;
    // The length of the key is told before the key.
    return EVP_CipherInit_ex2(context, blowfish(), nullptr, nullptr, encrypts, nullptr) == 1 &&
           EVP_CIPHER_CTX_set_key_length(context, static_cast<int>(key.size())) == 1 &&
           EVP_CipherInit_ex2(context, nullptr, bytes_of(key.view()), iv, encrypts, nullptr) == 1 &&
           EVP_CIPHER_CTX_set_padding(context, 0) == 1;
}

// Appends to `out`.
bool run(std::string& out, Cipher cipher, const Secret& key, const unsigned char* iv, std::string_view in,
         Direction direction) {
    const CipherContext context(EVP_CIPHER_CTX_new());
    if (!context || !set_up(context.get(), cipher, key, iv, direction)) return false;
    const std::size_t start = out.size();
    out.resize(start + in.size() + kAesBlock);
    auto* const to = reinterpret_cast<unsigned char*>(out.data() + start);
    int written = 0, last = 0;
    if (EVP_CipherUpdate(context.get(), to, &written, bytes_of(in), static_cast<int>(in.size())) != 1 ||
        EVP_CipherFinal_ex(context.get(), to + written, &last) != 1) {
        return false;
    }
    out.resize(start + static_cast<std::size_t>(written) + static_cast<std::size_t>(last));
    return true;
}

const unsigned char* fixed_iv(Cipher cipher) {
    return cipher == Cipher::Blowfish ? kBlowfishIv : kWazuhIv;
}

Result<void> check_use(Cipher cipher, const Secret& key, std::size_t bytes) {
    if (auto available = check_cipher(cipher); !available) return available.error();
    if (key.size() < kAesKeyBytes) return failure("the cipher's key is too short");
    if (bytes > kMaxCipherBytes) return failure("the text is too long to be encrypted");
    return {};
}

}  // namespace

std::string_view cipher_name(Cipher cipher) {
    switch (cipher) {
        case Cipher::Blowfish:
            return "blowfish";
        case Cipher::AesWazuh:
            return "aes";
        case Cipher::AesOssec:
            break;
    }
    return "aes-iv";
}

Result<void> check_cipher(Cipher cipher) {
    if (cipher == Cipher::Blowfish) {
        if (auto loaded = load_legacy_algorithms(); !loaded) return loaded;
        if (blowfish() == nullptr) return failure(std::errc::not_supported, "find Blowfish in OpenSSL");
    } else if (aes() == nullptr) {
        return failure(std::errc::not_supported, "find AES-256-CBC in OpenSSL");
    }
    return {};
}

Result<std::string> encrypt(Cipher cipher, const Secret& key, const CipherIv& iv, std::string_view plain) {
    if (auto usable = check_use(cipher, key, plain.size()); !usable) return usable.error();
    std::string out;
    out.reserve(kIvBytes + plain.size() + kAesBlock);
    if (cipher == Cipher::AesOssec) out.assign(reinterpret_cast<const char*>(iv.data()), iv.size());
    const unsigned char* const start = cipher == Cipher::AesOssec ? iv.data() : fixed_iv(cipher);
    if (!run(out, cipher, key, start, plain, Direction::Encrypt))
        return crypto_failure("encrypt with " + std::string(cipher_name(cipher)));
    return out;
}

Result<std::string> decrypt(Cipher cipher, const Secret& key, std::string_view sealed) {
    if (auto usable = check_use(cipher, key, sealed.size()); !usable) return usable.error();
    if (!is_cipher_length(cipher, sealed.size())) return failure("no whole number of the cipher's blocks");
    const unsigned char* iv = fixed_iv(cipher);
    if (cipher == Cipher::AesOssec) {
        iv = bytes_of(sealed);
        sealed.remove_prefix(kIvBytes);
    }
    std::string out;
    if (!run(out, cipher, key, iv, sealed, Direction::Decrypt))
        return crypto_failure("decrypt with " + std::string(cipher_name(cipher)));
    return out;
}

bool is_cipher_length(Cipher cipher, std::size_t bytes) {
    if (cipher == Cipher::Blowfish) return bytes > 0 && bytes % kBlowfishBlock == 0;
    const std::size_t least = cipher == Cipher::AesOssec ? kIvBytes + kAesBlock : kAesBlock;
    return bytes >= least && bytes % kAesBlock == 0;
}

}  // namespace riposte
