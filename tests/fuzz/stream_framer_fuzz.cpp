// stream_framer_fuzz: byte streams, cut anywhere.
//
// Promises: the same events whatever the pieces; framer and message index agree on where a message ends.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <vector>

#include "sip/stream_framer.hpp"
#include "tests/fuzz/require.hpp"

using namespace viaduct;
using fuzz::require;
using sip::StreamFramer;

namespace {

using Kind = StreamFramer::Event::Kind;

struct Seen {
    Kind kind;
    std::string bytes;
    error_code error;
    bool operator==(const Seen&) const = default;
};

constexpr MessageLimits kNarrow{.bytes = 2000, .header_bytes = 1000};

// How much had arrived with a fault, and whether a CRLF was seen alone, depends on the cut.
std::vector<Seen> framed(std::string_view stream, std::size_t piece) {
    StreamFramer framer{kNarrow};
    std::vector<Seen> seen;
    for (; !stream.empty(); stream.remove_prefix(std::min(piece, stream.size()))) {
        framer.feed(stream.substr(0, piece));
        for (auto event = framer.next(); event.kind != Kind::need_more; event = framer.next()) {
            if (event.kind == Kind::pong) continue;
            seen.push_back({event.kind, event.kind == Kind::fault ? "" : event.bytes, event.error});
        }
        require(framer.pending() <= kNarrow.bytes + piece);
    }
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view stream{reinterpret_cast<const char*>(data), size};
    const auto whole = framed(stream, std::max<std::size_t>(1, size));
    require(framed(stream, 1) == whole);
    require(framed(stream, 7) == whole);
    for (const auto& event : whole) {
        if (event.kind != Kind::message) continue;
        const auto message = Message::parse(event.bytes);
        if (!message || message->check()) continue;
        require(message->text() == event.bytes);  // nothing left over, nothing missing
    }
    return 0;
}
