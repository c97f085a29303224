// SPDX-License-Identifier: Apache-2.0
#include "src/link/crypto.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>

namespace riposte {
namespace {

struct FreeMac {
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
    void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
    void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeMac>;

// Never freed: another thread may still use it while the process ends.
OSSL_LIB_CTX* make_context() {
    OSSL_LIB_CTX* context = OSSL_LIB_CTX_new();
    // Named, since loading "legacy" would otherwise switch off that it is loaded by itself.
    if (context != nullptr) OSSL_PROVIDER_load(context, "default");
    return context;
}

Result<std::string> digest_hex(const EVP_MD* digest, const char* name, std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned int length = 0;
    if (digest == nullptr || EVP_Digest(bytes.data(), bytes.size(), out.data(), &length, digest, nullptr) != 1)
        return crypto_failure(std::string("compute ") + name);
    return to_hex({reinterpret_cast<const char*>(out.data()), length});
}

const char* cbc_name(std::size_t key_bytes) {
    switch (key_bytes) {
        case 16:
            return "AES-128-CBC";
        case 24:
            return "AES-192-CBC";
        case 32:
            return "AES-256-CBC";
        default:
            return nullptr;
    }
}

// OpenSSL's parameters are not const, though it only reads them.
OSSL_PARAM octets(const char* name, std::string_view bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()), bytes.size());
}
OSSL_PARAM word(const char* name, const char* value) {
    return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(value), 0);
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

OSSL_LIB_CTX* crypto_context() {
    static OSSL_LIB_CTX* const context = make_context();
    return context;
}

Result<void> load_legacy_algorithms() {
    static const bool loaded = crypto_context() != nullptr && OSSL_PROVIDER_load(crypto_context(), "legacy") != nullptr;
    if (loaded) return {};
    ERR_clear_error();
    return failure(std::errc::not_supported,
                   "load OpenSSL's legacy provider, which has Blowfish (install it, or set crypto_method to aes)");
}

Result<std::string> md5_hex(std::string_view bytes) {
    static const EVP_MD* const digest = EVP_MD_fetch(crypto_context(), "MD5", nullptr);
    return digest_hex(digest, "MD5", bytes);
}

Result<std::string> sha1_hex(std::string_view bytes) {
    static const EVP_MD* const digest = EVP_MD_fetch(crypto_context(), "SHA1", nullptr);
    return digest_hex(digest, "SHA-1", bytes);
}

Result<std::string> aes_cmac_hex(const Secret& key, std::string_view bytes) {
    const char* const cipher = cbc_name(key.size());
    if (cipher == nullptr) return failure("a key of " + std::to_string(key.size()) + " bytes is none of AES");
    const Owned<EVP_MAC> mac(EVP_MAC_fetch(crypto_context(), "CMAC", nullptr));
    const Owned<EVP_MAC_CTX> context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
    const std::array<OSSL_PARAM, 2> parameters{word(OSSL_MAC_PARAM_CIPHER, cipher), OSSL_PARAM_construct_end()};
    std::array<unsigned char, 16> out{};
    std::size_t length = 0;
    const auto* const key_bytes = reinterpret_cast<const unsigned char*>(key.view().data());
    if (!context || EVP_MAC_init(context.get(), key_bytes, key.size(), parameters.data()) != 1 ||
        EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) != 1 ||
        EVP_MAC_final(context.get(), out.data(), &length, out.size()) != 1) {
        return crypto_failure("compute AES-CMAC");
    }
    return to_hex({reinterpret_cast<const char*>(out.data()), length});
}

Result<Secret> hkdf_sha256(const Secret& material, std::string_view salt, std::string_view info, std::size_t length) {
    const Owned<EVP_KDF> kdf(EVP_KDF_fetch(crypto_context(), "HKDF", nullptr));
    const Owned<EVP_KDF_CTX> context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
    const std::array<OSSL_PARAM, 5> parameters{
        word(OSSL_KDF_PARAM_DIGEST, "SHA256"), octets(OSSL_KDF_PARAM_KEY, material.view()),
        octets(OSSL_KDF_PARAM_SALT, salt), octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
    std::vector<unsigned char, WipingAllocator<unsigned char>> out(length);
    if (!context || EVP_KDF_derive(context.get(), out.data(), out.size(), parameters.data()) != 1)
        return crypto_failure("derive a key with HKDF");
    return Secret({reinterpret_cast<const char*>(out.data()), out.size()});
}

Error crypto_failure(const std::string& what) {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return failure(what + ": " + (reason == nullptr ? "OpenSSL refuses it" : reason));
}

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        text += kDigits[byte >> 4];
        text += kDigits[byte & 0xF];
    }
    return text;
}

Result<Secret> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return failure("an odd number of hex digits");
    std::vector<char, WipingAllocator<char>> bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]), low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return failure("not hex");
        bytes.push_back(static_cast<char>(high * 16 + low));
    }
    return Secret({bytes.data(), bytes.size()});
}

}  // namespace riposte
