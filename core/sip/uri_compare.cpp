// uri_compare: when two URIs are the same (RFC 3261 section 19.1.4, RFC 3966 section 4) and what they are kept under
// (section 10.3 step 5).
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/uri.hpp>

#include <algorithm>
#include <vector>

#include "sip/text.hpp"
#include "sip/uri_parts.hpp"

namespace viaduct {

namespace {

std::string to_lower(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(), sip::lower);
    return out;
}

// A telephone number without visual separators, in lower case (RFC 3966 section 5.1.1).
std::string dial_digits(std::string_view number) {
    std::string out = to_lower(number);
    std::erase_if(out, [](char c) { return c == '-' || c == '.' || c == '(' || c == ')'; });
    return out;
}

struct Item {
    std::string name, value;
    friend auto operator<=>(const Item&, const Item&) = default;
};

// The items of "name=value;name" (or "&"), unescaped; names in lower case, values too where case does not count.
std::vector<Item> items_of(std::string_view text, char separator, bool values_keep_case) {
    std::vector<Item> items;
    for (std::string_view rest = text; !rest.empty();) {
        const std::string_view item = rest.substr(0, rest.find(separator));
        rest.remove_prefix(std::min(item.size() + 1, rest.size()));
        const auto equals = std::min(item.find('='), item.size());
        auto value = sip::unescape(item.substr(std::min(equals + 1, item.size())));
        items.push_back({to_lower(sip::unescape(item.substr(0, equals))), values_keep_case ? value : to_lower(value)});
    }
    std::sort(items.begin(), items.end());
    return items;
}

// A parameter that decides where the request goes never matches its absence.
bool must_match(std::string_view name) {
    return name == "user" || name == "ttl" || name == "method" || name == "maddr" || name == "transport";
}

bool all_matched(const std::vector<Item>& items, const std::vector<Item>& others, bool absence_counts) {
    return std::all_of(items.begin(), items.end(), [&](const Item& item) {
        const auto same_name = [&item](const Item& other) { return other.name == item.name; };
        if (std::none_of(others.begin(), others.end(), same_name)) return !absence_counts && !must_match(item.name);
        return std::find(others.begin(), others.end(), item) != others.end();
    });
}

bool same_parameters(const Uri& a, const Uri& b, bool absence_counts) {
    const auto ours = items_of(a.parameters(), ';', false), theirs = items_of(b.parameters(), ';', false);
    return all_matched(ours, theirs, absence_counts) && all_matched(theirs, ours, absence_counts);
}

}  // namespace

std::string Uri::address_of_record() const {
    if (scheme_ == Scheme::other) return text_;
    if (scheme_ == Scheme::tel) return "tel:" + dial_digits(user());
    std::string text = scheme_ == Scheme::sips ? "sips:" : "sip:";
    if (user_.length != 0) text.append(sip::unescape(user())).append("@");
    return text += to_lower(host());
}

bool Uri::equivalent(const Uri& other) const {
    if (scheme_ != other.scheme_) return false;
    if (scheme_ == Scheme::other) return text_ == other.text_;
    if (scheme_ == Scheme::tel)
        return dial_digits(user()) == dial_digits(other.user()) && same_parameters(*this, other, true);
    return sip::unescape(user()) == sip::unescape(other.user()) &&
           sip::unescape(password()) == sip::unescape(other.password()) &&
           sip::equal_ignoring_case(host(), other.host()) && port_ == other.port_ &&
           same_parameters(*this, other, false) &&
           items_of(headers(), '&', true) == items_of(other.headers(), '&', true);
}

}  // namespace viaduct
