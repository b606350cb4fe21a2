// The way of bytes through the layers of a connection.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <functional>

#include <sys/uio.h>

#include "transport/layer_stack.hpp"

using namespace viaduct;
using transport::LayerStack;
using transport::Passage;

namespace {

// Says hello once started, is ready when it hears "go", passes the rest on and marks what it sends.
class Marking : public StreamLayer {
public:
    explicit Marking(std::string mark) : mark_{std::move(mark)} {}
    void start(StreamOutput& output) override { output.to_peer = mark_ + "?"; }
    void receive(std::string_view bytes, StreamOutput& output) override {
        if (!ready_ && bytes.starts_with("go")) {
            ready_ = output.ready = true;
            bytes.remove_prefix(2);
        }
        output.upward = bytes;
    }
    void send(std::span<const iovec> pieces, StreamOutput& output) override {
        output.to_peer = mark_ + "(";
        for (const iovec& piece : pieces)
            output.to_peer.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
        output.to_peer += ")";
    }
    void close(StreamOutput& output) override { output.to_peer = mark_ + "!"; }

private:
    std::string mark_;
    bool ready_ = false;
};

// Does what the test says with the first bytes.
class Once : public StreamLayer {
public:
    using Act = std::function<void(std::string_view, StreamOutput&)>;
    explicit Once(Act act) : act_{std::move(act)} {}
    void receive(std::string_view bytes, StreamOutput& output) override { act_(bytes, output); }
    void send(std::span<const iovec>, StreamOutput&) override {}

private:
    Act act_;
};

Passage heard(LayerStack& stack, std::string_view bytes) {
    Passage passage;
    stack.receive(bytes, passage);
    return passage;
}

Passage sent(LayerStack& stack, std::string text) {
    Passage passage;
    const iovec piece{text.data(), text.size()};
    stack.send({&piece, 1}, passage);
    return passage;
}

}  // namespace

TEST_CASE("a layer starts when the one below it is ready, and SIP when all are") {
    LayerStack stack;
    stack.push(std::make_unique<Marking>("tls"));
    stack.push(std::make_unique<Marking>("ws"));
    Passage begun;
    stack.start(begun);
    CHECK(begun.to_socket == "tls?");
    CHECK_FALSE(stack.ready());

    const Passage first = heard(stack, "go");
    CHECK(first.to_socket == "tls(ws?)");  // the upper one's words go through the lower one
    CHECK_FALSE(first.ready);

    const Passage second = heard(stack, "goOPTIONS");
    CHECK(second.ready);
    CHECK(second.bytes == "OPTIONS");
    CHECK(sent(stack, "200").to_socket == "tls(ws(200))");
}

TEST_CASE("handshake and first words may come in one read") {
    LayerStack stack;
    stack.push(std::make_unique<Marking>("tls"));
    Passage begun;
    stack.start(begun);
    const Passage all = heard(stack, "goINVITE");
    CHECK(all.ready);
    CHECK(all.bytes == "INVITE");
}

TEST_CASE("a layer whose work is done leaves, and what it did not use goes on") {
    LayerStack stack;
    stack.push(std::make_unique<Once>([](std::string_view bytes, StreamOutput& output) {
        output.leave = true;
        output.remote = SocketAddress::from_text("192.0.2.9:40000");
        output.remainder = bytes.substr(2);
    }));
    Passage begun;
    stack.start(begun);
    CHECK_FALSE(begun.ready);
    const Passage passage = heard(stack, "..REGISTER");
    CHECK(passage.ready);
    CHECK(passage.bytes == "REGISTER");
    REQUIRE(passage.remote);
    CHECK(passage.remote->text() == "192.0.2.9:40000");
    CHECK(sent(stack, "200").to_socket == "200");
    CHECK(heard(stack, "BYE").bytes == "BYE");
}

TEST_CASE("a layer below others leaves before they start") {
    LayerStack stack;
    stack.push(std::make_unique<Once>([](std::string_view bytes, StreamOutput& output) {
        output.leave = true;
        output.remainder = bytes.substr(1);
    }));
    stack.push(std::make_unique<Marking>("tls"));
    Passage begun;
    stack.start(begun);
    CHECK(begun.to_socket.empty());
    const Passage passage = heard(stack, ".goACK");
    CHECK(passage.to_socket == "tls?");
    CHECK(passage.bytes == "ACK");
}

TEST_CASE("a successor takes the place of a layer that was ready, and is started anew") {
    LayerStack stack;
    stack.push(std::make_unique<Once>([](std::string_view bytes, StreamOutput& output) {
        if (bytes == "GET") {
            output.ready = true;
            return;
        }
        output.to_peer = "101 ";
        output.successor = std::make_unique<Marking>("ws");
        output.remainder = bytes.substr(3);
    }));
    Passage begun;
    stack.start(begun);
    CHECK(heard(stack, "GET").ready);
    const Passage upgraded = heard(stack, "UPGgoSIP");
    CHECK(upgraded.to_socket == "101 ws?");
    CHECK(upgraded.ready);
    CHECK(upgraded.bytes == "SIP");
}

TEST_CASE("what arrived before the end still counts, what comes after does not") {
    LayerStack stack;
    stack.push(std::make_unique<Once>([](std::string_view bytes, StreamOutput& output) {
        output.ready = true;
        output.upward = bytes;
        output.end = StreamEnd{"closed by peer"};
    }));
    Passage begun;
    stack.start(begun);
    const Passage last = heard(stack, "BYE");
    CHECK(last.bytes == "BYE");
    REQUIRE(last.end);
    CHECK(last.end->reason == "closed by peer");
}

TEST_CASE("last words go from the highest layer down, those of layers that are ready") {
    LayerStack stack;
    stack.push(std::make_unique<Marking>("tls"));
    stack.push(std::make_unique<Marking>("ws"));
    Passage passage;
    stack.start(passage);
    (void)heard(stack, "go");
    Passage half;
    stack.close(half);
    CHECK(half.to_socket == "tls!");
    (void)heard(stack, "go");
    Passage whole;
    stack.close(whole);
    CHECK(whole.to_socket == "tls(ws!)tls!");
}
