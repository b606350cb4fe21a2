// transport_fixture: a TransportLayer of one worker over a FakeNetwork, with a user that remembers what it heard.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "fake_network.hpp"
#include "result_words.hpp"
#include "support/manual_workers.hpp"
#include "transport/transport_layer.hpp"

namespace viaduct::test {

inline SocketAddress address(std::string_view text) { return *SocketAddress::from_text(text); }

struct RecordingUser final : transport::TransportUser {
    void on_message(Message message, const Flow& flow) override {
        messages.push_back(std::move(message));
        flows.push_back(flow);
        if (then) then();
    }
    void on_faulty_request(Message message, const Flow&, error_code fault) override {
        faulty.push_back(std::move(message));
        faults.push_back(fault);
    }
    void on_connection_closed(const Flow& flow) override { closed.push_back(flow); }
    void on_keep_alive(const Flow& flow) override { keep_alives.push_back(flow); }

    std::vector<Message> messages, faulty;
    std::vector<Flow> flows, closed, keep_alives;
    std::vector<error_code> faults;
    std::function<void()> then;
};

inline std::string options_request(std::string_view via, std::string_view more = "") {
    std::string text = "OPTIONS sip:bob@192.0.2.1 SIP/2.0\r\nVia: ";
    text.append(via);
    text +=
        "\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.test>;tag=a1\r\nTo: <sip:bob@example.test>\r\n"
        "Call-ID: c1@example.test\r\nCSeq: 1 OPTIONS\r\n";
    text.append(more);
    text += "Content-Length: 0\r\n\r\n";
    return text;
}

inline std::string ok_response(std::string_view via) {
    std::string text = options_request(via);
    text.replace(0, text.find("\r\n"), "SIP/2.0 200 OK");
    return text;
}

inline Message parsed(const std::string& text) {
    auto message = Message::parse(text);
    REQUIRE(message);
    return std::move(*message);
}

struct TransportFixture {
    explicit TransportFixture(transport::TransportLimits limits = {}, unsigned count = 1)
        : workers{count}, layer{{workers, network, user, metrics, workers.timers(), limits, 0, {}}} {
        layer.start({{Transport::udp, address("192.0.2.1:5060"), "", 0, 0},
                     {Transport::tcp, address("192.0.2.1:5060"), "", 0, 1},
                     {Transport::udp, address("[2001:db8::1]:5060"), "", 0, 2},
                     {Transport::udp, address("192.0.2.1:5070"), "sip.example.test", 5060, 3}});
    }

    void receives(std::string_view bytes, std::string_view from = "198.51.100.7:5060", std::uint16_t listener = 0) {
        const transport::NetworkEvents::Datagram datagram{listener, address(from), bytes};
        layer.on_datagrams({&datagram, 1});
        layer.on_batch_end();
    }
    // A connection from a phone; its stream.
    transport::StreamId accepts(std::string_view from = "198.51.100.7:40000") {
        const transport::StreamId stream = ++network.last_stream;
        network.streams[stream].to = address(from);
        layer.on_accepted(stream, 1, address("192.0.2.1:5060"), address(from));
        return stream;
    }
    std::uint64_t counted(std::string_view name, std::string_view labels = "") const {
        std::uint64_t sum = 0;
        for (const auto& sample : metrics.samples()) {
            if (sample.name == name && (labels.empty() || sample.labels == labels))
                sum += static_cast<std::uint64_t>(sample.value);
        }
        return sum;
    }

    Metrics metrics;
    ManualWorkers workers;
    FakeNetwork network;
    RecordingUser user;
    transport::TransportLayer layer;
};

}  // namespace viaduct::test
