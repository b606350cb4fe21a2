// leg_transport: see leg_transport.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "relay/leg_transport.hpp"

#include <algorithm>

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include "packet/feedback_bridge.hpp"
#include "relay/silence.hpp"

namespace viaduct::media_relay {
namespace {

constexpr unsigned kTries = 30;  // of port pairs, some of which others may hold

void set_type_of_service(int fd, bool v6, std::uint8_t value) {
    const int number = value;
    if (v6)
        ::setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &number, sizeof number);
    else
        ::setsockopt(fd, IPPROTO_IP, IP_TOS, &number, sizeof number);
}

// The SSRC of who sent the RTCP packet (RFC 3550 section 6.4); parse before asking.
std::uint32_t rtcp_sender(Bytes packet) {
    return std::uint32_t{packet[4]} << 24 | std::uint32_t{packet[5]} << 16 | std::uint32_t{packet[6]} << 8 | packet[7];
}

template <class Value>
bool holds(const std::vector<Value>& values, Value value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

std::unique_ptr<LegTransport> LegTransport::open(MediaEnvironment& environment, const Wanted& wanted) {
    std::unique_ptr<LegTransport> transport{new LegTransport{environment, wanted}};
    for (const bool v6 : {false, true}) {
        MediaAddress* address = wanted.interface->of_family(v6);
        const bool is_wanted = v6 ? wanted.v6 : wanted.v4;
        if (is_wanted && address != nullptr && !transport->open_family(*address, wanted)) return nullptr;
    }
    if (transport->sockets_.empty()) return nullptr;
    return transport;
}

LegTransport::LegTransport(MediaEnvironment& environment, const Wanted& wanted)
    : Timer{environment.loop},
      environment_{environment},
      call_id_{wanted.call_id},
      peer_{environment.settings.peer, *this} {
    environment_.counters.transports.add();
}

LegTransport::~LegTransport() {
    const TimePoint now = environment_.loop.now();
    peer_.close();
    settle_drops();
    for (const auto& socket : sockets_) environment_.loop.remove(socket->fd.get());
    sockets_.clear();
    for (const Port& port : ports_) port.address->ports->give_back(port.even, now);
    environment_.counters.transports.subtract();
}

bool LegTransport::open_family(MediaAddress& address, const Wanted& wanted) {
    const TimePoint now = environment_.loop.now();
    for (unsigned i = 0; i < kTries; ++i) {
        const auto even = address.ports->take(now);
        if (!even) return false;
        SocketAddress rtp = address.bound, rtcp = address.bound;
        rtp.set_port(*even);
        rtcp.set_port(static_cast<std::uint16_t>(*even + 1));
        auto first = bind_socket(rtp, wanted.type_of_service);
        auto second = first && wanted.rtcp ? bind_socket(rtcp, wanted.type_of_service) : nullptr;
        if (!first || (wanted.rtcp && !second)) {
            address.ports->give_back(*even, now);
            continue;
        }
        ports_.push_back({&address, *even});
        take_socket(std::move(first), Component::rtp, address, rtp.port());
        if (second) take_socket(std::move(second), Component::rtcp, address, rtcp.port());
        return true;
    }
    return false;
}

std::unique_ptr<LegTransport::Socket> LegTransport::bind_socket(const SocketAddress& address,
                                                                std::optional<std::uint8_t> type_of_service) {
    auto socket = std::make_unique<Socket>();
    socket->owner = this;
    socket->fd =
        FileDescriptor{::socket(address.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket->fd) return nullptr;
    const int fd = socket->fd.get(), on = 1;
    if (address.is_v6()) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    sockaddr_storage native;
    const socklen_t length = address.to_native(native);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&native), length) != 0) return nullptr;
    if (type_of_service) set_type_of_service(fd, address.is_v6(), *type_of_service);
    return socket;
}

void LegTransport::take_socket(std::unique_ptr<Socket> socket, Component component, const MediaAddress& address,
                               std::uint16_t port) {
    LocalSocket described{.id = static_cast<std::uint8_t>(sockets_.size()),
                          .component = component,
                          .address = address.bound,
                          .advertised = address.advertised};
    described.address.set_port(port);
    described.advertised.set_port(port);
    socket->id = described.id;
    environment_.loop.add(socket->fd.get(), *socket);
    described_.push_back(described);
    sockets_.push_back(std::move(socket));
}

const LocalSocket& LegTransport::socket(bool v6, Component component) const {
    const LocalSocket* best = &described_.front();
    int rank = -1;
    for (const LocalSocket& one : described_) {
        const int here = (one.address.is_v6() == v6 ? 2 : 0) + (one.component == component ? 1 : 0);
        if (here > rank) {
            rank = here;
            best = &one;
        }
    }
    return *best;
}

bool LegTransport::has_rtcp() const {
    return std::any_of(described_.begin(), described_.end(),
                       [](const LocalSocket& one) { return one.component == Component::rtcp; });
}

// The other half of the pair stays ours, so it can come back with a later offer's transport only.
void LegTransport::drop_rtcp() {
    for (const LocalSocket& one : described_) {
        if (one.component != Component::rtcp) continue;
        const auto found =
            std::find_if(sockets_.begin(), sockets_.end(), [&](const auto& socket) { return socket->id == one.id; });
        environment_.loop.remove((*found)->fd.get());
        sockets_.erase(found);
    }
    const auto gone = std::remove_if(described_.begin(), described_.end(),
                                     [](const LocalSocket& one) { return one.component == Component::rtcp; });
    described_.erase(gone, described_.end());
}

std::vector<IceCandidate> LegTransport::candidates(bool with_rtcp) const {
    std::vector<IceCandidate> all;
    for (std::size_t index = 0; index < described_.size(); ++index) {
        if (described_[index].component == Component::rtcp && !with_rtcp) continue;
        all.push_back(local_candidate(described_[index], index));
    }
    return all;
}

const std::vector<SdesCrypto>& LegTransport::cryptos() {
    if (!cryptos_.empty()) return cryptos_;
    constexpr std::array kOrder{SrtpSuite::aead_aes_256_gcm, SrtpSuite::aead_aes_128_gcm,
                                SrtpSuite::aes_cm_128_hmac_sha1_80, SrtpSuite::aes_cm_128_hmac_sha1_32};
    unsigned tag = 0;
    for (const SrtpSuite suite : kOrder) cryptos_.push_back(SdesCrypto{++tag, make_srtp_keying(suite)});
    return cryptos_;
}

void LegTransport::set_local(LocalSide local, Stage stage) {
    local.sockets = described_;
    local_ = local;
    if (raw_) return;
    peer_.set_local(local, stage, environment_.loop.now());
    ask_deadline();
}

void LegTransport::set_remote(RemoteSide remote, Stage stage) {
    if (remote.rtp != remote_.rtp) raw_peer_.reset();
    remote_ = remote;
    if (raw_) return;
    peer_.set_remote(remote, stage, environment_.loop.now());
    ask_deadline();
}

void LegTransport::add_remote_candidate(const IceCandidate& candidate, std::string_view ufrag) {
    peer_.add_remote_candidate(candidate, ufrag, environment_.loop.now());
    ask_deadline();
}

void LegTransport::settle_drops() {
    const DropCounts& now = peer_.drops();
    for (std::size_t reason = 0; reason < now.size(); ++reason) {
        if (now[reason] != settled_[reason]) environment_.counters.drops[reason].add(now[reason] - settled_[reason]);
    }
    settled_ = now;
}

std::uint64_t LegTransport::dropped() const {
    std::uint64_t sum = 0;
    for (const auto count : peer_.drops()) sum += count;
    return sum;
}

// -- packets

void LegTransport::receive(Socket& socket, TimePoint now) {
    PacketIo& io = environment_.io;
    const unsigned count = io.receive(socket.fd.get());
    for (unsigned i = 0; i < count; ++i) {
        if (io.truncated(i)) {
            environment_.counters.drops[static_cast<std::size_t>(Drop::too_long)].add();
        } else {
            receive_one(socket, io.datagram(i), io.from(i), now);
        }
    }
    io.flush();
    if (!raw_) ask_deadline();
}

void LegTransport::receive_one(Socket& socket, Datagram datagram, const SocketAddress& from, TimePoint now) {
    if (raw_) return receive_raw(datagram, from, now);
    const Arrival arrival = peer_.receive(datagram, socket.id, from, now);
    datagram.size = arrival.size;
    if (arrival.kind == Arrival::Kind::rtp) relay_rtp(datagram, arrival.rtp, now);
    if (arrival.kind == Arrival::Kind::rtcp) relay_rtcp(datagram);
}

// RFC 8843 section 9.2: by MID, then by SSRC, then by payload type. What the first two said is remembered by SSRC.
SectionRoute* LegTransport::route_of_rtp(Bytes packet, const RtpHeader& header) {
    if (routes_.size() == 1) return &routes_.front();
    SectionRoute* found = nullptr;
    for (SectionRoute& route : routes_) {
        if (route.mid_extension == 0 || found != nullptr) continue;
        const Bytes mid = header_extension(packet, header, route.mid_extension);
        if (!mid.empty() && std::equal(mid.begin(), mid.end(), route.mid.begin(), route.mid.end())) found = &route;
    }
    if (found == nullptr) {
        for (SectionRoute& route : routes_) {
            if (holds(route.ssrcs, header.ssrc)) return &route;
        }
        for (SectionRoute& route : routes_) {
            if (found == nullptr && holds(route.payload_types, header.payload_type)) found = &route;
        }
    }
    if (found == nullptr || holds(found->ssrcs, header.ssrc)) return found;
    for (SectionRoute& route : routes_) std::erase(route.ssrcs, header.ssrc);
    // Within what was reserved for it: no allocation while packets flow.
    if (found->ssrcs.size() < found->ssrcs.capacity()) found->ssrcs.push_back(header.ssrc);
    return found;
}

SectionRoute* LegTransport::route_of_rtcp(Bytes packet) {
    if (routes_.size() == 1) return &routes_.front();
    if (packet.size() >= 8) {
        for (SectionRoute& route : routes_) {
            if (holds(route.ssrcs, rtcp_sender(packet))) return &route;
        }
    }
    return routes_.empty() ? nullptr : &routes_.front();
}

void LegTransport::relay_rtp(Datagram packet, const RtpHeader& header, TimePoint now) {
    SectionRoute* route = route_of_rtp(packet.bytes(), header);
    if (route == nullptr) return environment_.counters.unroutable.add();
    ++route->totals.packets;
    route->totals.bytes += packet.size;
    route->totals.last = now;
    if (StreamStatistics* stream = route->streams.find_or_add(header.ssrc)) {
        stream->add(header, packet.size, clock_rates_[header.payload_type] * 100U, now);
    }
    if (route->blocked || (route->silenced && !silence_payload({packet.data, packet.size}))) {
        return environment_.counters.blocked.add();
    }
    const Departure departure = route->to->peer_.protect_rtp(packet);
    if (departure) route->to->send_from_here(departure, packet);
}

void LegTransport::relay_rtcp(Datagram packet) {
    SectionRoute* route = route_of_rtcp(packet.bytes());
    if (route == nullptr) return environment_.counters.unroutable.add();
    if (route->blocked) return environment_.counters.blocked.add();
    if (route->strips_feedback) {
        FeedbackCounts taken{};
        packet.size = take_out_feedback({packet.data, packet.size}, taken);
        if (packet.size == 0) return environment_.counters.feedback.add();
    }
    const Departure departure = route->to->peer_.protect_rtcp(packet);
    if (departure) route->to->send_from_here(departure, packet);
}

// T.38 over UDPTL has no keys and no addresses of its own: who sends must have the address that was described or,
// behind NAT, that RTP of the same transport came from.
void LegTransport::receive_raw(const Datagram& datagram, const SocketAddress& from, TimePoint now) {
    const auto latched = peer_.state().remote;
    const bool known =
        raw_peer_ ? from == *raw_peer_ : from.same_ip(remote_.rtp) || (latched && from.same_ip(latched->remote));
    if (!known || routes_.empty()) return environment_.counters.raw_strangers.add();
    raw_peer_ = from;
    SectionRoute& route = routes_.front();
    ++route.totals.packets;
    route.totals.bytes += datagram.size;
    route.totals.last = now;
    LegTransport& other = *route.to;
    const SocketAddress& to = other.raw_peer_ ? *other.raw_peer_ : other.remote_.rtp;
    if (route.blocked || to.is_unspecified() || to.port() == 0) return environment_.counters.blocked.add();
    const LocalSocket& through = other.socket(to.is_v6(), Component::rtp);
    other.send_from_here({.socket = through.id, .to = to, .size = datagram.size}, datagram);
}

void LegTransport::send_from_here(const Departure& departure, const Datagram& packet) {
    const int fd = fd_of(departure.socket);
    if (fd < 0) return;
    environment_.counters.packets.add();
    environment_.counters.bytes.add(departure.size);
    environment_.io.queue(fd, {packet.data, departure.size}, departure.to);
}

int LegTransport::fd_of(std::uint8_t socket) const {
    for (const auto& one : sockets_) {
        if (one->id == socket) return one->fd.get();
    }
    return -1;
}

// -- PeerTransport's other ends

void LegTransport::send(std::uint8_t socket, const SocketAddress& to, Bytes datagram) {
    const int fd = fd_of(socket);
    if (fd >= 0) environment_.io.send(fd, datagram, to);
}

void LegTransport::on_event(PeerEvent event) {
    switch (event) {
        case PeerEvent::ice_failed:
            environment_.events.ice_failed.add();
            environment_.log.info("{}: no ICE candidate pair works", call_id_);
            break;
        case PeerEvent::dtls_failed:
            environment_.events.dtls_failed.add();
            environment_.log.info("{}: DTLS failed: {}", call_id_, peer_.failure());
            break;
        case PeerEvent::consent_expired:
            environment_.events.consent_expired.add();
            environment_.log.info("{}: the peer no longer answers (consent expired)", call_id_);
            break;
        default: break;
    }
}

void LegTransport::on_time(TimePoint now) {
    peer_.on_deadline(now);
    ask_deadline();
}

void LegTransport::ask_deadline() {
    if (const auto deadline = peer_.next_deadline()) wake_by(*deadline);
}

}  // namespace viaduct::media_relay
