// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/certificate.h"

#include <atomic>
#include <ctime>
#include <memory>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace riposte::simulator {
namespace {

template <auto Free>
struct FreeWith {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using X509Object = std::unique_ptr<X509, FreeWith<X509_free>>;
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;

constexpr long kDay = 24L * 60 * 60;

void must(bool done, const char* what) {
    if (!done) throw std::runtime_error(std::string("certificate: ") + what);
}

std::string text_of(const Bio& bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

Bio memory_of(const std::string& text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Certificate pem_of(const X509Object& certificate, const Key& key) {
    const Bio certificate_text(BIO_new(BIO_s_mem()));
    const Bio key_pem(BIO_new(BIO_s_mem()));
    must(PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1, "cannot be written");
    must(PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
         "the key cannot be written");
    return {text_of(certificate_text), text_of(key_pem)};
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    must(extension != nullptr, "an extension is refused");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

X509Object blank(const std::string& common_name, EVP_PKEY* key) {
    static std::atomic<long> serial{static_cast<long>(std::time(nullptr) % 1000000) * 1000};
    X509Object certificate(X509_new());
    must(certificate != nullptr, "no memory");
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDay);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 30 * kDay);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    return certificate;
}

Certificate self_issued(const std::string& common_name, const char* constraints, const Key& key) {
    must(key != nullptr, "no key");
    const X509Object certificate = blank(common_name, key.get());
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
    extend(certificate.get(), certificate.get(), NID_basic_constraints, constraints);
    must(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "cannot be signed");
    return pem_of(certificate, key);
}

std::string alternative_names(const CertificateNames& names) {
    std::string text;
    for (const std::string& name : names.dns) text += (text.empty() ? "DNS:" : ",DNS:") + name;
    for (const std::string& address : names.addresses) text += (text.empty() ? "IP:" : ",IP:") + address;
    return text;
}

}  // namespace

const Certificate& self_signed_certificate() {
    static const Certificate made = self_issued("manager", "critical,CA:FALSE", Key(EVP_RSA_gen(2048)));
    return made;
}

Certificate make_authority(const std::string& common_name) {
    return self_issued(common_name, "critical,CA:TRUE", Key(EVP_EC_gen("P-256")));
}

Certificate issue_certificate(const Certificate& authority, const CertificateNames& names) {
    const Bio issuer_text = memory_of(authority.certificate);
    const Bio issuer_key_text = memory_of(authority.key);
    const X509Object issuer(PEM_read_bio_X509(issuer_text.get(), nullptr, nullptr, nullptr));
    const Key issuer_key(PEM_read_bio_PrivateKey(issuer_key_text.get(), nullptr, nullptr, nullptr));
    must(issuer && issuer_key, "the authority cannot be read");
    const Key key(EVP_EC_gen("P-256"));
    must(key != nullptr, "no key");
    const X509Object certificate = blank(names.common_name, key.get());
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
    extend(certificate.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
    const std::string alternatives = alternative_names(names);
    if (!alternatives.empty()) extend(certificate.get(), issuer.get(), NID_subject_alt_name, alternatives);
    must(X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) > 0, "cannot be signed");
    return pem_of(certificate, key);
}

}  // namespace riposte::simulator
