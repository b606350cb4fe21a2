// profiles: all profiles of one generation, and which of them a connection gets.
//
// Immutable; held by every connection made from it, so that a reload changes nothing under way.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "profile.hpp"

namespace viaduct::tls {

class Profiles {
public:
    // The first is the default one. Throws ProfileError.
    Profiles(const std::vector<ProfileSettings>& settings, TicketKeys& ticket_keys);

    const std::vector<std::unique_ptr<const Profile>>& all() const { return all_; }
    const Profile& standard() const { return *all_.front(); }
    // nullptr when there is none of that name; "" is the default one.
    const Profile* named(std::string_view name) const;
    // For a ClientHello with that name on a listener that names no profile: the one that lists it, exactly or by "*.",
    // else the default.
    const Profile& for_server_name(std::string_view server_name) const;
    // For a connection of ours to that name or address.
    const Profile& for_destination(std::string_view name) const;

private:
    const Profile& choose(std::string_view name, std::vector<std::string> ProfileSettings::*names, bool serving) const;

    std::vector<std::unique_ptr<const Profile>> all_;
};

}  // namespace viaduct::tls
