// read_settings: see read_settings.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "read_settings.hpp"

#include <array>

namespace viaduct::tls {
namespace {

constexpr const char* kProfileHelp = "More certificates and rules. What a profile does not say is as in [module.tls].";

std::vector<std::string> column(const std::vector<CertificateFiles>& all, std::string CertificateFiles::*member) {
    std::vector<std::string> paths;
    for (const CertificateFiles& one : all) {
        if (!(one.*member).empty()) paths.push_back(one.*member);
    }
    return paths;
}

void read_certificates(const ConfigSection& config, ProfileSettings& settings) {
    const auto certificates = config.paths("certificate", column(settings.certificates, &CertificateFiles::certificate),
                                           "PEM file: our certificate, then its issuers. A list: one for each kind of "
                                           "key, RSA and ECDSA side by side. None: "
                                           "connections to others only.");
    const auto keys = config.paths("key", column(settings.certificates, &CertificateFiles::key),
                                   "PEM file with the private key; a list in the order of certificate.");
    const auto responses = config.paths(
        "ocsp_response", column(settings.certificates, &CertificateFiles::ocsp_response),
        "DER file with an OCSP response to staple; a list in the order of certificate. Somebody must renew it.");
    settings.certificates.clear();
    if (certificates.size() != keys.size()) {
        return config.fault(certificates.size() > keys.size() ? "certificate" : "key",
                            "needs one key for each certificate");
    }
    if (responses.size() > certificates.size()) config.fault("ocsp_response", "has more files than certificate");
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        settings.certificates.push_back({certificates[i], keys[i], i < responses.size() ? responses[i] : ""});
    }
}

ClientCertificates read_client_certificates(const ConfigSection& config, ClientCertificates fallback) {
    const std::vector<std::string> names{"none", "optional", "required"};
    const std::string given =
        config.choice("client_certificates", names[static_cast<std::size_t>(fallback)], names,
                      "Whether clients are asked for a certificate. One that is shown must be valid.");
    return given == "required"   ? ClientCertificates::required
           : given == "optional" ? ClientCertificates::optional
                                 : ClientCertificates::none;
}

void read_rules(const ConfigSection& config, ProfileSettings& settings) {
    settings.only_1_3 = config.choice("minimum_version", settings.only_1_3 ? "1.3" : "1.2", {"1.2", "1.3"},
                                      "Oldest version of TLS spoken.") == "1.3";
    settings.ciphers = config.text("ciphers", settings.ciphers, "Ciphers of TLS 1.2, as OpenSSL writes them.");
    settings.client_certificates = read_client_certificates(config, settings.client_certificates);
    settings.client_authorities = config.paths("client_authorities", settings.client_authorities,
                                               "PEM files: whose certificates clients may show.");
    settings.verify_servers =
        config.boolean("verify_servers", settings.verify_servers,
                       "Whether servers we connect to must prove who they are. Without it anybody can be anybody.");
    settings.authorities =
        config.paths("authorities", settings.authorities,
                     "PEM files: whose certificates servers may show. None: the authorities of this system.");
    settings.allow_wildcards = config.boolean(
        "allow_wildcards", settings.allow_wildcards,
        "Whether a server's certificate for *.example.test is enough; RFC 5922 section 7.2 says it is not.");
    settings.offer = config.list("offer_protocols", settings.offer,
                                 "ALPN names to offer to servers we connect to, such as \"sip/2\".");
}

}  // namespace

std::vector<ProfileSettings> read_settings(const ConfigSection& config) {
    std::vector<ProfileSettings> all{ProfileSettings{}};
    read_certificates(config, all.front());
    read_rules(config, all.front());
    for (const auto& [name, section] : config.tables("profile", kProfileHelp)) {
        ProfileSettings settings = all.front();
        settings.name = name;
        read_certificates(section, settings);
        read_rules(section, settings);
        settings.server_names = section.list(
            "server_names", {},
            "Clients that ask for one of these names (SNI) get this profile; \"*.example.test\" is possible.");
        settings.destinations = section.list(
            "destinations", {}, "Connections to these SIP domains, \"*.example.test\", or addresses use this profile.");
        all.push_back(std::move(settings));
    }
    return all;
}

void report(const ConfigSection& config, const ProfileError& error) {
    for (const auto& [name, section] : config.tables("profile", kProfileHelp)) {
        if (name == error.profile()) return section.fault(error.key(), error.what());
    }
    config.fault(error.key(), error.what());
}

}  // namespace viaduct::tls
