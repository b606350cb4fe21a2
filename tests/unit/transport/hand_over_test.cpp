// Sends on a connection of another worker: the bytes travel, the connection does not.
// SPDX-License-Identifier: Apache-2.0
#include "transport_fixture.hpp"

using namespace viaduct;
using namespace viaduct::test;

namespace {

const std::string kVia = "SIP/2.0/TCP phone.example.test;branch=z9hG4bKa;received=198.51.100.7;rport=40000";

// Two workers of one server, on the test's thread.
struct TwoWorkers {
    TwoWorkers() : layers{make(0), make(1)} {
        const std::vector<transport::Listener> listeners{{Transport::tcp, address("192.0.2.1:5060"), "", 0, 0}};
        layers[0]->start(listeners);
        layers[1]->start(listeners);
    }
    std::unique_ptr<transport::TransportLayer> make(std::uint16_t worker) {
        return std::make_unique<transport::TransportLayer>(
            transport::TransportLayer::Dependencies{workers,
                                                    networks[worker],
                                                    users[worker],
                                                    metrics,
                                                    workers.timers(worker),
                                                    {},
                                                    worker,
                                                    [this](unsigned which) { return layers[which].get(); }});
    }
    Flow alice_connects_to(unsigned worker) {
        networks[worker].streams[1].to = address("198.51.100.7:40000");
        layers[worker]->on_accepted(1, 0, address("192.0.2.1:5060"), address("198.51.100.7:40000"));
        layers[worker]->on_received(1, options_request(kVia));
        return users[worker].flows.at(0);
    }

    Metrics metrics;
    ManualWorkers workers{2};
    FakeNetwork networks[2];
    RecordingUser users[2];
    std::unique_ptr<transport::TransportLayer> layers[2];
};

}  // namespace

TEST_CASE("a response leaves by the connection another worker owns") {
    TwoWorkers server;
    const Flow flow = server.alice_connects_to(1);
    const auto response = parsed(ok_response(kVia));
    REQUIRE(server.layers[0]->send_response(response, flow));
    CHECK(server.networks[1].streams[1].written.empty());  // not from this thread
    server.workers.run();
    CHECK(server.networks[1].streams[1].written == response.text());
}

TEST_CASE("the worker that sent hears when the other's connection is gone") {
    TwoWorkers server;
    error_code told;
    const Flow flow = server.alice_connects_to(1);
    server.layers[1]->on_closed(1, make_error_code(boost::system::errc::connection_reset));
    const auto request = parsed(options_request("SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKa"));
    REQUIRE(server.layers[0]->send_request(request, transport::Destination::of(flow),
                                           [&](error_code error) { told = error; }));
    server.workers.run();
    CHECK(told == make_error_code(boost::system::errc::not_connected));
}

TEST_CASE("a worker with a full mailbox is sent nothing, and whoever wanted to send knows at once") {
    TwoWorkers server;
    int told = 0;
    const Flow flow = server.alice_connects_to(1);
    server.workers.busy = true;
    const auto request = parsed(options_request("SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKa"));
    const auto sent =
        server.layers[0]->send_request(request, transport::Destination::of(flow), [&](error_code) { ++told; });
    REQUIRE_FALSE(sent);
    CHECK(sent.error() == make_error_code(boost::system::errc::no_buffer_space));
    REQUIRE(server.layers[0]->send_stateless_response(parsed(ok_response(kVia))));
    server.workers.run();
    CHECK(told == 0);
    CHECK(server.networks[1].streams[1].written.empty());
    CHECK(server.metrics.total("viaduct_transport_unsent_total") == 2);
    CHECK(server.metrics.total("viaduct_transport_sends_handed_over_total") == 0);
}

TEST_CASE("a send that was handed over fails at the worker that sent, however full its mailbox is") {
    TwoWorkers server;
    error_code told;
    const Flow flow = server.alice_connects_to(1);
    server.layers[1]->on_closed(1, make_error_code(boost::system::errc::connection_reset));
    const auto request = parsed(options_request("SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKa"));
    REQUIRE(server.layers[0]->send_request(request, transport::Destination::of(flow),
                                           [&](error_code error) { told = error; }));
    server.workers.busy = true;
    server.workers.run();
    CHECK(told == make_error_code(boost::system::errc::not_connected));
}

TEST_CASE("a stateless response finds the connection whichever worker has it") {
    TwoWorkers server;
    server.alice_connects_to(1);
    const auto response = parsed(ok_response(kVia));
    REQUIRE(server.layers[0]->send_stateless_response(response));
    server.workers.run();
    CHECK(server.networks[1].streams[1].written == response.text());
    CHECK(server.networks[0].streams.empty());
}

TEST_CASE("a stateless response without any connection opens one to the sent-by's port", "[RFC 3261 18.2.2]") {
    TwoWorkers server;
    REQUIRE(server.layers[0]->send_stateless_response(parsed(ok_response(kVia))));
    server.workers.run();
    const std::size_t opened = server.networks[0].streams.size() + server.networks[1].streams.size();
    REQUIRE(opened == 1);
    const auto& streams = server.networks[0].streams.empty() ? server.networks[1].streams : server.networks[0].streams;
    CHECK(streams.begin()->second.to == address("198.51.100.7:5060"));
}
