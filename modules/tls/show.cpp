// show: see show.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "show.hpp"

#include <array>

#include <nlohmann/json.hpp>

#include "identity.hpp"

namespace viaduct::tls {
namespace {

using nlohmann::json;

json shown(const Certificate& certificate, WallTime now) {
    constexpr std::int64_t kDay = 24 * 3600;
    const std::int64_t left = certificate.not_after() - now.time_since_epoch().count();
    return {{"file", certificate.files().certificate},
            {"key_file", certificate.files().key},
            {"ocsp_file", certificate.files().ocsp_response},
            {"subject", name_text(X509_get_subject_name(certificate.leaf()))},
            {"issuer", name_text(X509_get_issuer_name(certificate.leaf()))},
            {"names", identity_of(*certificate.leaf()).names()},
            {"serial", certificate.serial()},
            {"key", certificate.key_text()},
            {"not_before", certificate.not_before()},
            {"not_after", certificate.not_after()},
            {"days_left", left >= 0 ? left / kDay : -((-left + kDay - 1) / kDay)},
            {"fingerprint", fingerprint(*certificate.leaf())}};
}

json shown(const Profile& profile, WallTime now) {
    constexpr std::array<const char*, 3> kModes{"none", "optional", "required"};
    const ProfileSettings& settings = profile.settings();
    json certificates = json::array();
    for (const Certificate& one : profile.certificates()) certificates.push_back(shown(one, now));
    return {{"profile", settings.name},
            {"server_names", settings.server_names},
            {"destinations", settings.destinations},
            {"minimum_version", settings.only_1_3 ? "1.3" : "1.2"},
            {"client_certificates", kModes[static_cast<std::size_t>(settings.client_certificates)]},
            {"verify_servers", settings.verify_servers},
            {"certificates", std::move(certificates)}};
}

}  // namespace

json show(const Profiles& profiles, WallTime now) {
    json all = json::array();
    for (const auto& profile : profiles.all()) all.push_back(shown(*profile, now));
    return {{"profiles", std::move(all)}};
}

}  // namespace viaduct::tls
