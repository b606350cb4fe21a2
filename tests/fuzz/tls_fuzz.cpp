// tls_fuzz: what a peer may send into a TLS connection: from the first byte, in the middle of a handshake, or
// afterwards.
//
// Promises: the same end whatever the pieces; once ended, nothing more goes up; nothing invented is ever accepted.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>

#include "tests/fuzz/require.hpp"
#include "tests/unit/tls/joined.hpp"

using namespace viaduct;
using namespace viaduct::tls;
using namespace viaduct::tls::test;
using fuzz::require;

namespace {

struct Parts : World {
    std::unique_ptr<Security> server_side = server(), client_side = client();
};

// How far both had come before the input: 0 not at all, 1 the client has spoken, 2 the server too, 3 done.
void prepare(Joined& joined, unsigned stage) {
    joined.client.start();
    if (stage >= 1) Joined::pass(joined.client, joined.server, 0);
    if (stage >= 2) Joined::pass(joined.server, joined.client, 0);
    if (stage >= 3) joined.run();
}

std::string fed(Parts& parts, unsigned stage, bool to_client, std::string_view bytes, std::size_t piece) {
    Joined joined{*parts.server_side, *parts.client_side};
    prepare(joined, stage);
    End& end = to_client ? joined.client : joined.server;
    const bool was_ready = end.ready;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        const bool ended = !end.ended.empty();
        const std::size_t said = end.sent.size();
        end.receive(bytes.substr(at, piece));
        require(!ended || end.sent.size() == said);
    }
    require(end.got.empty());          // nobody but the peer can seal a record
    require(was_ready || !end.ready);  // nor finish a handshake
    end.close();
    return end.ended;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Parts parts;
    if (size < 1) return 0;
    const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    const unsigned stage = data[0] & 3;
    const bool to_client = (data[0] & 4) != 0;
    const std::string whole = fed(parts, stage, to_client, bytes, std::max<std::size_t>(1, bytes.size()));
    require(fed(parts, stage, to_client, bytes, 3) == whole);
    return 0;
}
