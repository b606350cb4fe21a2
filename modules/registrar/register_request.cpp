// register_request: see register_request.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "register_request.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "allowed_methods.hpp"
#include "nat_test.hpp"

namespace viaduct::registrar {

namespace {

constexpr std::size_t kLongestContact = 2048;
constexpr std::size_t kLongestUserAgent = 255;  // the column

Refusal refuse(int status, std::string reason, const char* why) { return {Response{status, std::move(reason)}, why}; }

bool same_token(std::string_view a, std::string_view b) {
    const auto lower = [](unsigned char c) { return c >= 'A' && c <= 'Z' ? static_cast<unsigned char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

// delta-seconds (RFC 3261 section 20.19); more than fits counts as very long. nullopt when it is no number.
std::optional<std::uint32_t> delta_seconds(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || text.empty()) return std::nullopt;
    return error == std::errc::result_out_of_range ? 0xffffffff : value;
}

// qvalue (RFC 3261 section 25.1): 0 to 1 with up to three digits. What is none counts as 1, as if it were absent.
float qvalue(std::string_view text) {
    const bool digits = !text.empty() && text.size() <= 5 && (text[0] == '0' || text[0] == '1') &&
                        (text.size() == 1 || text[1] == '.') &&
                        std::all_of(text.begin() + std::min<std::size_t>(2, text.size()), text.end(),
                                    [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return 1.0F;
    unsigned thousandths = 0, weight = 100;
    for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
        thousandths += static_cast<unsigned>(c - '0') * weight;
        weight /= 10;
    }
    return text[0] == '1' ? 1.0F : static_cast<float>(thousandths) / 1000.0F;
}

std::string without_quotes(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    return std::string{text};
}

// Step 2: what the phone requires and we do not know.
std::optional<Refusal> check_require(const Message& message, const RegisterPolicy& policy) {
    std::string unsupported;
    for (const std::string_view option : message.values(HeaderId::require)) {
        if (same_token(option, "path") || (same_token(option, "outbound") && policy.outbound)) continue;
        unsupported += fmt::format("{}{}", unsupported.empty() ? "" : ", ", option);
    }
    if (unsupported.empty()) return std::nullopt;
    Refusal refusal = refuse(420, "", "bad_extension");
    refusal.response.with("Unsupported", unsupported);
    return refusal;
}

// RFC 3327 section 5.3.
std::optional<Refusal> read_path(const Message& message, const RegisterPolicy& policy, RegisterRequest& request) {
    request.supports_path = message.lists(HeaderId::supported, "path") || message.lists(HeaderId::require, "path");
    for (const std::string_view hop : message.values(HeaderId::path)) {
        const auto address = NameAddress::parse(hop);
        if (!address || !Uri::parse(address->uri)) return refuse(400, "Bad Path", "bad_path");
        request.path.emplace_back(hop);
    }
    if (request.path.empty() || request.supports_path || policy.path == PathPolicy::accept) return std::nullopt;
    if (policy.path == PathPolicy::ignore) {
        request.path.clear();
        return std::nullopt;
    }
    Refusal refusal = refuse(policy.path == PathPolicy::require_421 ? 421 : 420, "", "path_not_supported");
    refusal.response.with(policy.path == PathPolicy::require_421 ? "Require" : "Unsupported", "path");
    return refusal;
}

// RFC 5626 section 6: reg-id counts when the phone supports outbound, and its first hop does: we, or a proxy that put
// "ob" in Path.
std::optional<Refusal> check_first_hop(const Message& message, RegisterRequest& request) {
    if (message.values(HeaderId::via).size() <= 1) return std::nullopt;
    if (!request.path.empty()) {
        const auto first =
            NameAddress::parse(request.path.back());  // each proxy puts its own on top: the last is the first hop
        const auto uri = first ? Uri::parse(first->uri) : Result<Uri>{make_error_code(SipErrc::bad_uri)};
        if (uri && uri->has_parameter("ob")) return std::nullopt;
    }
    return refuse(439, "First Hop Lacks Outbound Support", "first_hop_lacks_outbound");
}

std::optional<RegisterContact> read_contact(const NameAddress& address, const Message& message,
                                            const RegisterRequest& request) {
    auto uri = Uri::parse(address.uri);
    if (!uri || !uri->is_sip() || uri->host().empty() || address.uri.size() > kLongestContact) return std::nullopt;
    RegisterContact contact;
    contact.uri = std::move(*uri);
    // RFC 3261 section 10.2.1.1: an expires parameter that is no number counts as 3600.
    if (const auto expires = address.parameter("expires")) contact.expires = delta_seconds(*expires).value_or(3600);
    if (const auto q = address.parameter("q")) contact.q = qvalue(*q);
    if (const auto instance = address.parameter("+sip.instance")) contact.instance = without_quotes(*instance);
    contact.behind_nat = request.path.empty() && is_behind_nat(message, contact.uri, request.flow);
    return contact;
}

// Step 6: contacts, or a "*" that stands alone with "Expires: 0".
std::optional<Refusal> read_contacts(const Message& message, const RegisterPolicy& policy, RegisterRequest& request) {
    const auto values = message.values(HeaderId::contact);
    for (const std::string_view value : values) {
        if (value == "*") {
            request.wildcard = true;
            if (values.size() != 1 || request.expires != 0U)
                return refuse(400, "Contact * Needs Expires 0 And No Other Contact", "bad_wildcard");
            return std::nullopt;
        }
        const auto address = NameAddress::parse(value);
        auto contact = address ? read_contact(*address, message, request) : std::nullopt;
        if (!contact) return refuse(400, "Bad Contact", "bad_contact");
        const auto reg_id = address->parameter("reg-id");
        if (policy.outbound && reg_id && !contact->instance.empty() && message.lists(HeaderId::supported, "outbound")) {
            contact->reg_id = delta_seconds(*reg_id).value_or(0);
            if (contact->reg_id == 0) return refuse(400, "Bad reg-id", "bad_contact");
            request.outbound = true;
        }
        request.contacts.push_back(std::move(*contact));
    }
    return request.outbound ? check_first_hop(message, request) : std::nullopt;
}

}  // namespace

std::string canonical_address_of_record(const Uri& uri) {
    if (!uri.is_sip() || uri.user().empty()) return {};
    std::string aor = uri.address_of_record();
    if (aor.starts_with("sips:")) aor.erase(3, 1);
    return aor;
}

std::string canonical_address_of_record(std::string_view text) {
    if (auto uri = Uri::parse(text); uri && uri->is_sip()) return canonical_address_of_record(*uri);
    const auto uri = Uri::parse(fmt::format("sip:{}", text));
    return uri ? canonical_address_of_record(*uri) : std::string{};
}

bool owns(std::string_view user, std::string_view address_of_record) {
    if (!address_of_record.starts_with("sip:") || user.empty()) return false;
    const std::string_view whole = address_of_record.substr(4);
    return user == whole || user == whole.substr(0, whole.rfind('@'));
}

std::variant<RegisterRequest, Refusal> read_register(const Message& message, const Flow& flow,
                                                     const RegisterPolicy& policy) {
    if (auto refusal = check_require(message, policy)) return std::move(*refusal);
    RegisterRequest request;
    const auto to = message.to();
    const auto to_uri = to ? Uri::parse(to->uri) : Result<Uri>{to.error()};
    if (to_uri) request.address_of_record = canonical_address_of_record(*to_uri);
    const auto cseq = message.cseq();
    if (request.address_of_record.empty() || !cseq)
        return refuse(400, "Bad Address Of Record", "bad_address_of_record");
    request.call_id = message.call_id();
    request.cseq = cseq->number;
    request.expires = message.expires();
    request.flow = flow;
    request.user_agent = message.header(HeaderId::user_agent).value_or("").substr(0, kLongestUserAgent);
    request.methods = allowed_methods(message);
    if (auto refusal = read_path(message, policy, request)) return std::move(*refusal);
    if (auto refusal = read_contacts(message, policy, request)) return std::move(*refusal);
    return request;
}

}  // namespace viaduct::registrar
