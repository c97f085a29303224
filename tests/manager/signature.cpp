// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/signature.h"

#include "tests/manager/cipher.h"

#include <charconv>
#include <memory>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdexcept>

namespace riposte::simulator {
namespace {

constexpr std::int64_t kMostBehind = 300;
constexpr std::int64_t kMostAhead = 30;

struct FreeMac {
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
    void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
    void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};

std::string cipher_for(std::size_t key_size) {
    switch (key_size) {
        case 16:
            return "AES-128-CBC";
        case 24:
            return "AES-192-CBC";
        case 32:
            return "AES-256-CBC";
        default:
            return {};
    }
}

const unsigned char* mac_input(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

std::optional<std::string> cmac_hex(std::string_view key, std::string_view text) {
    std::string cipher = cipher_for(key.size());
    if (cipher.empty()) return std::nullopt;
    const std::unique_ptr<EVP_MAC, FreeMac> mac(EVP_MAC_fetch(nullptr, "CMAC", nullptr));
    const std::unique_ptr<EVP_MAC_CTX, FreeMac> context(EVP_MAC_CTX_new(mac.get()));
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher.data(), 0),
                                     OSSL_PARAM_construct_end()};
    std::string made(16, '\0');
    std::size_t size = 0;
    if (!context || EVP_MAC_init(context.get(), mac_input(key), key.size(), parameters) != 1 ||
        EVP_MAC_update(context.get(), mac_input(text), text.size()) != 1 ||
        EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size, made.size()) != 1)
        throw std::runtime_error("CMAC failed");
    return hex(made);
}

std::string enrolment_key(std::string_view password) {
    std::string secret(password);
    std::string salt(32, '\0');
    std::string info = "WAZUH-ENROLL-CMAC-KEY\x01";
    std::string digest = "SHA256";
    const std::unique_ptr<EVP_KDF, FreeMac> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    const std::unique_ptr<EVP_KDF_CTX, FreeMac> context(EVP_KDF_CTX_new(kdf.get()));
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret.data(), secret.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()), OSSL_PARAM_construct_end()};
    std::string key(32, '\0');
    if (!context ||
        EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(key.data()), key.size(), parameters) != 1)
        throw std::runtime_error("HKDF failed");
    return key;
}

std::string request_text(std::string_view method, std::string_view target, std::string_view id,
                         std::string_view timestamp, std::string_view body) {
    std::string text = "WAZUH-REQUEST\n1\n";
    for (const std::string_view part : {method, target, id, timestamp}) text.append(part).append("\n");
    return text.append(body);
}

std::string enrolment_text(std::string_view timestamp, std::string_view body) {
    return std::string("WAZUH-ENROLL\n1\nPOST\n/enroll\n").append(timestamp).append("\n").append(body);
}

std::optional<Authorization> parse_authorization(std::string_view header, std::string_view scheme, bool has_id) {
    Authorization parsed;
    if (!header.starts_with(scheme) || header.substr(scheme.size(), 1) != " ") return std::nullopt;
    header.remove_prefix(scheme.size() + 1);
    if (has_id) {
        const std::size_t colon = header.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        parsed.id = header.substr(0, colon);
        header.remove_prefix(colon + 1);
    }
    const std::size_t colon = header.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    parsed.timestamp = header.substr(0, colon);
    parsed.mac = header.substr(colon + 1);
    const char* const last = parsed.timestamp.data() + parsed.timestamp.size();
    const auto [end, error] = std::from_chars(parsed.timestamp.data(), last, parsed.time);
    if (error != std::errc() || end != last) return std::nullopt;
    return parsed;
}

bool is_in_time(std::int64_t time, std::int64_t now) {
    return time >= now - kMostBehind && time <= now + kMostAhead;
}

}  // namespace riposte::simulator
