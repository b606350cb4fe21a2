// peer_bench: peers on a wire in memory, whose clock is turned by hand: datagrams may be lost, late or translated.
//
// A Peer is a PeerTransport of ours with its sockets; two of them talk to each other as they would over a network.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "modules/media_relay/packet/byte_order.hpp"
#include "modules/media_relay/peer/peer_transport.hpp"
#include "modules/media_relay/security/sdes.hpp"

namespace viaduct::media_relay {

using Packet = std::vector<std::uint8_t>;

inline SocketAddress address(const char* text) { return *SocketAddress::from_text(text); }

class Peer;

class Wire {
public:
    TimePoint now = TimePoint{} + 1h;
    Duration delay = 10ms;
    // Says true for what is lost; sees every datagram.
    std::function<bool(const SocketAddress& from, const SocketAddress& to, Bytes)> lose;
    // A NAT: what leaves from the first address is seen to come from the second, and the way back.
    std::map<SocketAddress, SocketAddress> translated;
    std::size_t sent = 0;

    void send(SocketAddress from, const SocketAddress& to, Bytes bytes) {
        ++sent;
        if (lose && lose(from, to, bytes)) return;
        if (const auto outside = translated.find(from); outside != translated.end()) from = outside->second;
        flying_.push_back({now + delay + extra_delay(), from, to, {bytes.begin(), bytes.end()}});
    }
    // Every third datagram is late, so that later ones overtake it.
    bool reorders = false;

    void run_for(Duration duration);

private:
    struct Flying {
        TimePoint arrives;
        SocketAddress from, to;
        Packet bytes;
    };
    Duration extra_delay() { return reorders && sent % 3 == 0 ? 35ms : 0ms; }
    void deliver(const Flying& one);

    friend class Peer;
    std::vector<Peer*> peers_;
    std::deque<Flying> flying_;
};

inline const PeerTransportSettings& bench_settings() {
    static const PeerTransportSettings settings;
    return settings;
}

inline DtlsCertificatePtr make_test_certificate() {
    return std::make_shared<DtlsCertificate>(WallTime{std::chrono::seconds{1'800'000'000}});
}

class Peer final : public PeerSink {
public:
    Peer(Wire& on, std::initializer_list<const char*> sockets) : wire{on} {
        std::uint8_t id = 0;
        for (const char* text : sockets) {
            const SocketAddress where = address(text);
            local.sockets.push_back({id++, where.port() % 2 == 0 ? Component::rtp : Component::rtcp, where, where});
        }
        local.credentials = IceCredentials::make();
        wire.peers_.push_back(this);
    }
    ~Peer() override { std::erase(wire.peers_, this); }

    void send(std::uint8_t socket, const SocketAddress& to, Bytes datagram) override {
        wire.send(local.sockets[socket].address, to, datagram);
    }
    void on_event(PeerEvent event) override { events.push_back(event); }

    void use_dtls(Setup setup) {
        if (!local.certificate) local.certificate = make_test_certificate();
        local.key_exchange = KeyExchange::dtls;
        local.setup = setup;
    }
    // What the other side learns of us by a session description.
    RemoteSide description() const {
        RemoteSide side;
        side.rtp = local.sockets[0].advertised;
        side.rtcp_mux = true;
        side.ice_lite = local.ice == IceMode::lite;
        if (local.ice != IceMode::none) {
            side.credentials = local.credentials;
            std::size_t index = 0;
            for (const auto& socket : local.sockets) side.candidates.push_back(local_candidate(socket, index++));
        }
        if (local.certificate) side.fingerprints = {local.certificate->fingerprint()};
        side.setup = local.setup;
        side.tls_id = local.tls_id;
        side.receive_keys = local.send_keys;
        return side;
    }
    void set_local(Stage stage) { transport.set_local(local, stage, wire.now); }
    void set_remote(const RemoteSide& side, Stage stage) { transport.set_remote(side, stage, wire.now); }

    // An RTP packet of ours, protected, on the wire. What came of it.
    Departure say(std::uint16_t sequence, std::string_view payload = "hello", std::uint32_t ssrc = 7) {
        Packet packet(12);
        packet[0] = 0x80;
        write_16(&packet[2], sequence);
        write_32(&packet[4], sequence * 160U);
        write_32(&packet[8], ssrc);
        packet.insert(packet.end(), payload.begin(), payload.end());
        return leave(std::move(packet), false);
    }
    Departure report(std::uint32_t ssrc = 7) {
        Packet packet{0x80, 0xc9, 0, 1, 0, 0, 0, 0};
        write_32(&packet[4], ssrc);
        return leave(std::move(packet), true);
    }
    Departure leave(Packet packet, bool rtcp) {
        const std::size_t size = packet.size();
        packet.resize(size + kTailroom);
        const Datagram datagram{packet.data(), size, packet.size()};
        const Departure departure = rtcp ? transport.protect_rtcp(datagram) : transport.protect_rtp(datagram);
        if (departure)
            wire.send(local.sockets[departure.socket].address, departure.to, {packet.data(), departure.size});
        return departure;
    }

    void receive(std::uint8_t socket, const SocketAddress& from, Packet bytes) {
        const std::size_t size = bytes.size();
        bytes.resize(size + kTailroom);
        const Arrival arrival = transport.receive({bytes.data(), size, bytes.size()}, socket, from, wire.now);
        if (arrival.kind == Arrival::Kind::rtp) {
            heard.emplace_back(bytes.begin() + arrival.rtp.header_size,
                               bytes.begin() + static_cast<std::ptrdiff_t>(arrival.size));
        }
        if (arrival.kind == Arrival::Kind::rtcp) ++reports;
    }
    unsigned dropped(Drop reason) const { return transport.drops()[static_cast<std::size_t>(reason)]; }
    bool had(PeerEvent event) const { return std::find(events.begin(), events.end(), event) != events.end(); }

    Wire& wire;
    LocalSide local;
    std::vector<PeerEvent> events;
    std::vector<std::string> heard;
    unsigned reports = 0;
    PeerTransport transport{bench_settings(), *this};
};

inline void Wire::deliver(const Flying& one) {
    SocketAddress to = one.to;
    for (const auto& [inside, outside] : translated) {
        if (outside == to) to = inside;
    }
    for (Peer* peer : peers_) {
        for (const auto& socket : peer->local.sockets) {
            if (socket.address == to) return peer->receive(socket.id, one.from, one.bytes);
        }
    }
}

inline void Wire::run_for(Duration duration) {
    const TimePoint end = now + duration;
    for (unsigned steps = 0; steps < 1'000'000; ++steps) {
        TimePoint next = end;
        const auto first = std::min_element(flying_.begin(), flying_.end(),
                                            [](const auto& a, const auto& b) { return a.arrives < b.arrives; });
        if (first != flying_.end()) next = std::min(next, first->arrives);
        for (Peer* peer : peers_) {
            if (const auto deadline = peer->transport.next_deadline()) next = std::min(next, *deadline);
        }
        now = std::max(now, next);
        if (first != flying_.end() && first->arrives <= now) {
            const Flying one = std::move(*first);
            flying_.erase(first);
            deliver(one);
            continue;
        }
        bool due = false;
        for (Peer* peer : peers_) {
            if (!is_due(peer->transport.next_deadline(), now)) continue;
            peer->transport.on_deadline(now);
            due = true;
        }
        if (!due && next >= end) return;
    }
    throw std::runtime_error{"the wire never comes to rest"};
}

// An offer of `alice` and an answer of `bob`, each told to both.
inline void negotiate(Peer& alice, Peer& bob) {
    alice.set_local(Stage::offer);
    bob.set_remote(alice.description(), Stage::offer);
    bob.set_local(Stage::answer);
    alice.set_remote(bob.description(), Stage::answer);
}

}  // namespace viaduct::media_relay
