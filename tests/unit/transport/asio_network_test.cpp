// AsioNetwork over loopback. Every wait is for an event and bounded; nothing sleeps.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <functional>
#include <map>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include "base/metrics.hpp"
#include "transport/asio_network.hpp"

using namespace viaduct;
using namespace viaduct::transport;

namespace {

const std::vector<Listener> kBoth{{Transport::udp, *SocketAddress::from_text("127.0.0.1:0"), "", 0, 0},
                                  {Transport::tcp, *SocketAddress::from_text("127.0.0.1:0"), "", 0, 1}};

struct Host final : NetworkEvents {
    explicit Host(boost::asio::io_context& io_context, const std::vector<Listener>& listeners = kBoth,
                  AsioSettings settings = {})
        : context{io_context}, network{io_context, metrics, settings} {
        network.open(listeners, *this);
    }

    void on_datagrams(std::span<const Datagram> batch) override {
        for (const auto& datagram : batch) {
            datagrams.emplace_back(datagram.bytes);
            datagram_from = datagram.remote;
        }
        ++batches;
    }
    void on_accepted(StreamId stream, std::uint16_t, const SocketAddress&, const SocketAddress& remote) override {
        accepted.push_back(stream);
        accepted_from = remote;
    }
    void on_connected(StreamId stream, const SocketAddress& local) override {
        connected.push_back(stream);
        connected_local = local;
    }
    void on_received(StreamId stream, std::string_view bytes) override { received[stream].append(bytes); }
    void on_writable(StreamId) override { ++writable; }
    void on_progress(StreamId stream) override {
        ++progress;
        still_queued.push_back(network.queued(stream));
    }
    void on_closed(StreamId stream, error_code reason) override { closed[stream] = reason; }
    void on_gone(StreamId stream) override { gone.push_back(stream); }
    void on_datagram_refused(std::uint16_t, const SocketAddress& remote, error_code reason) override {
        refused_to = remote;
        refused_for = reason;
    }
    void on_batch_end() override { network.flush(); }

    // Runs the loop until the condition holds; false after some seconds without.
    bool until(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + 5s;
        context.restart();
        while (!condition()) {
            if (context.run_one_until(deadline) == 0) return condition();
        }
        return true;
    }
    void queues(const SocketAddress& to, std::string_view bytes) {
        const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
        network.send_datagram(0, to, {&piece, 1});
    }
    void sends(const SocketAddress& to, std::string_view bytes) {
        queues(to, bytes);
        network.flush();
    }
    void writes(StreamId stream, std::string_view bytes) {
        const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
        network.write(stream, {&piece, 1});
    }
    const SocketAddress& udp() const { return network.listeners()[0].address; }
    const SocketAddress& tcp() const { return network.listeners()[1].address; }

    boost::asio::io_context& context;
    Metrics metrics;
    AsioNetwork network;
    std::vector<std::string> datagrams;
    SocketAddress datagram_from, accepted_from, connected_local, refused_to;
    error_code refused_for;
    std::vector<StreamId> accepted, connected, gone;
    std::map<StreamId, std::string> received;
    std::map<StreamId, error_code> closed;
    int batches = 0, writable = 0, progress = 0;
    std::vector<std::size_t> still_queued;  // at each progress
};

// Two ends of one TCP connection.
struct Pair {
    Pair() {
        at_alice = alice.network.connect(bob.tcp(), nullptr);
        REQUIRE(alice.until([&] { return !alice.connected.empty() && !bob.accepted.empty(); }));
        at_bob = bob.accepted[0];
    }
    boost::asio::io_context context;
    Host alice{context}, bob{context};
    StreamId at_alice = 0, at_bob = 0;
};

}  // namespace

TEST_CASE("port 0 becomes the real port") {
    boost::asio::io_context context;
    const Host alice{context};
    CHECK(alice.udp().port() != 0);
    CHECK(alice.tcp().port() != 0);
}

TEST_CASE("datagrams arrive with their sender, many to a batch") {
    boost::asio::io_context context;
    Host alice{context}, bob{context};
    for (int i = 0; i < 100; ++i) alice.queues(bob.udp(), "datagram " + std::to_string(i));
    alice.network.flush();
    REQUIRE(bob.until([&] { return bob.datagrams.size() == 100; }));
    CHECK(bob.datagrams[0] == "datagram 0");
    CHECK(bob.datagrams[99] == "datagram 99");
    CHECK(bob.datagram_from == alice.udp());
    CHECK(bob.batches < 20);
}

TEST_CASE("a datagram of pieces arrives as one, up to the largest") {
    boost::asio::io_context context;
    Host alice{context}, bob{context};
    std::string head = "head ", body(60'000, 'b');
    const iovec pieces[] = {{head.data(), head.size()}, {body.data(), body.size()}};
    alice.network.send_datagram(0, bob.udp(), pieces);
    alice.network.flush();
    REQUIRE(bob.until([&] { return !bob.datagrams.empty(); }));
    CHECK(bob.datagrams[0] == head + body);
}

TEST_CASE("a datagram too long for the wire is counted and harms no other") {
    boost::asio::io_context context;
    Host alice{context}, bob{context};
    alice.sends(bob.udp(), "before");
    alice.sends(bob.udp(), std::string(70'000, 'x'));
    alice.sends(bob.udp(), "after");
    REQUIRE(bob.until([&] { return bob.datagrams.size() == 2; }));
    CHECK(alice.metrics.total("viaduct_transport_datagrams_lost_total") == 1);
}

TEST_CASE("a closed port is reported with the address it was sent to, and the loop goes on", "[RFC 3261 18.4]") {
    boost::asio::io_context context;
    Host alice{context};
    SocketAddress nobody;
    {
        boost::asio::io_context other;
        nobody = Host{other}.udp();
    }
    alice.sends(nobody, "anybody there?");
    REQUIRE(alice.until([&] { return static_cast<bool>(alice.refused_for); }));
    CHECK(alice.refused_to == nobody);
    CHECK(alice.refused_for == boost::system::errc::connection_refused);
    Host bob{context};
    alice.sends(bob.udp(), "still here");
    CHECK(bob.until([&] { return !bob.datagrams.empty(); }));
    // Nothing is left to do: an error that stayed in the queue would wake the loop for ever.
    context.restart();
    while (context.poll() > 0) {
    }
    CHECK(context.poll() == 0);
}

TEST_CASE("a port held by another is refused with words that help, and may be shared between workers") {
    boost::asio::io_context context;
    const Host server{context};
    std::vector<Listener> same = server.network.listeners();
    for (const std::size_t which : {0U, 1U}) {
        try {
            const Host second{context, {same[which]}};
            FAIL("shared a port in silence");
        } catch (const boost::system::system_error& error) {
            const std::string what = error.what();
            CHECK(error.code() == boost::system::errc::address_in_use);
            CHECK(what.find(std::string{to_text(same[which].transport)} + ":" + same[which].address.text()) !=
                  std::string::npos);
            CHECK(what.find("another process holds this port") != std::string::npos);
            CHECK(what.find("Address already in use") != std::string::npos);
        }
    }
    CHECK_NOTHROW(Host{context, same, {.first = false}});  // the same process's next worker
}

TEST_CASE("bytes go both ways over TCP in order") {
    Pair pair;
    pair.alice.writes(pair.at_alice, "one ");
    pair.alice.writes(pair.at_alice, "two");
    pair.bob.writes(pair.at_bob, "three");
    REQUIRE(pair.alice.until(
        [&] { return pair.bob.received[pair.at_bob].size() == 7 && pair.alice.received[pair.at_alice].size() == 5; }));
    CHECK(pair.bob.received[pair.at_bob] == "one two");
    CHECK(pair.bob.accepted_from == pair.alice.connected_local);
}

TEST_CASE("what the kernel does not take is queued, and on_writable says when it is out") {
    Pair pair;
    pair.bob.network.pause_reading(pair.at_bob, true);
    const std::string much(8 << 20, 'm');
    pair.alice.writes(pair.at_alice, much);
    CHECK(pair.alice.network.queued(pair.at_alice) > 0);
    CHECK(pair.alice.writable == 0);
    pair.bob.network.pause_reading(pair.at_bob, false);
    REQUIRE(pair.alice.until([&] { return pair.bob.received[pair.at_bob].size() == much.size(); }));
    REQUIRE(pair.alice.until([&] { return pair.alice.writable == 1; }));
    CHECK(pair.alice.network.queued(pair.at_alice) == 0);
    CHECK(pair.bob.received[pair.at_bob] == much);
}

TEST_CASE("on_progress says that some of a deep queue is out") {
    Pair pair;
    pair.bob.network.pause_reading(pair.at_bob, true);
    const std::string much(16 << 20, 'm');
    pair.alice.writes(pair.at_alice, much);
    const std::size_t queued = pair.alice.network.queued(pair.at_alice);
    CHECK(pair.alice.progress == 0);
    pair.bob.network.pause_reading(pair.at_bob, false);
    REQUIRE(pair.alice.until([&] { return pair.alice.writable == 1; }));
    REQUIRE(pair.alice.progress > 0);
    std::size_t before = queued;
    for (const std::size_t now : pair.alice.still_queued) {
        CHECK(now > 0);
        CHECK(now < std::exchange(before, now));
    }
}

TEST_CASE("a close lets the queue out first, even when the peer's bytes were never read") {
    Pair pair;
    pair.alice.network.pause_reading(pair.at_alice, true);
    pair.bob.writes(pair.at_bob, "nobody reads this");
    pair.alice.writes(pair.at_alice, std::string(4 << 20, 'q'));
    CHECK(pair.alice.network.close(pair.at_alice, false));
    REQUIRE(pair.bob.until([&] { return pair.bob.closed.contains(pair.at_bob); }));
    CHECK(pair.bob.received[pair.at_bob].size() == (4U << 20));
    CHECK(pair.bob.closed[pair.at_bob].message() == "End of file");
    CHECK(pair.alice.closed.empty());  // not told about what it asked for
    CHECK(pair.alice.gone.empty());
    CHECK_FALSE(pair.bob.network.close(pair.at_bob, false));
    CHECK(pair.alice.until([&] { return pair.alice.network.stream_count() == 0; }));
    CHECK(pair.alice.gone == std::vector<StreamId>{pair.at_alice});
}

TEST_CASE("a lingering close ends at its deadline though the peer never ends") {
    boost::asio::io_context context;
    Host alice{context, kBoth, {.linger = 20ms}}, bob{context};
    const StreamId at_alice = alice.network.connect(bob.tcp(), nullptr);
    REQUIRE(alice.until([&] { return !alice.connected.empty() && !bob.accepted.empty(); }));
    bob.network.pause_reading(bob.accepted[0], true);
    alice.writes(at_alice, std::string(8 << 20, 'q'));
    alice.network.close(at_alice, false);
    REQUIRE(alice.until([&] { return alice.network.stream_count() == 0; }));
    CHECK(alice.gone == std::vector<StreamId>{at_alice});
    bob.network.pause_reading(bob.accepted[0], false);
    REQUIRE(bob.until([&] { return bob.closed.contains(bob.accepted[0]); }));
    CHECK(bob.received[bob.accepted[0]].size() < (8U << 20));
}

TEST_CASE("an aborted connection is a reset at the other end") {
    Pair pair;
    pair.alice.network.close(pair.at_alice, true);
    REQUIRE(pair.bob.until([&] { return pair.bob.closed.contains(pair.at_bob); }));
    CHECK(pair.bob.closed[pair.at_bob] == boost::system::errc::connection_reset);
}

TEST_CASE("a refused connect is reported from the loop, not from the call") {
    boost::asio::io_context context;
    Host alice{context};
    SocketAddress nobody;
    {
        boost::asio::io_context other;
        nobody = Host{other}.tcp();
    }
    const StreamId stream = alice.network.connect(nobody, nullptr);
    CHECK(alice.closed.empty());
    REQUIRE(alice.until([&] { return alice.closed.contains(stream); }));
    CHECK(alice.closed[stream] == boost::system::errc::connection_refused);
}

TEST_CASE("a connection leaves from the address it is told to") {
    boost::asio::io_context context;
    Host alice{context}, bob{context};
    const auto local = *SocketAddress::from_text("127.0.0.9:0");
    alice.network.connect(bob.tcp(), &local);
    REQUIRE(bob.until([&] { return !bob.accepted.empty(); }));
    CHECK(bob.accepted_from.ip() == "127.0.0.9");
}

TEST_CASE("without descriptors accepting pauses, and goes on when there are some again") {
    boost::asio::io_context context;
    Host bob{context, kBoth, {.accept_pause = 10ms}};
    boost::asio::io_context other;
    Host alice{other};
    const rlimit before = [] {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        return limit;
    }();
    (void)alice.network.connect(bob.tcp(), nullptr);
    REQUIRE(alice.until([&] { return !alice.connected.empty(); }));
    const int next = ::dup(0);  // the lowest free number: no new descriptor fits below it
    ::close(next);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(next);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const bool paused = bob.until([&] { return bob.metrics.total("viaduct_transport_accept_paused_total") > 0; });
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(paused);
    CHECK(bob.accepted.empty());
    CHECK(bob.until([&] { return bob.accepted.size() == 1; }));
}

TEST_CASE("after stop_receiving nothing new comes in, and connections stay") {
    Pair pair;
    pair.bob.network.stop_receiving();
    pair.alice.sends(pair.bob.udp(), "too late");
    pair.alice.writes(pair.at_alice, "in time");
    REQUIRE(pair.bob.until([&] { return pair.bob.received[pair.at_bob] == "in time"; }));
    CHECK(pair.bob.datagrams.empty());
    const StreamId late = pair.alice.network.connect(pair.bob.tcp(), nullptr);
    REQUIRE(pair.alice.until([&] { return pair.alice.closed.contains(late); }));
}

TEST_CASE("a network may be destroyed with everything under way") {
    boost::asio::io_context context;
    auto alice = std::make_unique<Host>(context);
    Host bob{context};
    const StreamId stream = alice->network.connect(bob.tcp(), nullptr);
    alice->writes(stream, "never connected");
    alice->queues(bob.udp(), "never flushed");
    alice.reset();
    alice = std::make_unique<Host>(context);
    bob.sends(alice->udp(), "hello");
    CHECK(alice->until([&] { return !alice->datagrams.empty(); }));
    CHECK(bob.datagrams.empty());
}

TEST_CASE("IPv6 works beside IPv4 on the same port") {
    boost::asio::io_context context;
    Host v4{context};
    const auto address = *SocketAddress::from_ip("::1", v4.udp().port());
    Host v6{context, {{Transport::udp, address, "", 0, 0}}};
    Host sender{context, {{Transport::udp, *SocketAddress::from_text("[::1]:0"), "", 0, 0}}};
    sender.sends(v6.udp(), "over six");
    REQUIRE(v6.until([&] { return !v6.datagrams.empty(); }));
    CHECK(v6.datagram_from == sender.udp());
}
