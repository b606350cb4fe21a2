// loop_detection: see loop_detection.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/loop_detection.hpp"

#include <functional>
#include <string_view>
#include <utility>

#include "sip/list_values.hpp"
#include "sip/value_parsers.hpp"
#include "stack/stack.hpp"

namespace viaduct::proxy {
namespace {

void mix(std::uint64_t& hash, std::uint64_t value) { hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL + (hash >> 29); }
void mix(std::uint64_t& hash, std::string_view text) { mix(hash, std::hash<std::string_view>{}(text)); }

bool is_ours_with(const Via& via, std::uint64_t hash, const OwnNames& names) {
    return stack::Stack::loop_hash_of(via.branch) == hash && names.is_own_address(via.host, via.port);
}

}  // namespace

std::uint64_t loop_hash(const Message& request) {
    std::uint64_t hash = 0x243f6a8885a308d3ULL;
    mix(hash, request.request_uri_text());
    mix(hash, request.call_id());
    mix(hash, request.from_tag());
    if (const auto cseq = request.cseq()) mix(hash, cseq->number);
    for (const HeaderField& field : request.header_fields()) {
        if (field.id == HeaderId::route) mix(hash, field.value);
    }
    return hash;
}

bool is_loop(const Message& request, std::uint64_t hash, const OwnNames& names) {
    if (const auto top = request.top_via(); top && is_ours_with(*top, hash, names)) return true;
    bool first = true;
    for (const HeaderField& field : request.header_fields()) {
        if (field.id != HeaderId::via) continue;
        sip::ListCursor cursor{field.value};
        for (std::string_view value; cursor.next(value);) {
            if (std::exchange(first, false)) continue;
            const auto via = sip::parse_via(value);
            if (via && is_ours_with(*via, hash, names)) return true;
        }
    }
    return false;
}

}  // namespace viaduct::proxy
