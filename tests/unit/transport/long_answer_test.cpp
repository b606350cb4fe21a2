// What a layer has to say in parts goes out in parts, whether the kernel takes them at once or not.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <viaduct/http_service.hpp>

#include "transport_fixture.hpp"

using namespace viaduct;
using namespace viaduct::test;

namespace {

// Says one digit at a time, down to 0.
class Countdown final : public StreamLayer {
public:
    void receive(std::string_view, StreamOutput& output) override { say(output); }
    void on_writable(StreamOutput& output) override { say(output); }
    void send(std::span<const iovec>, StreamOutput&) override {}

private:
    void say(StreamOutput& output) {
        if (left_ < 0) return;
        output.to_peer = std::to_string(left_--);
        output.more = left_ >= 0;
    }
    int left_ = 3;
};

struct CountdownService final : HttpService {
    bool is_trusted_proxy(const SocketAddress&) const override { return false; }
    std::unique_ptr<StreamLayer> accept(StreamControl&) override { return std::make_unique<Countdown>(); }
    Registration add_route(std::string_view, std::string_view, Handler) override { return {}; }
    Registration add_upgrade(std::string_view, UpgradeHandler) override { return {}; }
};

struct WebFixture {
    WebFixture() {
        layer.start({{Transport::ws, address("192.0.2.1:8080"), "", 0, 0}});
        network.streams[1].to = address("198.51.100.7:40000");
        layer.on_accepted(1, 0, address("192.0.2.1:8080"), address("198.51.100.7:40000"));
    }
    CountdownService http;
    Metrics metrics;
    ManualWorkers workers{1};
    FakeNetwork network;
    RecordingUser user;
    transport::TransportLayer layer{{.workers = workers,
                                     .network = network,
                                     .user = user,
                                     .metrics = metrics,
                                     .timers = workers.timers(),
                                     .limits = {},
                                     .worker = 0,
                                     .peer = {},
                                     .streams = {.security = nullptr, .http = &http}}};
};

}  // namespace

TEST_CASE("a layer that has more to say is asked again when the kernel took all it said at once") {
    WebFixture fixture;
    fixture.layer.on_received(1, "GET / HTTP/1.1");
    CHECK(fixture.network.streams[1].written == "3");
    fixture.workers.run();
    CHECK(fixture.network.streams[1].written == "3210");
}

TEST_CASE("and waits while its peer does not read") {
    WebFixture fixture;
    fixture.network.stuck = true;
    fixture.layer.on_received(1, "GET / HTTP/1.1");
    fixture.workers.run();
    CHECK(fixture.network.streams[1].written == "3");
    fixture.network.streams[1].queued = 0;
    fixture.layer.on_writable(1);
    CHECK(fixture.network.streams[1].written == "32");
}
