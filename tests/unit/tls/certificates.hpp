// certificates: real certificates in files of a temporary folder, made when a test asks for them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "modules/tls/openssl.hpp"
#include "modules/tls/settings.hpp"

namespace viaduct::tls::test {

// Gone with everything in it.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path(const std::string& name) const { return (path_ / name).string(); }
    std::string write(const std::string& name, const std::string& text) const;

private:
    std::filesystem::path path_;
};

struct Wanted {
    std::string common_name = "sip.example.test";
    std::string alternative_names = "DNS:sip.example.test";  // as openssl.cnf writes them; "": no extension
    bool ecdsa = true;                                       // else RSA 2048
    int days_from = -1, days_to = 90;
    std::string usage = "";  // extended key usage: "serverAuth"
};

KeyPtr make_key(bool ecdsa);
std::string pem_of(const X509& certificate);
std::string pem_of(EVP_PKEY& key);

class Authority {
public:
    Authority(Folder& folder, const std::string& name);
    const std::string& file() const { return file_; }
    X509& certificate() const { return *certificate_; }
    EVP_PKEY& key() const { return *key_; }
    CertificatePtr issue(EVP_PKEY& key, const Wanted& wanted) const;
    // NAME.pem and NAME.key in the folder.
    CertificateFiles issue_files(const std::string& name, const Wanted& wanted = {}) const;
    // Says "good" for that file's certificate; the chain in it must have the issuer.
    std::string ocsp_response(const CertificateFiles& files, const std::string& name) const;

private:
    Folder& folder_;
    KeyPtr key_;
    CertificatePtr certificate_;
    std::string file_;
};

}  // namespace viaduct::tls::test
