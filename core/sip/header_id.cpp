// header_id: names of methods and header fields (RFC 3261 sections 7.3.3, 20 and 27; IANA SIP parameters).
//
// Header fields are found by a perfect hash of length and three letters, searched for by the compiler: one table
// look-up and one comparison per name. A new name needs its line in kNames; the search takes care of the rest.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/header_id.hpp>

#include <array>

#include "sip/text.hpp"

namespace viaduct {

namespace {

struct Name {
    HeaderId id;
    std::string_view text;
};

// The long form comes first, then the compact form (RFC 3261 section 7.3.3 and the registry).
constexpr Name kNames[] = {
    {HeaderId::accept, "Accept"},
    {HeaderId::accept_contact, "Accept-Contact"},
    {HeaderId::accept_contact, "a"},
    {HeaderId::accept_encoding, "Accept-Encoding"},
    {HeaderId::accept_language, "Accept-Language"},
    {HeaderId::alert_info, "Alert-Info"},
    {HeaderId::allow, "Allow"},
    {HeaderId::allow_events, "Allow-Events"},
    {HeaderId::allow_events, "u"},
    {HeaderId::authentication_info, "Authentication-Info"},
    {HeaderId::authorization, "Authorization"},
    {HeaderId::call_id, "Call-ID"},
    {HeaderId::call_id, "i"},
    {HeaderId::call_info, "Call-Info"},
    {HeaderId::contact, "Contact"},
    {HeaderId::contact, "m"},
    {HeaderId::content_disposition, "Content-Disposition"},
    {HeaderId::content_encoding, "Content-Encoding"},
    {HeaderId::content_encoding, "e"},
    {HeaderId::content_language, "Content-Language"},
    {HeaderId::content_length, "Content-Length"},
    {HeaderId::content_length, "l"},
    {HeaderId::content_type, "Content-Type"},
    {HeaderId::content_type, "c"},
    {HeaderId::cseq, "CSeq"},
    {HeaderId::date, "Date"},
    {HeaderId::error_info, "Error-Info"},
    {HeaderId::event, "Event"},
    {HeaderId::event, "o"},
    {HeaderId::expires, "Expires"},
    {HeaderId::from, "From"},
    {HeaderId::from, "f"},
    {HeaderId::history_info, "History-Info"},
    {HeaderId::identity, "Identity"},
    {HeaderId::identity, "y"},
    {HeaderId::in_reply_to, "In-Reply-To"},
    {HeaderId::max_forwards, "Max-Forwards"},
    {HeaderId::mime_version, "MIME-Version"},
    {HeaderId::min_expires, "Min-Expires"},
    {HeaderId::organization, "Organization"},
    {HeaderId::p_asserted_identity, "P-Asserted-Identity"},
    {HeaderId::p_preferred_identity, "P-Preferred-Identity"},
    {HeaderId::path, "Path"},
    {HeaderId::priority, "Priority"},
    {HeaderId::privacy, "Privacy"},
    {HeaderId::proxy_authenticate, "Proxy-Authenticate"},
    {HeaderId::proxy_authorization, "Proxy-Authorization"},
    {HeaderId::proxy_require, "Proxy-Require"},
    {HeaderId::rack, "RAck"},
    {HeaderId::reason, "Reason"},
    {HeaderId::record_route, "Record-Route"},
    {HeaderId::refer_to, "Refer-To"},
    {HeaderId::refer_to, "r"},
    {HeaderId::referred_by, "Referred-By"},
    {HeaderId::referred_by, "b"},
    {HeaderId::reject_contact, "Reject-Contact"},
    {HeaderId::reject_contact, "j"},
    {HeaderId::replaces, "Replaces"},
    {HeaderId::reply_to, "Reply-To"},
    {HeaderId::request_disposition, "Request-Disposition"},
    {HeaderId::request_disposition, "d"},
    {HeaderId::require, "Require"},
    {HeaderId::retry_after, "Retry-After"},
    {HeaderId::route, "Route"},
    {HeaderId::rseq, "RSeq"},
    {HeaderId::server, "Server"},
    {HeaderId::service_route, "Service-Route"},
    {HeaderId::session_expires, "Session-Expires"},
    {HeaderId::session_expires, "x"},
    {HeaderId::subject, "Subject"},
    {HeaderId::subject, "s"},
    {HeaderId::subscription_state, "Subscription-State"},
    {HeaderId::supported, "Supported"},
    {HeaderId::supported, "k"},
    {HeaderId::timestamp, "Timestamp"},
    {HeaderId::to, "To"},
    {HeaderId::to, "t"},
    {HeaderId::unsupported, "Unsupported"},
    {HeaderId::user_agent, "User-Agent"},
    {HeaderId::via, "Via"},
    {HeaderId::via, "v"},
    {HeaderId::warning, "Warning"},
    {HeaderId::www_authenticate, "WWW-Authenticate"},
};
constexpr std::size_t kIds = static_cast<std::size_t>(HeaderId::www_authenticate) + 1;
constexpr unsigned kBits = 10;

constexpr std::size_t hash(std::string_view name, std::uint32_t seed) {
    const auto letter = [name](std::size_t at) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(name[at])) | 0x20U;
    };
    const std::uint32_t key = letter(0) | letter(name.size() - 1) << 8 | letter(name.size() / 2) << 16 |
                              static_cast<std::uint32_t>(name.size()) << 24;
    return (key * seed) >> (32 - kBits);
}

struct Index {
    std::array<std::uint8_t, std::size_t{1} << kBits> slots{};  // 1 + index into kNames, 0: free
    std::uint32_t seed = 0;
};

consteval Index make_index() {
    for (std::uint32_t seed = 0x9e3779b1; seed != 0; seed += 0x6a09e668) {
        Index index{.slots = {}, .seed = seed};
        bool perfect = true;
        for (std::uint8_t i = 0; i < std::size(kNames) && perfect; ++i) {
            auto& slot = index.slots[hash(kNames[i].text, seed)];
            perfect = slot == 0;
            slot = static_cast<std::uint8_t>(i + 1);
        }
        if (perfect) return index;
    }
    throw "no perfect hash: use another letter in hash()";
}
constexpr Index kIndex = make_index();

consteval std::array<std::string_view, kIds> make_texts() {
    std::array<std::string_view, kIds> texts{};
    for (const auto& name : kNames) {
        auto& text = texts[static_cast<std::size_t>(name.id)];
        if (text.empty()) text = name.text;
    }
    return texts;
}
constexpr auto kTexts = make_texts();

constexpr std::string_view kMethods[] = {"",        "ACK",     "BYE",      "CANCEL",    "INFO",
                                         "INVITE",  "MESSAGE", "NOTIFY",   "OPTIONS",   "PRACK",
                                         "PUBLISH", "REFER",   "REGISTER", "SUBSCRIBE", "UPDATE"};

}  // namespace

std::string_view to_text(Method method) { return kMethods[static_cast<std::size_t>(method)]; }

Method method_from_text(std::string_view text) {
    for (std::size_t i = 1; i < std::size(kMethods); ++i) {
        if (kMethods[i] == text) return static_cast<Method>(i);
    }
    return Method::other;
}

HeaderId header_id(std::string_view name) {
    if (name.empty()) return HeaderId::other;
    const auto slot = kIndex.slots[hash(name, kIndex.seed)];
    if (slot == 0 || !sip::equal_ignoring_case(kNames[slot - 1].text, name)) return HeaderId::other;
    return kNames[slot - 1].id;
}

std::string_view to_text(HeaderId id) { return kTexts[static_cast<std::size_t>(id)]; }

}  // namespace viaduct
