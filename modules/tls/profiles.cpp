// profiles: see profiles.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "profiles.hpp"

#include <algorithm>

#include "identity.hpp"

namespace viaduct::tls {

Profiles::Profiles(const std::vector<ProfileSettings>& settings, TicketKeys& ticket_keys) {
    for (const ProfileSettings& one : settings) all_.push_back(std::make_unique<const Profile>(one, ticket_keys));
}

const Profile* Profiles::named(std::string_view name) const {
    const auto found =
        std::find_if(all_.begin(), all_.end(), [&](const auto& p) { return p->settings().name == name; });
    return found == all_.end() ? nullptr : found->get();
}

const Profile& Profiles::for_server_name(std::string_view server_name) const {
    return choose(server_name, &ProfileSettings::server_names, true);
}

const Profile& Profiles::for_destination(std::string_view name) const {
    return choose(name, &ProfileSettings::destinations, false);
}

const Profile& Profiles::choose(std::string_view name, std::vector<std::string> ProfileSettings::*names,
                                bool serving) const {
    const auto first_with = [&](auto matches) -> const Profile* {
        for (const auto& profile : all_) {
            const auto& listed = profile->settings().*names;
            const bool usable = !serving || profile->can_serve();
            if (usable && std::any_of(listed.begin(), listed.end(), matches)) return profile.get();
        }
        return nullptr;
    };
    if (name.ends_with('.')) name.remove_suffix(1);
    if (const auto* exact = first_with([&](std::string_view one) { return same_name(one, name); })) return *exact;
    if (const auto* wild = first_with([&](std::string_view one) { return matches_wildcard(one, name); })) return *wild;
    return standard();
}

}  // namespace viaduct::tls
