// security: see security.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "security.hpp"

#include <set>

namespace viaduct::tls {

Security::Security(std::vector<ProfileSettings> settings, TlsObserver& observer)
    : settings_{std::move(settings)},
      observer_{observer},
      profiles_{std::make_shared<const Profiles>(settings_, ticket_keys_)} {}

bool Security::has_profile(std::string_view profile) const {
    const auto current = profiles();
    const Profile* found = current->named(profile);
    return found != nullptr && found->can_serve();
}

std::unique_ptr<StreamLayer> Security::accept(std::string_view profile, StreamControl& control) {
    auto current = profiles();
    const Profile* found = current->named(profile);
    if (found == nullptr || !found->can_serve()) return nullptr;  // start-up asked has_profile()
    return std::make_unique<TlsLayer>(std::move(current), *found, profile.empty(), control, observer_);
}

std::unique_ptr<StreamLayer> Security::connect(std::string_view server_name, StreamControl& control) {
    return std::make_unique<TlsLayer>(profiles(), server_name, control, observer_);
}

void Security::reload(WallTime now) {
    auto next = std::make_shared<const Profiles>(settings_, ticket_keys_);
    for (const auto& profile : next->all()) profile->require_valid(now);
    const std::lock_guard lock{mutex_};
    profiles_.swap(next);
}

std::shared_ptr<const Profiles> Security::profiles() const {
    const std::lock_guard lock{mutex_};
    return profiles_;
}

std::vector<std::string> Security::files() const {
    std::set<std::string> all;
    for (const ProfileSettings& profile : settings_) {
        for (const CertificateFiles& files : profile.certificates) {
            all.insert({files.certificate, files.key, files.ocsp_response});
        }
        all.insert(profile.authorities.begin(), profile.authorities.end());
        all.insert(profile.client_authorities.begin(), profile.client_authorities.end());
    }
    all.erase("");
    return {all.begin(), all.end()};
}

}  // namespace viaduct::tls
