// viaduct/header_values: structured values of header fields that modules read (RFC 3261 section 20, RFC 4028, RFC
// 6665).
//
// Everything is a view into the text given, usually a Message's; nothing is copied or unescaped unless said. Pure
// functions, any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/container/small_vector.hpp>

#include <viaduct/message.hpp>

namespace viaduct {

// The text of a quoted string without its quotes and with quoted pairs undone; any other text unchanged.
std::string unquote(std::string_view text);

// Authorization, Proxy-Authorization, WWW-Authenticate, Proxy-Authenticate (RFC 3261 section 20.7, RFC 7616 section 3).
struct AuthorizationValue {
    struct Parameter {
        std::string_view name;
        std::string_view value;  // without quotes; quoted pairs as received
        bool quoted = false;
    };

    std::string_view scheme;                                   // "Digest"
    std::string_view credentials;                              // what follows the scheme, whole
    boost::container::small_vector<Parameter, 12> parameters;  // empty when credentials are one token ("Bearer ...")

    bool has_scheme(std::string_view name) const;
    // Names compare case-insensitively.
    std::optional<std::string_view> parameter(std::string_view name) const;
    // Errors: SipErrc::bad_value, also when a parameter stands twice.
    static Result<AuthorizationValue> parse(std::string_view value);
};

// Every readable value of that header field whose scheme is `scheme`, over all its lines; unreadable ones are passed
// over.
std::vector<AuthorizationValue> authorizations(const Message& message, HeaderId id, std::string_view scheme);

// One Contact value (RFC 3261 section 20.10).
struct ContactValue {
    NameAddress address;
    std::optional<std::uint32_t> expires;  // seconds; absent or unreadable: nullopt (section 10.3 step 7)
    std::optional<std::uint16_t> q;        // thousandths, 0..1000
    bool is_star() const { return address.uri == "*"; }

    // Errors: SipErrc::bad_address; SipErrc::bad_value for q.
    static Result<ContactValue> parse(std::string_view value);
};

// All Contact values in order. Errors: of the first unreadable one; SipErrc::bad_address when "*" is not alone.
Result<std::vector<ContactValue>> contacts(const Message& message);

// Preference as in Accept and Contact: "0.5" is 500. nullopt when it is no qvalue (RFC 3261 section 25.1).
std::optional<std::uint16_t> parse_qvalue(std::string_view text);

// One value of Accept, or the value of Content-Type (RFC 3261 sections 20.1 and 20.15).
struct MediaType {
    std::string_view type, subtype;  // "*" for any
    std::string_view parameters;     // after the first ';'
    std::uint16_t q = 1000;          // thousandths

    std::optional<std::string_view> parameter(std::string_view name) const;
    // Is `other` (without wildcards) within this range?
    bool covers(const MediaType& other) const;
    // Errors: SipErrc::bad_value.
    static Result<MediaType> parse(std::string_view value);
};

// Event (RFC 6665 section 8.2.1).
struct EventValue {
    std::string_view package;  // with its templates: "presence.winfo"
    std::string_view parameters;
    std::string_view id;  // "" when absent
    // Errors: SipErrc::bad_value.
    static Result<EventValue> parse(std::string_view value);
};

// Retry-After (RFC 3261 section 20.33).
struct RetryAfter {
    std::uint32_t seconds = 0;
    std::string_view comment;  // without parentheses
    std::optional<std::uint32_t> duration;
    // Errors: SipErrc::bad_value.
    static Result<RetryAfter> parse(std::string_view value);
};

// Session-Expires (RFC 4028 section 4).
struct SessionExpires {
    enum class Refresher : std::uint8_t { absent, uac, uas };
    std::uint32_t seconds = 0;
    Refresher refresher = Refresher::absent;
    // Errors: SipErrc::bad_value.
    static Result<SessionExpires> parse(std::string_view value);
};

}  // namespace viaduct
