// viaduct/uri: SIP, SIPS and TEL URIs (RFC 3261 section 19.1, RFC 3966).
//
// A Uri owns its text; parts are views into it, so parts die with the Uri and after an edit.
// Parsing is strict enough that what is accepted can be routed; escapes stay as received.
// Values are independent of each other and may be used on any thread, one thread at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <viaduct/result.hpp>
#include <viaduct/socket_address.hpp>

namespace viaduct {

class Uri {
public:
    enum class Scheme : std::uint8_t { sip, sips, tel, other };

    Uri() = default;  // empty; scheme other
    // Errors: SipErrc::bad_uri. Any other absolute URI ("http:...") parses as Scheme::other.
    static Result<Uri> parse(std::string_view text);
    static Uri make(Scheme scheme, std::string_view user, std::string_view host, std::uint16_t port = 0);

    const std::string& text() const { return text_; }
    Scheme scheme() const { return scheme_; }
    std::string_view scheme_text() const;  // as written
    bool is_sip() const { return scheme_ == Scheme::sip || scheme_ == Scheme::sips; }
    std::string_view user() const { return view(user_); }  // without the password; "" when absent. TEL: the number
    std::string_view password() const { return view(password_); }
    std::string_view host() const { return view(host_); }  // IPv6 with brackets, as written
    std::uint16_t port() const { return port_; }           // 0 when absent
    std::uint16_t port_or_default() const;
    std::string_view parameters() const { return view(parameters_); }  // after the first ';', "" when none
    std::string_view headers() const { return view(headers_); }        // after '?', "" when none

    bool has_parameter(std::string_view name) const;
    // The value ("" for a flag); nullopt when the parameter is absent. Names compare case-insensitively.
    std::optional<std::string_view> parameter(std::string_view name) const;
    // transport parameter; nullopt when absent or unknown.
    std::optional<Transport> transport() const;
    bool is_loose_route() const { return has_parameter("lr"); }
    // host() as an address, when it is one.
    std::optional<SocketAddress> address() const;

    // Edits that would leave no URI change nothing. A user part is escaped as needed.
    void set_user(std::string_view user);
    void set_host(std::string_view host);
    void set_port(std::uint16_t port);                                  // 0 removes it
    void set_parameter(std::string_view name, std::string_view value);  // "" writes a flag
    void remove_parameter(std::string_view name);
    void remove_headers();

    // The address of record: scheme, unescaped user, lower-case host; no port, parameters or headers
    // (RFC 3261 section 10.3 step 5). "sip:alice@example.test"
    std::string address_of_record() const;
    // RFC 3261 section 19.1.4.
    bool equivalent(const Uri& other) const;

private:
    struct Part {
        std::uint32_t begin = 0, length = 0;
    };
    std::string_view view(Part part) const { return std::string_view{text_}.substr(part.begin, part.length); }
    bool adopt(std::string text);  // false, and nothing changed, when it is no URI
    std::string_view user_info() const;
    std::string_view host_port() const;
    std::string assemble(std::string_view user_info, std::string_view host_port, std::string_view parameters) const;

    std::string text_;
    Part user_, password_, host_, parameters_, headers_;
    std::uint16_t port_ = 0;
    Scheme scheme_ = Scheme::other;
};

}  // namespace viaduct
