// certificates: see certificates.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "certificates.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

namespace viaduct::tls::test {
namespace {

void require(bool done, const char* what) {
    if (!done) throw std::runtime_error{std::string{what} + ": " + take_openssl_error()};
}

void add_extension(X509& certificate, X509& issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    require(extension != nullptr, value.c_str());
    X509_add_ext(&certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

CertificatePtr blank(EVP_PKEY& key, const std::string& common_name, int days_from, int days_to) {
    CertificatePtr certificate{X509_new()};
    X509_set_version(certificate.get(), X509_VERSION_3);
    std::uint32_t serial = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), static_cast<long>(serial / 2 + 1));
    X509_time_adj_ex(X509_getm_notBefore(certificate.get()), days_from, 0, nullptr);
    X509_time_adj_ex(X509_getm_notAfter(certificate.get()), days_to, 0, nullptr);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    X509_set_pubkey(certificate.get(), &key);
    return certificate;
}

std::string text_of(BIO& bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(&bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

}  // namespace

Folder::Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "viaduct-tls-XXXXXX").string();
    require(mkdtemp(pattern.data()) != nullptr, "mkdtemp");
    path_ = pattern;
}
Folder::~Folder() { std::filesystem::remove_all(path_); }

std::string Folder::write(const std::string& name, const std::string& text) const {
    std::ofstream{path_ / name, std::ios::trunc} << text;
    return path(name);
}

KeyPtr make_key(bool ecdsa) {
    KeyPtr key{ecdsa ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048)};
    require(key != nullptr, "key");
    return key;
}

std::string pem_of(const X509& certificate) {
    const BioPtr bio{BIO_new(BIO_s_mem())};
    PEM_write_bio_X509(bio.get(), const_cast<X509*>(&certificate));
    return text_of(*bio);
}

std::string pem_of(EVP_PKEY& key) {
    const BioPtr bio{BIO_new(BIO_s_mem())};
    PEM_write_bio_PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(*bio);
}

Authority::Authority(Folder& folder, const std::string& name) : folder_{folder}, key_{make_key(true)} {
    certificate_ = blank(*key_, name, -1, 365);
    X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
    add_extension(*certificate_, *certificate_, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(*certificate_, *certificate_, NID_subject_key_identifier, "hash");
    require(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0, "sign");
    file_ = folder.write(name + ".authority.pem", pem_of(*certificate_));
}

CertificatePtr Authority::issue(EVP_PKEY& key, const Wanted& wanted) const {
    CertificatePtr certificate = blank(key, wanted.common_name, wanted.days_from, wanted.days_to);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
    if (!wanted.alternative_names.empty())
        add_extension(*certificate, *certificate_, NID_subject_alt_name, wanted.alternative_names);
    if (!wanted.usage.empty()) add_extension(*certificate, *certificate_, NID_ext_key_usage, wanted.usage);
    require(X509_sign(certificate.get(), key_.get(), EVP_sha256()) > 0, "sign");
    return certificate;
}

CertificateFiles Authority::issue_files(const std::string& name, const Wanted& wanted) const {
    const KeyPtr key = make_key(wanted.ecdsa);
    const CertificatePtr certificate = issue(*key, wanted);
    return {.certificate = folder_.write(name + ".pem", pem_of(*certificate) + pem_of(*certificate_)),
            .key = folder_.write(name + ".key", pem_of(*key)),
            .ocsp_response = ""};
}

std::string Authority::ocsp_response(const CertificateFiles& files, const std::string& name) const {
    const BioPtr file{BIO_new_file(files.certificate.c_str(), "r")};
    const CertificatePtr certificate{PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr)};
    OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
    OCSP_CERTID* id = OCSP_cert_to_id(nullptr, certificate.get(), certificate_.get());
    ASN1_TIME* now = X509_gmtime_adj(nullptr, 0);
    ASN1_TIME* later = X509_gmtime_adj(nullptr, 3600);
    OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, nullptr, now, later);
    require(OCSP_basic_sign(basic, certificate_.get(), key_.get(), EVP_sha256(), nullptr, 0) == 1, "ocsp");
    const OcspResponsePtr response{OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic)};
    const BioPtr out{BIO_new_file(folder_.path(name).c_str(), "w")};
    i2d_OCSP_RESPONSE_bio(out.get(), response.get());
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(now);
    ASN1_TIME_free(later);
    return folder_.path(name);
}

}  // namespace viaduct::tls::test
