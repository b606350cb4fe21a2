// member: see member.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "member.hpp"

#include <algorithm>
#include <stdexcept>

namespace viaduct::group {
namespace {

std::string lower_case(std::string_view text) {
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower;
}

// "sip:alice@example.test", as Uri::address_of_record writes it: the user may hold an '@'.
Member of_address(std::string_view address_of_record) {
    const std::size_t colon = address_of_record.find(':'), at = address_of_record.rfind('@');
    if (at == std::string_view::npos || colon >= at) throw std::invalid_argument("the URI has no user");
    return {std::string{address_of_record.substr(colon + 1, at - colon - 1)},
            lower_case(address_of_record.substr(at + 1))};
}

Member of_name(std::string_view name, std::string_view default_domain) {
    const std::size_t at = name.rfind('@');
    const std::string_view domain = at == std::string_view::npos ? default_domain : name.substr(at + 1);
    if (domain.empty()) {
        throw std::invalid_argument("'" + std::string{name} +
                                    "' has no domain: write alice@example.test, or set `domain` in [module.group]");
    }
    return {std::string{name.substr(0, at)}, lower_case(domain)};
}

}  // namespace

Member member_of(const ScriptValue& who, std::string_view default_domain) {
    if (const auto* uri = std::get_if<Uri>(&who)) return of_address(uri->address_of_record());
    const auto* text = std::get_if<std::string>(&who);
    if (text == nullptr) throw std::invalid_argument("a user's name or URI is needed");
    if (!text->starts_with("sip:") && !text->starts_with("sips:")) return of_name(*text, default_domain);
    const auto uri = Uri::parse(*text);
    if (!uri) throw std::invalid_argument("'" + *text + "' is no URI");
    return of_address(uri->address_of_record());
}

Select membership_query(const Member& member, std::string_view group) {
    return {.table = "grp",
            .columns = {"grp"},
            .where = {{"username", member.user}, {"domain", member.domain}, {"grp", std::string{group}}},
            .order_by = {},
            .limit = 1};
}

}  // namespace viaduct::group
