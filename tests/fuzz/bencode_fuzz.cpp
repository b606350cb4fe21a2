// bencode_fuzz: what an external relay may send: no bytes crash the reader, and what it reads it can write and read
// again.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "modules/rtpengine/bencode.hpp"
#include "modules/rtpengine/ng_message.hpp"
#include "require.hpp"

using namespace viaduct::rtpengine;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto value = read_bencode({reinterpret_cast<const char*>(data), size});
    if (!value) return 0;
    std::string text, reason;
    write_bencode(*value, text);
    const auto again = read_bencode(text);
    viaduct::fuzz::require(again.has_value());
    static_cast<void>(rewritten(*value, reason));
    static_cast<void>(figures("call", *value, 1'700'000'000));
    return 0;
}
