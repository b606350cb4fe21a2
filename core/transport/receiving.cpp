// receiving: bytes in, messages up (RFC 3261 sections 18.1.2, 18.2.1 and 18.3, RFC 5626 section 4.4).
//
// Part of TransportLayer. What cannot be read is counted by reason and dropped; a request that is faulty but answerable
// goes up as such. Nothing here logs: bytes from strangers decide how often it runs.
// SPDX-License-Identifier: Apache-2.0
#include <boost/system/errc.hpp>

#include "sip/parameters.hpp"
#include "transport/stun_reply.hpp"
#include "transport/transport_state.hpp"
#include "transport/via_stamp.hpp"

namespace viaduct::transport {

namespace {

constexpr std::string_view kPong = "\r\n";
constexpr std::string_view kFaultTag = "vfault";

bool only_keep_alive(std::string_view bytes) {
    return bytes.find_first_not_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos;
}

// RFC 7983 section 7: a first byte of 0..3 is STUN.
bool is_stun(std::string_view bytes) { return static_cast<unsigned char>(bytes.front()) <= 3; }

// The head of a message whose length is a lie, without its Content-Length and body: enough to answer it.
std::optional<Message> salvage(std::string_view bytes, const MessageLimits& limits) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    std::string head;
    for (std::string_view rest = bytes.substr(0, end + 2); !rest.empty();) {
        const auto eol = rest.find("\r\n") + 2;
        const std::string_view line = rest.substr(0, eol);
        rest.remove_prefix(eol);
        const auto colon = line.find_first_of(": \t");
        if (colon != std::string_view::npos && header_id(line.substr(0, colon)) == HeaderId::content_length) continue;
        head.append(line);
    }
    head.append("\r\n");
    auto message = Message::parse(std::move(head), limits);
    if (!message || !message->is_request()) return std::nullopt;
    return std::move(*message);
}

// Is a response worth making? What the request lacks the response lacks, too (RFC 4475 section 3.3.1); without any Via
// its sender could not tell what it answers.
// RFC 5923 section 8: over TLS an alias is worth what the certificate says.
bool may_declare_aliases(const Connection& connection) {
    if (connection.flow.transport == Transport::tcp) return true;
    if (connection.flow.transport != Transport::tls) return false;
    const auto& certificate = connection.layered->details().peer_certificate;
    return certificate && certificate->verified;
}

bool answerable(const Message& request) { return request.method() != Method::ack && request.has(HeaderId::via); }

}  // namespace

void TransportLayer::State::receive_datagram(const Datagram& datagram) {
    const Flow flow{
        Transport::udp, datagram.listener, {}, network.listeners()[datagram.listener].address, datagram.remote};
    if (only_keep_alive(datagram.bytes)) return keep_alive(flow);
    if (is_stun(datagram.bytes)) return receive_stun(datagram, flow);
    receive(std::string{datagram.bytes}, flow, datagram.bytes);
}

void TransportLayer::State::receive_stun(const Datagram& datagram, const Flow& flow) {
    auto reply = stun_reply(datagram.bytes, datagram.remote);
    if (!reply) return count.dropped(Drop::stun);
    const iovec piece{reply->data(), reply->size()};
    network.send_datagram(datagram.listener, datagram.remote, {&piece, 1});
    keep_alive(flow);
}

void TransportLayer::State::receive_stream(ConnectionId id) {
    using Kind = sip::StreamFramer::Event::Kind;
    while (Connection* connection = table.find(id)) {
        sip::StreamFramer::Event event = connection->framer.next();
        if (event.kind == Kind::need_more) {
            if (connection->framer.pending() == 0) {
                connection->message_started.reset();
            } else if (!connection->message_started) {
                connection->message_started = workers.now();
                watch(*connection);
            }
            return;
        }
        if (event.kind == Kind::fault) return stream_fault(*connection, event.bytes, event.error);
        connection->heard = true;
        connection->message_started.reset();
        const Flow flow = connection->flow;
        if (event.kind == Kind::message) {
            receive(std::move(event.bytes), flow, {});
        } else {
            if (event.kind == Kind::ping) {
                const iovec piece{const_cast<char*>(kPong.data()), kPong.size()};
                (void)send_on(*connection, {&piece, 1}, kPong.size(), {});
            }
            keep_alive(flow);
        }
    }
}

// A WebSocket message is one SIP message, and where it ends needs no Content-Length (RFC 7118 section 5.2).
void TransportLayer::State::receive_whole(ConnectionId id, std::string message) {
    Connection* connection = table.find(id);
    if (connection == nullptr) return;
    connection->heard = true;
    const Flow flow = connection->flow;
    if (!only_keep_alive(message)) {
        const std::string kept = message;
        return receive(std::move(message), flow, kept);
    }
    const iovec piece{const_cast<char*>(kPong.data()), kPong.size()};
    if (message.size() > kPong.size()) (void)send_on(*connection, {&piece, 1}, kPong.size(), {});
    keep_alive(flow);
}

void TransportLayer::State::receive(std::string bytes, const Flow& flow, std::string_view kept) {
    count.received(flow.transport);
    auto message = Message::parse(std::move(bytes), limits.message);
    if (message) {
        return message->is_request() ? receive_request(std::move(*message), flow)
                                     : receive_response(std::move(*message), flow);
    }
    count.unparseable(message.error());
    // RFC 3261 section 18.3: a request cut short is answered 400.
    if (message.error() == make_error_code(SipErrc::bad_content_length) && !kept.empty()) {
        if (auto request = salvage(kept, limits.message)) faulty_request(std::move(*request), flow, message.error());
    }
    // Whoever speaks another protocol on a stream will not get better.
    Connection* connection = table.find(flow.connection);
    if (connection != nullptr && message.error() == make_error_code(SipErrc::not_sip)) {
        end(*connection, CloseReason::fault, message.error(), Ending::abort, false);
    }
}

void TransportLayer::State::receive_request(Message&& message, const Flow& flow) {
    if (const error_code fault = message.check()) return faulty_request(std::move(message), flow, fault);
    stamp_top_via(message, flow.remote);
    if (flow.connection) record_alias(message, flow);
    user.on_message(std::move(message), flow);
}

void TransportLayer::State::receive_response(Message&& message, const Flow& flow) {
    if (message.check()) return count.dropped(Drop::faulty_response);
    // RFC 3261 section 18.1.2: a response whose top Via is not ours came here by mistake.
    const auto via = message.top_via();
    if (!via || !own.contains(via->host, via->port)) return count.dropped(Drop::foreign_via);
    user.on_message(std::move(message), flow);
}

void TransportLayer::State::faulty_request(Message message, const Flow& flow, error_code fault) {
    if (message.method() == Method::ack) return count.dropped(Drop::faulty_ack);
    if (!answerable(message)) return count.dropped(Drop::unanswerable);
    count.faulty_request(fault);
    stamp_top_via(message, flow.remote);
    user.on_faulty_request(std::move(message), flow, fault);
}

void TransportLayer::State::stream_fault(Connection& connection, std::string_view head, error_code fault) {
    count.unparseable(fault);
    auto request = salvage(head, limits.message);
    if (request && answerable(*request)) {
        count.faulty_request(fault);
        stamp_top_via(*request, connection.flow.remote);
        // Answered here: the connection ends with it, so there is no transaction to keep.
        const Message answer = Message::response_to(*request, fault_status(fault), fault_reason(fault), kFaultTag);
        Pieces pieces;
        const std::size_t size = answer.gather(pieces);
        const ConnectionId id = connection.id();
        (void)send_on(connection, pieces, size, {});
        if (table.find(id) == nullptr) return;
    }
    end(connection, CloseReason::fault, fault, Ending::linger, false);
}

void TransportLayer::State::keep_alive(const Flow& flow) {
    count.keep_alives.add();
    user.on_keep_alive(flow);
}

void TransportLayer::State::record_alias(const Message& request, const Flow& flow) {
    const auto via = request.top_via();
    if (!via || !sip::find_parameter(via->parameters, "alias")) return;
    Connection* connection = table.find(flow.connection);
    if (connection == nullptr || connection->outbound || !may_declare_aliases(*connection)) return;
    // RFC 5923 section 5: only as the sender's own address, which the socket knows, and only the port is taken from the
    // Via.
    table.add_alias(*connection, via->port != 0 ? via->port : default_port(flow.transport));
}

}  // namespace viaduct::transport
