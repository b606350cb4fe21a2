// media_keys: see media_keys.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "peer/media_keys.hpp"

#include <algorithm>

#include "security/dtls_association.hpp"

namespace viaduct::media_relay {
namespace {

// A peer without ICE cannot be told from a stranger before its certificate is seen: as many may fail.
constexpr unsigned kMostAttempts = 4;
constexpr std::size_t kMostFormer = 8;  // sets of SDES keys

// RFC 5763 section 5: nothing while both leave it open.
std::optional<bool> is_client(Setup local, Setup remote) {
    if (local == Setup::holdconn || remote == Setup::holdconn) return std::nullopt;
    if (local == Setup::active || (local != Setup::passive && remote == Setup::passive)) return true;
    if (local == Setup::passive || remote == Setup::active) return false;
    return std::nullopt;
}

}  // namespace

MediaKeys::MediaKeys(const PeerTransportSettings& settings, DatagramSink& sink) : settings_{settings}, sink_{sink} {}
MediaKeys::~MediaKeys() = default;

void MediaKeys::set_local(const LocalSide& side, Stage stage) {
    if (kind_ != side.key_exchange) forget();
    kind_ = side.key_exchange;
    offered_.certificate = side.certificate;
    offered_.local_tls_id = side.tls_id;
    local_setup_ = side.setup;
    send_keys_ = side.send_keys;
    has_local_ = true;
    answered_ = stage == Stage::answer;
    settle();
}

void MediaKeys::set_remote(const RemoteSide& side, Stage stage) {
    mux_ = side.rtcp_mux;
    offered_.peer = side.fingerprints;
    std::sort(offered_.peer.begin(), offered_.peer.end());
    offered_.remote_tls_id = side.tls_id;
    remote_setup_ = side.setup;
    // RFC 4145 section 4: what a description without a=setup means.
    if (side.setup == Setup::none) remote_setup_ = stage == Stage::offer ? Setup::active : Setup::passive;
    receive_keys_ = side.receive_keys;
    has_remote_ = true;
    answered_ = stage == Stage::answer;
    settle();
}

void MediaKeys::settle() {
    if (kind_ == KeyExchange::sdes) settle_sdes();
    if (kind_ == KeyExchange::dtls && answered_ && has_local_ && has_remote_) settle_dtls();
}

// RTP and RTCP share the keys, whatever ports they use, so one pair of contexts serves both.
void MediaKeys::settle_sdes() {
    Lane& lane = lanes_[0];
    if (send_keys_ && send_keys_ != sending_) {
        auto again = take_back(*send_keys_, true);
        if (sending_) put_aside({*sending_, std::move(lane.sender), nullptr});
        lane.sender = again ? std::move(again->sender) : make_srtp_sender(*send_keys_, settings_.most_streams);
        sending_ = send_keys_;
    }
    if (receive_keys_ && receive_keys_ != receiving_) {
        auto again = take_back(*receive_keys_, false);
        if (receiving_) put_aside({*receiving_, nullptr, std::move(lane.receiver)});
        lane.receiver = again ? std::move(again->receiver) : make_srtp_receiver(*receive_keys_, settings_.most_streams);
        receiving_ = receive_keys_;
        suite_ = receive_keys_->suite;
    }
}

void MediaKeys::put_aside(Former former) {
    if (former_.size() >= kMostFormer) former_.erase(former_.begin());
    former_.push_back(std::move(former));
}

std::optional<MediaKeys::Former> MediaKeys::take_back(const SrtpKeying& keying, bool sender) {
    const auto found = std::find_if(former_.begin(), former_.end(), [&](const Former& former) {
        return former.keying == keying && (former.sender != nullptr) == sender;
    });
    if (found == former_.end()) return std::nullopt;
    Former former = std::move(*found);
    former_.erase(found);
    return former;
}

void MediaKeys::settle_dtls() {
    const auto client = is_client(local_setup_, remote_setup_);
    if (!client || offered_.peer.empty() || !offered_.certificate) return;
    const bool dead = failure_ != Drop::none || closed_by_peer();
    if (offered_ != agreed_ || dead) {
        agreed_ = offered_;
        client_ = *client;
        failure_ = Drop::none;
        failure_text_.clear();
        for (auto& lane : lanes_) {
            lane.association.reset();
            lane.attempts = 0;
        }
    }
    for (const Component component : {Component::rtp, Component::rtcp}) {
        if (!lane(component).association) make_association(lane(component));
    }
}

void MediaKeys::make_association(Lane& lane) {
    lane.association =
        std::make_unique<DtlsAssociation>(agreed_.certificate, client_, agreed_.peer, settings_.mtu, sink_);
    lane.keys_taken = false;
    ++lane.attempts;
}

void MediaKeys::forget() {
    lanes_ = {};
    agreed_ = {};
    former_.clear();
    sending_.reset();
    receiving_.reset();
    suite_.reset();
    failure_ = Drop::none;
}

std::size_t MediaKeys::lane_of(Component component) const {
    return mux_ || kind_ == KeyExchange::sdes || component == Component::rtp ? 0 : 1;
}

void MediaKeys::set_path(Component component, const Path& path, TimePoint now) {
    Lane& lane = this->lane(component);
    if (!lane.association) return;
    lane.association->set_path(path);
    lane.association->start(now);
    after_step(lane);
}

Drop MediaKeys::receive_dtls(Component component, Bytes datagram, const Path& from, TimePoint now) {
    Lane& lane = this->lane(component);
    if (!lane.association) return Drop::unexpected_dtls;
    using State = DtlsAssociation::State;
    if (lane.association->state() == State::failed && !client_ && lane.attempts < kMostAttempts) {
        make_association(lane);
    }
    if (lane.association->state() != State::connected) lane.association->set_path(from);
    const Drop outcome = lane.association->receive(datagram, now);
    after_step(lane);
    return outcome;
}

void MediaKeys::after_step(Lane& lane) {
    if (lane.association->failure() != Drop::none) {
        failure_ = lane.association->failure();
        failure_text_ = lane.association->failure_text();
    }
    if (lane.keys_taken || !lane.association->keys()) return;
    const auto& keys = *lane.association->keys();
    lane.receiver = make_srtp_receiver(keys.receive, settings_.most_streams);
    lane.sender = make_srtp_sender(keys.send, settings_.most_streams);
    lane.keys_taken = true;
    suite_ = keys.send.suite;
    failure_ = Drop::none;
}

bool MediaKeys::ready() const {
    return kind_ == KeyExchange::none || (lanes_[0].receiver != nullptr && lanes_[0].sender != nullptr);
}

bool MediaKeys::closed_by_peer() const {
    return lanes_[0].association && lanes_[0].association->state() == DtlsAssociation::State::closed;
}

Drop MediaKeys::unprotect_rtp(Component component, Datagram& packet) {
    if (kind_ == KeyExchange::none) return Drop::none;
    const auto& receiver = lane(component).receiver;
    return receiver ? receiver->unprotect_rtp(packet) : Drop::no_keys;
}

Drop MediaKeys::unprotect_rtcp(Component component, Datagram& packet) {
    if (kind_ == KeyExchange::none) return Drop::none;
    const auto& receiver = lane(component).receiver;
    return receiver ? receiver->unprotect_rtcp(packet) : Drop::no_keys;
}

Drop MediaKeys::protect_rtp(Datagram& packet) {
    if (kind_ == KeyExchange::none) return Drop::none;
    const auto& sender = lanes_[0].sender;
    return sender ? sender->protect_rtp(packet) : Drop::no_keys;
}

Drop MediaKeys::protect_rtcp(Datagram& packet) {
    if (kind_ == KeyExchange::none) return Drop::none;
    const auto& sender = lane(Component::rtcp).sender;
    return sender ? sender->protect_rtcp(packet) : Drop::no_keys;
}

void MediaKeys::close() {
    for (auto& lane : lanes_) {
        if (lane.association) lane.association->close();
    }
}

Deadline MediaKeys::next_deadline() const {
    Deadline next;
    for (const auto& lane : lanes_) {
        if (lane.association) next = earlier(next, lane.association->next_deadline());
    }
    return next;
}

void MediaKeys::on_deadline(TimePoint now) {
    for (auto& lane : lanes_) {
        if (!lane.association) continue;
        lane.association->on_deadline(now);
        after_step(lane);
    }
}

}  // namespace viaduct::media_relay
