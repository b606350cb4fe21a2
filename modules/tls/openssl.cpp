// openssl: see openssl.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "openssl.hpp"

#include <array>
#include <ctime>

#include <fmt/format.h>

namespace viaduct::tls {

std::int64_t seconds_since_1970(const ASN1_TIME* time) {
    std::tm parts{};
    return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(timegm(&parts)) : 0;
}

std::string date_text(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable date";
    return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

std::string name_text(const X509_NAME* name) {
    const BioPtr text{BIO_new(BIO_s_mem())};
    // XN_FLAG_ONELINE, but "CN=" without spaces around the sign.
    constexpr unsigned long kFlags =
        (ASN1_STRFLGS_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) | XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_DN_REV | XN_FLAG_FN_SN;
    X509_NAME_print_ex(text.get(), name, 0, kFlags);
    char* data = nullptr;
    const long size = BIO_get_mem_data(text.get(), &data);
    return {data, static_cast<std::size_t>(size > 0 ? size : 0)};
}

std::string fingerprint(const X509& certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    std::string text;
    if (X509_digest(&certificate, EVP_sha256(), digest.data(), &size) != 1) return text;
    for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
}

}  // namespace viaduct::tls
