// uri_object: viaduct.Uri, and the module viaduct.uri. A URI in a script never changes: one is replaced, not edited.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "script/built_in_modules.hpp"
#include "script/loaded_script.hpp"
#include "script/object_kinds.hpp"

namespace viaduct::script {

namespace {

int scheme(lua_State* L) {
    push_text(L, self<Uri>(L).scheme_text());
    return 1;
}
int user(lua_State* L) {
    push_text(L, self<Uri>(L).user());
    return 1;
}
int host(lua_State* L) {
    push_text(L, self<Uri>(L).host());
    return 1;
}
int port(lua_State* L) {
    const auto number = self<Uri>(L).port();
    if (number == 0) {
        lua_pushnil(L);
    } else {
        lua_pushinteger(L, number);
    }
    return 1;
}
int text(lua_State* L) {
    push_text(L, self<Uri>(L).text());
    return 1;
}
int address_of_record(lua_State* L) {
    push_text(L, self<Uri>(L).address_of_record());
    return 1;
}

int parameter(lua_State* L) {
    const Uri& uri = check_object<Uri>(L, 1, kUriKind);
    const auto value = uri.parameter(check_text(L, 2));
    if (value) {
        push_text(L, *value);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

bool names_a_domain(const Uri& uri, const Surroundings& surroundings) {
    std::string lower{uri.host()};
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto& domains = surroundings.domains;
    if (std::find(domains.begin(), domains.end(), lower) != domains.end()) return true;
    return surroundings.more_domains != nullptr && surroundings.more_domains->is_ours(lower);
}

}  // namespace

int push_is_local(lua_State* L, bool local) {
    const Domains* more = script_of(L).surroundings().more_domains;
    if (!local && more != nullptr && !more->are_known()) {
        push_response(L, Response{503}.with("Retry-After", "5"));
        lua_error(L);
    }
    lua_pushboolean(L, static_cast<int>(local));
    return 1;
}

namespace {

int is_local(lua_State* L) {
    const Uri& uri = check_object<Uri>(L, 1, kUriKind);
    const LoadedScript& script = script_of(L);
    const Coroutine* running = script.running();
    // The request knows our own addresses, too; outside of one there are the domains.
    const bool local = running != nullptr && running->context ? running->context->is_local(uri)
                                                              : names_a_domain(uri, script.surroundings());
    return push_is_local(L, local);
}

int to_text(lua_State* L) {
    push_text(L, check_object<Uri>(L, 1, kUriKind).text());
    return 1;
}

int equal(lua_State* L) {
    const Uri* a = to_object<Uri>(L, 1, kUriKind);
    const Uri* b = to_object<Uri>(L, 2, kUriKind);
    lua_pushboolean(L, static_cast<int>(a != nullptr && b != nullptr && a->equivalent(*b)));
    return 1;
}

int parse(lua_State* L) {
    auto uri = Uri::parse(check_text(L, 1));
    if (uri) {
        push_uri(L, *std::move(uri));
        return 1;
    }
    lua_pushnil(L);
    push_text(L, uri.error().message());
    return 2;
}

constexpr Field kFields[]{
    {"scheme", "string", "As written: \"sip\", \"sips\", \"tel\", ...", scheme},
    {"user", "string", "Before the @, without a password; \"\" when there is none. The number of a tel: URI.", user},
    {"host", "string", "As written; IPv6 in brackets.", host},
    {"port", "integer?", "nil when there is none.", port},
    {"text", "string", "The whole URI; tostring() gives it, too.", text},
    {"address_of_record", "string", "Scheme, user and host alone: \"sip:alice@example.test\".", address_of_record},
};
constexpr Function kMethods[]{
    {"parameter(name: string): string?", "The value of a URI parameter, \"\" for a flag, nil when it is not there.",
     guarded<parameter>},
    {"is_local(): boolean",
     "Is the host a domain of ours ([server] domains, module domain), or an address of this server?",
     guarded<is_local>},
};
constexpr Function kFunctions[]{
    {"parse(text: string): viaduct.Uri?, string?", "A URI from its text; nil and what is wrong otherwise.",
     guarded<parse>},
};

}  // namespace

void push_uri(lua_State* L, Uri uri) { push_object(L, kUriKind, std::move(uri)); }

Uri check_uri(lua_State* L, int argument) {
    if (const Uri* uri = to_object<Uri>(L, argument, kUriKind)) return *uri;
    if (lua_type(L, argument) != LUA_TSTRING) fail_argument(L, argument, "viaduct.Uri or the text of one");
    auto uri = Uri::parse(text_at(L, argument));
    if (!uri) fail(L, fmt::format("'{}' is no URI: {}", text_at(L, argument), uri.error().message()));
    return *std::move(uri);
}

const ObjectKind kUriKind{"viaduct.Uri",
                          "A SIP, SIPS or tel URI. Equal (==) as RFC 3261 section 19.1.4 says.",
                          kFields,
                          kMethods,
                          to_text,
                          equal,
                          destroy_object<Uri>};

const BuiltInModule kUriModule{"uri", "URIs from text.", kFunctions, {}};

}  // namespace viaduct::script
