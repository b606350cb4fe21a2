// identity: see identity.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "identity.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include <viaduct/socket_address.hpp>

namespace viaduct::tls {
namespace {

std::string_view text_of(const ASN1_STRING* value) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
            static_cast<std::size_t>(ASN1_STRING_length(value))};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// A name that could be mistaken for a shorter one, or steer a terminal, is none.
bool is_plain(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::string_view without_final_dot(std::string_view name) {
    return name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
}

// RFC 5922 section 7.1: only the scheme sip, and not with a user part.
std::string_view sip_domain(std::string_view uri) {
    if (uri.size() < 4 || !same_name(uri.substr(0, 4), "sip:")) return {};
    uri.remove_prefix(4);
    if (uri.find('@') != std::string_view::npos) return {};
    return uri.substr(0, uri.find_first_of(":;?"));
}

void add_alternative_name(const GENERAL_NAME& name, Identity& identity) {
    if (name.type == GEN_IPADD) {
        const std::string_view bytes = text_of(name.d.iPAddress);
        if (bytes.size() == 4 || bytes.size() == 16) identity.addresses.emplace_back(bytes);
        return;
    }
    if (name.type != GEN_DNS && name.type != GEN_URI) return;
    const std::string_view text = text_of(name.type == GEN_DNS ? name.d.dNSName : name.d.uniformResourceIdentifier);
    if (!is_plain(text)) return;
    if (name.type == GEN_DNS) {
        identity.dns_names.emplace_back(text);
    } else if (const std::string_view domain = sip_domain(text); !domain.empty()) {
        identity.sip_domains.emplace_back(domain);
    }
}

std::string common_name(const X509& certificate) {
    const X509_NAME* subject = X509_get_subject_name(&certificate);
    int last = -1;
    for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0;) last = i;
    if (last < 0) return {};
    const std::string_view text = text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
    return is_plain(text) ? std::string{text} : std::string{};
}

std::string address_bytes(std::string_view text) {
    const auto address = SocketAddress::from_ip(text, 0);
    return address ? std::string{address->bytes()} : std::string{};
}

std::string address_text(std::string_view bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
    return text.data();
}

}  // namespace

std::vector<std::string> Identity::names() const {
    std::vector<std::string> all;
    for (const std::string& domain : sip_domains) all.push_back("sip:" + domain);
    all.insert(all.end(), dns_names.begin(), dns_names.end());
    for (const std::string& bytes : addresses) all.push_back(address_text(bytes));
    return all;
}

std::vector<std::string> Identity::domains() const {
    std::vector<std::string> all = sip_domains.empty() ? dns_names : sip_domains;
    for (std::string& domain : all) {
        domain = without_final_dot(domain);
        std::transform(domain.begin(), domain.end(), domain.begin(), lower);
    }
    for (const std::string& bytes : addresses) all.push_back(address_text(bytes));
    return all;
}

Identity identity_of(const X509& certificate) {
    Identity identity;
    int critical = 0;
    auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, &critical, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i)
        add_alternative_name(*sk_GENERAL_NAME_value(names, i), identity);
    GENERAL_NAMES_free(names);
    // RFC 5922 section 7.1: the common name counts if and only if there is no subjectAltName.
    if (critical == -1) {
        if (std::string name = common_name(certificate); !name.empty()) identity.dns_names.push_back(std::move(name));
    }
    return identity;
}

bool is_address(std::string_view name) { return !address_bytes(name).empty(); }

bool same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool matches_wildcard(std::string_view pattern, std::string_view name) {
    if (!pattern.starts_with("*.")) return false;
    const std::size_t dot = name.find('.');
    return dot != std::string_view::npos && dot > 0 && same_name(pattern.substr(1), name.substr(dot));
}

bool speaks_for(const Identity& identity, std::string_view server_name, bool wildcards) {
    if (const std::string bytes = address_bytes(server_name); !bytes.empty()) {
        return std::find(identity.addresses.begin(), identity.addresses.end(), bytes) != identity.addresses.end();
    }
    server_name = without_final_dot(server_name);
    const auto is = [&](std::string_view name) { return same_name(without_final_dot(name), server_name); };
    // RFC 5922 section 7.1: DNS names are SIP domains only when no URI names one.
    if (!identity.sip_domains.empty()) {
        return std::any_of(identity.sip_domains.begin(), identity.sip_domains.end(), is);
    }
    return std::any_of(identity.dns_names.begin(), identity.dns_names.end(), [&](std::string_view name) {
        return is(name) || (wildcards && matches_wildcard(without_final_dot(name), server_name));
    });
}

}  // namespace viaduct::tls
