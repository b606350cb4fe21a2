// ng_fuzz: commands of the ng protocol from whoever reaches its port, and replies by cookie.
//
// Promises: views stay inside the datagram; a value that is read is as long as a stream's reader finds it; reading
// ends.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "modules/media_relay/ng/bencode.hpp"
#include "modules/media_relay/ng/ng_message.hpp"
#include "tests/fuzz/require.hpp"

using namespace viaduct;
using namespace viaduct::media_relay;

namespace {

void check_inside(const BencodeValue& value, std::string_view bytes) {
    if (const auto text = value.text()) fuzz::require(fuzz::inside(*text, bytes));
    if (const auto* list = value.list()) {
        for (const BencodeValue& one : *list) check_inside(one, bytes);
    }
    if (const auto* dictionary = value.dictionary()) {
        for (const auto& [key, one] : *dictionary) {
            fuzz::require(fuzz::inside(key, bytes));
            check_inside(one, bytes);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const auto first = BencodeValue::size_of_first(bytes);
    if (first) fuzz::require(*first <= size);
    if (const auto value = BencodeValue::decode(bytes)) {
        fuzz::require(first && *first == size);
        check_inside(*value, bytes);
    }
    if (const auto envelope = NgEnvelope::split(bytes)) {
        fuzz::require(fuzz::inside(envelope->cookie, bytes) && fuzz::inside(envelope->body, bytes));
        std::string problem;
        const auto message = NgMessage::read(envelope->body, problem);
        fuzz::require(message.has_value() != !problem.empty());
    }
    return 0;
}
