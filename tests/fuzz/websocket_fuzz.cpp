// websocket_fuzz: the frames of a WebSocket connection, cut anywhere.
//
// Promises: the same messages and the same end whatever the pieces; no message above the limit; text is UTF-8 all
// through; what is said is whole frames; little is kept between inputs.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "modules/websocket/websocket_counters.hpp"
#include "modules/websocket/websocket_layer.hpp"
#include "support/stream_bench.hpp"
#include "tests/fuzz/require.hpp"

using namespace viaduct;
using namespace viaduct::websocket;
using fuzz::require;

namespace {

const WebSocketSettings kNarrow{.message_bytes = 300, .pings_per_second = 1'000'000};

struct Outcome {
    std::vector<std::string> messages;
    std::string end;
    bool operator==(const Outcome&) const = default;
};

void check_frames(std::string_view said) {
    while (!said.empty()) {
        require(said.size() >= 2 && (static_cast<unsigned char>(said[0]) & 0xf0) == 0x80);
        const auto length = static_cast<unsigned char>(said[1]);
        require(length <= 125 && said.size() >= 2U + length);
        said.remove_prefix(2U + length);
    }
}

Outcome run(std::string_view bytes, std::size_t piece) {
    static Metrics metrics;
    static WebSocketCounters counters{metrics};
    test::ManualWorkers workers;
    test::StreamBench connection{workers};
    connection.begin(std::make_unique<WebSocketLayer>(workers, kNarrow, counters, connection, WebSocketPeer{}));
    connection.receive_in_pieces(bytes, piece);
    check_frames(connection.sent);
    for (const auto& message : connection.messages)
        require(!message.empty() && message.size() <= kNarrow.message_bytes);
    return {std::move(connection.messages), connection.ended ? connection.ended->reason : ""};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const Outcome whole = run(bytes, std::max<std::size_t>(1, size));
    require(run(bytes, 1) == whole);
    require(run(bytes, 5) == whole);
    return 0;
}
