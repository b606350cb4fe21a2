// member: whose membership is asked, and the question to table `grp` (Kamailio's layout 2).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <viaduct/database.hpp>
#include <viaduct/script_api.hpp>
#include <viaduct/uri.hpp>

namespace viaduct::group {

struct Member {
    std::string user;    // unescaped
    std::string domain;  // lower case
};

// A URI, "sip:alice@example.test", "alice@example.test", or "alice", who then belongs to `default_domain`. Throws
// std::invalid_argument that says what the script's author can do.
Member member_of(const ScriptValue& who, std::string_view default_domain);
Select membership_query(const Member& member, std::string_view group);

}  // namespace viaduct::group
