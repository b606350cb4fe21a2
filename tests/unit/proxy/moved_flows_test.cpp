// moved_flows_test: where a dialog's side is now, of the dialogs that moved.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "proxy/moved_flows.hpp"

namespace viaduct::proxy {

namespace {

Flow flow(std::uint32_t slot, const char* remote = "192.0.2.1:1000") {
    Flow made;
    made.transport = Transport::wss;
    made.connection = {0, slot, 1};
    made.remote = *SocketAddress::from_text(remote);
    return made;
}

}  // namespace

TEST_CASE("a side that was heard elsewhere is there, in that dialog alone, until it is back") {
    MovedFlows moved{1};
    moved.note("one", flow(1), flow(1));
    CHECK(moved.size() == 0);
    moved.note("one", flow(1), flow(2));
    moved.note("one", flow(1), flow(3));
    CHECK(moved.size() == 1);
    CHECK(moved.present("one", flow(1)) == flow(3));
    CHECK(moved.present("two", flow(1)) == flow(1));
    CHECK(moved.present("one", flow(7)) == flow(7));
    moved.note("one", flow(1), flow(1));
    CHECK(moved.present("one", flow(1)) == flow(1));
}

TEST_CASE("where the flow arrived says nothing of the way back") {
    MovedFlows moved{1};
    Flow seen = flow(1);
    seen.local = *SocketAddress::from_text("192.0.2.10:5060");
    moved.note("one", flow(1), seen);
    CHECK(moved.size() == 0);
}

TEST_CASE("the oldest dialogs are forgotten first, and there are never more than the bound") {
    MovedFlows moved{1, 3};
    for (const char* const call : {"one", "two", "three", "four"}) moved.note(call, flow(1), flow(2));
    CHECK(moved.size() == 3);
    CHECK(moved.present("one", flow(1)) == flow(1));
    CHECK(moved.present("four", flow(1)) == flow(2));
    for (int n = 0; n < 100; ++n) {
        moved.note("four", flow(1), flow(1));
        moved.note("four", flow(1), flow(2));
    }
    CHECK(moved.present("four", flow(1)) == flow(2));
    CHECK(moved.size() <= 3);
}

}  // namespace viaduct::proxy
