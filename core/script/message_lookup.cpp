// message_lookup: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/message_lookup.hpp"

#include <algorithm>
#include <cctype>

namespace viaduct::script {

namespace {

// RFC 3261 section 7.3.1: only these may be split at commas.
bool is_list(HeaderId id) {
    switch (id) {
        case HeaderId::accept:
        case HeaderId::accept_contact:
        case HeaderId::accept_encoding:
        case HeaderId::accept_language:
        case HeaderId::alert_info:
        case HeaderId::allow:
        case HeaderId::allow_events:
        case HeaderId::call_info:
        case HeaderId::contact:
        case HeaderId::content_encoding:
        case HeaderId::content_language:
        case HeaderId::error_info:
        case HeaderId::history_info:
        case HeaderId::in_reply_to:
        case HeaderId::p_asserted_identity:
        case HeaderId::p_preferred_identity:
        case HeaderId::path:
        case HeaderId::proxy_require:
        case HeaderId::reason:
        case HeaderId::record_route:
        case HeaderId::reject_contact:
        case HeaderId::request_disposition:
        case HeaderId::require:
        case HeaderId::route:
        case HeaderId::service_route:
        case HeaderId::supported:
        case HeaderId::unsupported:
        case HeaderId::via:
        case HeaderId::warning: return true;
        default: return false;
    }
}

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
               return std::tolower(x) == std::tolower(y);
           });
}

}  // namespace

int push_header(lua_State* L, const Message& message, std::string_view name) {
    if (const auto value = message.header(name)) {
        push_text(L, *value);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

int push_headers(lua_State* L, const Message& message, std::string_view name) {
    const HeaderId id = header_id(name);
    lua_newtable(L);
    lua_Integer n = 0;
    const auto push = [&](std::string_view value) {
        push_text(L, value);
        lua_rawseti(L, -2, ++n);
    };
    if (is_list(id)) {
        for (const auto value : message.values(id)) push(value);
        return 1;
    }
    for (const HeaderField& field : message.header_fields())
        if (id == HeaderId::other ? same_name(field.name, name) : field.id == id) push(field.value);
    return 1;
}

}  // namespace viaduct::script
