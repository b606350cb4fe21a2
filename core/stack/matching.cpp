// matching: see matching.hpp. Fields are separated by NUL, which no SIP grammar allows in them.
// SPDX-License-Identifier: Apache-2.0
#include "stack/matching.hpp"

#include <charconv>
#include <cstdint>

namespace viaduct::stack {
namespace {

void add(std::string& key, std::string_view field) {
    key.append(field);
    key.push_back('\0');
}

void add(std::string& key, std::uint32_t number) {
    char digits[10];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    add(key, std::string_view{digits, static_cast<std::size_t>(end - digits)});
}

// Host names compare without regard to case (section 19.1.4).
void add_sent_by(std::string& key, const Via& via) {
    for (const char c : via.host) key.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
    key.push_back('\0');
    add(key, via.port);
}

}  // namespace

std::string_view transaction_method(const Message& request) {
    return request.method() == Method::ack ? to_text(Method::invite) : request.method_text();
}

bool server_key(const Message& request, std::string_view method, std::string& key) {
    const auto via = request.top_via();
    if (!via) return false;
    key.clear();
    if (via->has_magic_cookie()) {
        add(key, via->branch);
        add_sent_by(key, *via);
        key.append(method);
        return true;
    }
    // RFC 2543. The To tag is left out: the request's has none, its ACK's is the one we answered with, and within a
    // dialog the CSeq tells requests apart. `received` and `rport` are left out of Via: a NAT may change them.
    const auto cseq = request.cseq();
    if (!cseq) return false;
    key.push_back('\1');
    add(key, via->branch);
    add_sent_by(key, *via);
    add(key, request.request_uri_text());
    add(key, request.from_tag());
    add(key, request.call_id());
    add(key, cseq->number);
    key.append(method);
    return true;
}

void client_key(std::string_view branch, std::string_view method, std::string& key) {
    key.clear();
    add(key, branch);
    key.append(method);
}

}  // namespace viaduct::stack
