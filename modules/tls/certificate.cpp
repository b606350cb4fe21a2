// certificate: see certificate.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "certificate.hpp"

#include <array>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace viaduct::tls {
namespace {

// A key that asks for a passphrase is refused: nobody is there to type one.
int no_passphrase(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

struct CertificateIds {
    OCSP_CERTID* id = nullptr;
    ~CertificateIds() { OCSP_CERTID_free(id); }
};

}  // namespace

Certificate::Certificate(const CertificateFiles& files, const std::string& profile) : files_{files}, profile_{profile} {
    ERR_clear_error();
    read_chain();
    read_key();
    if (!files_.ocsp_response.empty()) read_ocsp_response();
}

void Certificate::read_chain() {
    const BioPtr file{BIO_new_file(files_.certificate.c_str(), "r")};
    if (!file) fail("certificate", files_.certificate, "cannot be read: " + take_openssl_error());
    while (X509* one = PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr)) chain_.emplace_back(one);
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    const std::string error = take_openssl_error();
    if (chain_.empty() && at_end) fail("certificate", files_.certificate, "holds no certificate in PEM form");
    if (!at_end) fail("certificate", files_.certificate, fmt::format("certificate {}: {}", chain_.size() + 1, error));
    for (std::size_t i = 1; i < chain_.size(); ++i) {
        if (X509_check_issued(chain_[i].get(), chain_[i - 1].get()) != X509_V_OK) {
            fail("certificate", files_.certificate,
                 fmt::format("certificate {} ({}) did not issue the one before it ({})", i + 1,
                             name_text(X509_get_subject_name(chain_[i].get())),
                             name_text(X509_get_subject_name(chain_[i - 1].get()))));
        }
    }
}

void Certificate::read_key() {
    const BioPtr file{BIO_new_file(files_.key.c_str(), "r")};
    if (!file) fail("key", files_.key, "cannot be read: " + take_openssl_error());
    bool asked = false;
    key_.reset(PEM_read_bio_PrivateKey(file.get(), nullptr, no_passphrase, &asked));
    const std::string error = take_openssl_error();
    if (asked) fail("key", files_.key, "is encrypted; store it without a passphrase, readable by the server alone");
    if (!key_) fail("key", files_.key, "holds no private key in PEM form: " + error);
    if (X509_check_private_key(leaf(), key_.get()) != 1) {
        ERR_clear_error();
        fail("key", files_.key, "does not belong to the certificate in " + files_.certificate);
    }
}

// RFC 6960. Checked as far as a wrong file would be noticed: that it answers for this certificate, and with "good".
void Certificate::read_ocsp_response() {
    const auto wrong = [this](const std::string& problem) { fail("ocsp_response", files_.ocsp_response, problem); };
    const BioPtr file{BIO_new_file(files_.ocsp_response.c_str(), "r")};
    if (!file) wrong("cannot be read: " + take_openssl_error());
    const OcspResponsePtr response{d2i_OCSP_RESPONSE_bio(file.get(), nullptr)};
    if (!response) wrong("is not an OCSP response in DER form: " + take_openssl_error());
    const std::unique_ptr<OCSP_BASICRESP, FreeBy<OCSP_BASICRESP_free>> basic{OCSP_response_get1_basic(response.get())};
    if (!basic) wrong("is an OCSP response without an answer");
    if (chain_.size() < 2) wrong("needs the issuer's certificate in " + files_.certificate);
    const CertificateIds ours{OCSP_cert_to_id(nullptr, leaf(), chain_[1].get())};
    int status = 0;
    ASN1_GENERALIZEDTIME *this_update = nullptr, *next_update = nullptr;
    if (ours.id == nullptr ||
        OCSP_resp_find_status(basic.get(), ours.id, &status, nullptr, nullptr, &this_update, &next_update) != 1) {
        ERR_clear_error();
        wrong("does not speak of the certificate in " + files_.certificate);
    }
    if (status != V_OCSP_CERTSTATUS_GOOD) wrong(fmt::format("says '{}'", OCSP_cert_status_str(status)));
    if (next_update != nullptr) ocsp_next_update_ = seconds_since_1970(next_update);
    unsigned char* der = nullptr;
    const int size = i2d_OCSP_RESPONSE(response.get(), &der);
    if (size <= 0) wrong("cannot be written again: " + take_openssl_error());
    ocsp_response_.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
}

void Certificate::require_valid(WallTime now) const {
    const std::int64_t seconds = now.time_since_epoch().count();
    if (seconds > not_after()) {
        fail("certificate", files_.certificate, "expired on " + date_text(X509_get0_notAfter(leaf())));
    }
    if (seconds < not_before()) {
        fail("certificate", files_.certificate, "is not valid before " + date_text(X509_get0_notBefore(leaf())));
    }
}

std::string Certificate::key_kind() const {
    const char* name = EVP_PKEY_get0_type_name(key_.get());
    return name == nullptr ? "unknown" : name;
}

std::string Certificate::key_text() const {
    std::array<char, 64> group{};
    if (EVP_PKEY_get_group_name(key_.get(), group.data(), group.size(), nullptr) == 1) {
        return fmt::format("{} {}", key_kind(), group.data());
    }
    return fmt::format("{} {}", key_kind(), EVP_PKEY_get_bits(key_.get()));
}

std::string Certificate::serial() const {
    const std::unique_ptr<BIGNUM, FreeBy<BN_free>> number{ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf()), nullptr)};
    if (!number) return {};
    char* text = BN_bn2hex(number.get());
    std::string serial = text == nullptr ? "" : text;
    OPENSSL_free(text);
    return serial;
}

void Certificate::fail(const char* key, const std::string& file, const std::string& problem) const {
    throw ProfileError{profile_, key, fmt::format("{}: {}", file, problem)};
}

}  // namespace viaduct::tls
