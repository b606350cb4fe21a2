// stack_bench: a Stack over the real TransportLayer, a recording network, a hand-turned clock, and a user that writes
// down what it is told.
//
//   bench.hears(bench.request("INVITE", "z9hG4bK1"));
//   CHECK(bench.told() == "INVITE");
//   CHECK(bench.sends().status() == 180);
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include <viaduct/message.hpp>

#include "base/metrics.hpp"
#include "recording_network.hpp"
#include "stack/stack.hpp"
#include "support/manual_workers.hpp"

namespace viaduct::stack {

// Writes down each call as a word; `reaction` runs inside on_request and on_caller_gone.
class RecordingUser final : public TransactionUser {
public:
    void on_request(ServerTransactionId transaction, Message&& request, const Flow&) override {
        note(std::string{request.method_text()});
        server = transaction;
        last = asked = std::move(request);
        if (reaction) reaction();
    }
    void on_ack(Message&& ack, const Flow&) override {
        note("ACK");
        last = std::move(ack);
    }
    void on_cancel(ServerTransactionId invite, const Message& cancel) override {
        note("cancelled");
        cancelled = invite;
        last = cancel;
    }
    void on_caller_gone(ServerTransactionId invite) override {
        note("gone");
        cancelled = invite;
        if (reaction) reaction();
    }
    void on_server_transaction_end(ServerTransactionId transaction) override {
        note("end");
        ended = transaction;
    }
    void on_response(ClientTransactionId transaction, Message&& response, const Flow&) override {
        note(std::to_string(response.status()));
        client = transaction;
        last = std::move(response);
    }
    void on_client_failure(ClientTransactionId transaction, ClientFailure failure) override {
        note(failure == ClientFailure::timeout ? "timeout" : "transport_error");
        client = transaction;
    }
    void on_stray_response(Message&& response, const Flow&) override {
        note("stray " + std::to_string(response.status()));
        last = std::move(response);
    }

    std::string told;  // since it was last asked for
    ServerTransactionId server, cancelled, ended;
    ClientTransactionId client;
    Message asked;  // the request of `server`
    Message last;
    UniqueFunction<void()> reaction;

private:
    void note(const std::string& word) { told += (told.empty() ? "" : ", ") + word; }
};

class StackBench {
public:
    static constexpr const char* kAlice = "192.0.2.1:5060";
    static constexpr const char* kBob = "192.0.2.2:5060";

    explicit StackBench(StackSettings settings = {}) {
        stack =
            std::make_unique<Stack>(Stack::Dependencies{workers, workers.timers(), transport, user, metrics, settings});
        relay.to = stack.get();
        const auto own = *SocketAddress::from_text("192.0.2.10:5060");
        transport.start({{.transport = Transport::udp, .address = own, .index = 0},
                         {.transport = Transport::tcp, .address = own, .index = 1}});
    }

    // -- messages
    // As alice sends it; `more` are whole header lines.
    static std::string request(const std::string& method, const std::string& branch, const std::string& more = {},
                               const std::string& to_tag = {}) {
        return method + " sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060" +
               (branch.empty() ? "" : ";branch=" + branch) +
               "\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.test>;tag=alice\r\nTo: <sip:bob@example.test>" +
               (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\nCall-ID: call-1\r\nCSeq: 7 " + method + "\r\n" + more +
               "Content-Length: 0\r\n\r\n";
    }
    // As the proxy would send it on, with a Via of ours on top.
    Message forwarded(const std::string& method, const std::string& more = {}) {
        Message message = Message::parse(request(method, "z9hG4bKalice", more)).value();
        message.prepend(HeaderId::via, "SIP/2.0/UDP 192.0.2.10:5060;branch=" + stack->new_branch(0));
        return message;
    }
    static std::string response(const Message& request, int status, const std::string& to_tag = "bob") {
        return Message::response_to(request, status, default_reason(status), to_tag).text();
    }

    // -- the world
    void hears(const std::string& bytes, const char* from = kAlice) {
        const transport::NetworkEvents::Datagram datagram{0, *SocketAddress::from_text(from), bytes};
        network.events->on_datagrams({&datagram, 1});
        network.events->on_batch_end();
        workers.run();
    }
    void hears_on(transport::StreamId stream, const std::string& bytes) {
        network.events->on_received(stream, bytes);
        network.events->on_batch_end();
        workers.run();
    }
    // What comes over a connection of another worker, and what this worker is told of its end.
    static Flow connection(std::uint32_t slot, Transport transport = Transport::ws) {
        return {transport, 1, {1, slot, 1}, {}, *SocketAddress::from_text("192.0.2.1:40000")};
    }
    void hears_by(const Flow& flow, const std::string& bytes) {
        stack->on_message(Message::parse(bytes).value(), flow);
        workers.run();
    }
    void hears_of_end(const Flow& flow) {
        stack->on_connection_closed(flow);
        workers.run();
    }
    void passes(Duration time) { workers.advance(time); }

    // -- what came of it
    // The oldest message sent and not looked at yet; empty when there is none.
    Message sends() {
        if (network.sent.empty()) return {};
        last_sent = network.sent.front();
        network.sent.pop_front();
        return Message::parse(last_sent.bytes).value();
    }
    // All that was sent and not looked at, as words: "100, 200", "INVITE, INVITE".
    std::string all_sent() {
        std::string all;
        while (const Message message = sends()) {
            all += (all.empty() ? "" : ", ") +
                   (message.is_request() ? std::string{message.method_text()} : std::to_string(message.status()));
        }
        return all;
    }
    std::string told() { return std::exchange(user.told, {}); }
    // The user answers the request it was given last.
    bool responds(int status) {
        return stack->respond(user.server, Message::response_to(user.asked, status, default_reason(status), "bob"));
    }
    bool responds_statelessly(int status) {
        const std::string tag = stack->local_tag(user.asked);
        return stack->respond_statelessly(user.server,
                                          Message::response_to(user.asked, status, default_reason(status), tag));
    }
    static transport::Destination bob(Transport over = Transport::udp) {
        return {over, *SocketAddress::from_text(kBob), {}, {}};
    }
    std::uint64_t counted(std::string_view name) const { return metrics.total(name); }

    test::ManualWorkers workers;
    RecordingNetwork network;
    Metrics metrics;
    RecordingUser user;
    RecordingNetwork::Sent last_sent;

private:
    // TransportLayer and Stack need each other; this one is there first.
    struct Relay final : transport::TransportUser {
        void on_message(Message message, const Flow& flow) override { to->on_message(std::move(message), flow); }
        void on_faulty_request(Message message, const Flow& flow, error_code fault) override {
            to->on_faulty_request(std::move(message), flow, fault);
        }
        void on_connection_closed(const Flow& flow) override { to->on_connection_closed(flow); }
        void on_keep_alive(const Flow& flow) override { to->on_keep_alive(flow); }
        Stack* to = nullptr;
    };
    Relay relay;

public:
    transport::TransportLayer transport{{workers, network, relay, metrics, workers.timers()}};
    std::unique_ptr<Stack> stack;
};

}  // namespace viaduct::stack
