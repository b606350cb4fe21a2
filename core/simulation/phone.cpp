// phone: see phone.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "simulation/phone.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "simulation/digest_client.hpp"

namespace viaduct::simulation {

namespace {

constexpr std::string_view kDescription =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0\r\n";

std::string with_tag(std::string_view address, std::string_view tag) {
    return fmt::format("<{}>;tag={}", address, tag);
}

void edit(Message& message, const HeaderFieldList& header_fields) {
    for (const auto& [name, value] : header_fields) {
        if (value.empty()) {
            message.remove(name);
        } else {
            message.set(name, value);
        }
    }
}

void describe(Message& message, std::string_view session_description) {
    if (!session_description.empty()) message.set_body("application/sdp", session_description);
}

}  // namespace

Phone::Phone(MemoryWire& wire, Place place, std::function<void()> run)
    : place_{std::move(place)}, run_{std::move(run)}, description_{kDescription}, network_{wire} {
    network_.open({Listener{.transport = Transport::udp, .address = place_.own},
                   Listener{.transport = Transport::tcp, .address = place_.own}},
                  *this);
}

Phone::~Phone() = default;

std::string Phone::host() const {
    if (!place_.contact_host.empty()) return place_.contact_host;
    // RFC 7118 section 5.1: a browser has no address that it knows, and names a host that cannot be.
    return place_.transport == Transport::ws ? place_.name + ".invalid" : place_.own.text();
}

std::string Phone::contact() const {
    const std::string transport =
        is_stream(place_.transport) ? fmt::format(";transport={}", to_text(place_.transport)) : "";
    return fmt::format("sip:{}@{}{}", place_.name, host(), transport);
}

std::string Phone::new_branch() { return fmt::format("z9hG4bK{}{}", place_.name, ++counter_); }

Message Phone::start(std::string_view method, std::string_view request_uri, const Dialog& dialog, std::uint32_t cseq) {
    Message request = Message::request(method, request_uri);
    request.append(HeaderId::via,
                   fmt::format("SIP/2.0/{} {};rport;branch={}", to_via_text(place_.transport), host(), new_branch()));
    for (const std::string& route : dialog.route_set) request.append(HeaderId::route, route);
    request.append(HeaderId::max_forwards, "70");
    request.append(HeaderId::from, dialog.local);
    request.append(HeaderId::to, dialog.remote);
    request.append(HeaderId::call_id, dialog.call_id);
    request.append(HeaderId::cseq, fmt::format("{} {}", cseq, method));
    return request;
}

void Phone::sends(std::string_view method, std::string_view request_uri, const HeaderFieldList& header_fields) {
    dialog_ = {};
    dialog_.call_id = fmt::format("{}-{}@{}", place_.name, ++counter_, place_.own.ip());
    dialog_.local = with_tag(address_of_record(), fmt::format("{}{}", place_.name, counter_));
    dialog_.remote = fmt::format("<{}>", method == "REGISTER" ? address_of_record() : std::string{request_uri});
    dialog_.remote_target = request_uri;
    dialog_.cseq = dialog_.invite_cseq = 1;
    Message request = start(method, request_uri, dialog_, 1);
    request.append(HeaderId::contact, fmt::format("<{}>", contact()));
    edit(request, header_fields);
    if (method == "INVITE") describe(request, description_);
    dialog_.call_id = request.call_id();
    challenge_answered_ = false;
    own_request_ = request;
    send(own_request_);
}

int Phone::registers(int expires, const HeaderFieldList& header_fields) {
    HeaderFieldList all{{"Expires", std::to_string(expires)}};
    all.insert(all.end(), header_fields.begin(), header_fields.end());
    sends("REGISTER", "sip:" + place_.domain, all);
    const auto response = receives(0);
    return response ? response->status() : 0;
}

void Phone::sends_in_dialog(std::string_view method, const HeaderFieldList& header_fields,
                            std::string_view session_description) {
    const bool ack = method == "ACK";
    if (!ack) ++dialog_.cseq;
    if (method == "INVITE") dialog_.invite_cseq = dialog_.cseq;
    Message request = start(method, dialog_.remote_target, dialog_, ack ? dialog_.invite_cseq : dialog_.cseq);
    if (!ack && method != "BYE") request.append(HeaderId::contact, fmt::format("<{}>", contact()));
    edit(request, header_fields);
    describe(request, method == "INVITE" ? description_ : session_description);
    if (!ack) own_request_ = request;
    send(request);
}

void Phone::cancels() {
    Message cancel = Message::request("CANCEL", own_request_.request_uri_text());
    cancel.append(HeaderId::via, *own_request_.header(HeaderId::via));
    for (const auto value : own_request_.values(HeaderId::route)) cancel.append(HeaderId::route, value);
    cancel.append(HeaderId::max_forwards, "70");
    cancel.append(HeaderId::from, *own_request_.header(HeaderId::from));
    cancel.append(HeaderId::to, *own_request_.header(HeaderId::to));
    cancel.append(HeaderId::call_id, own_request_.call_id());
    cancel.append(HeaderId::cseq, fmt::format("{} CANCEL", own_request_.cseq()->number));
    send(cancel);
}

bool Phone::responds(int status, const HeaderFieldList& header_fields) {
    run_();
    if (unanswered_.empty()) return false;
    Pending& pending = unanswered_.back();
    Message response = Message::response_to(pending.request, status, {}, pending.to_tag);
    for (const auto value : pending.request.values(HeaderId::record_route))
        response.append(HeaderId::record_route, value);
    response.append(HeaderId::contact, fmt::format("<{}>", contact()));
    edit(response, header_fields);
    if (pending.request.method() == Method::invite && status / 100 == 2) describe(response, description_);
    last_sent_ = response.text();
    last_stream_ = pending.stream;
    send(last_sent_, last_stream_);
    if (status >= 200) unanswered_.pop_back();
    return true;
}

void Phone::repeats() { send(last_sent_, last_stream_); }

void Phone::sends_bytes(std::string_view bytes) { send(std::string{bytes}, stream_); }

void Phone::closes_connection() {
    if (stream_ != 0) network_.close(std::exchange(stream_, 0), false);
}

void Phone::send(const Message& message) {
    last_sent_ = message.text();
    last_stream_ = stream_;
    send(last_sent_, stream_);
}

void Phone::send(const std::string& bytes, StreamId stream) {
    if (place_.transport == Transport::udp) {
        const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
        network_.send_datagram(0, place_.server, {&piece, 1});
        return;
    }
    if (stream == 0) {
        stream_ = stream = network_.connect(place_.server, &place_.own);
        framers_.emplace(stream, sip::StreamFramer{});
        web_ = {};
    }
    write(stream, place_.transport == Transport::ws ? web_.send(bytes) : bytes);
}

void Phone::write(StreamId stream, const std::string& bytes) {
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    network_.write(stream, {&piece, 1});
}

std::optional<Message> Phone::receives(std::string_view method) {
    run_();
    const auto found = std::find_if(kept_.begin(), kept_.end(),
                                    [&](const Message& m) { return m.is_request() && m.method_text() == method; });
    if (found == kept_.end()) return std::nullopt;
    Message message = std::move(*found);
    kept_.erase(found);
    return message;
}

std::optional<Message> Phone::receives(int status) {
    run_();
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Message& m) {
        return m.is_response() && (status == 0 || m.status() == status);
    });
    if (found == kept_.end()) return std::nullopt;
    Message message = std::move(*found);
    kept_.erase(found);
    return message;
}

bool Phone::has_received(std::string_view method_or_status) const {
    return std::find(history_.begin(), history_.end(), method_or_status) != history_.end();
}

void Phone::on_datagrams(std::span<const Datagram> batch) {
    for (const Datagram& datagram : batch) hear(std::string{datagram.bytes}, 0);
}

void Phone::on_accepted(StreamId stream, std::uint16_t, const SocketAddress&, const SocketAddress&) {
    framers_.emplace(stream, sip::StreamFramer{});
}

void Phone::receive_web(StreamId stream, std::string_view bytes) {
    WebSocketClient::Heard heard = web_.receive(bytes);
    if (!heard.to_server.empty()) write(stream, heard.to_server);
    for (std::string& word : heard.words) history_.push_back(std::move(word));
    for (std::string& message : heard.messages) hear(std::move(message), stream);
}

void Phone::on_received(StreamId stream, std::string_view bytes) {
    if (place_.transport == Transport::ws) return receive_web(stream, bytes);
    auto& framer = framers_[stream];
    framer.feed(bytes);
    for (;;) {
        auto event = framer.next();
        if (event.kind == sip::StreamFramer::Event::Kind::message)
            hear(std::move(event.bytes), stream);
        else if (event.kind == sip::StreamFramer::Event::Kind::pong)
            history_.emplace_back("pong");
        else if (event.kind == sip::StreamFramer::Event::Kind::ping)
            history_.emplace_back("ping");
        else
            return;
    }
}

void Phone::on_closed(StreamId stream, error_code) {
    framers_.erase(stream);
    if (stream_ == stream) stream_ = 0;
    history_.emplace_back("closed");
}

void Phone::hear(std::string bytes, StreamId stream) {
    auto parsed = Message::parse(std::move(bytes));
    if (!parsed) {
        history_.emplace_back("unreadable");
        return;
    }
    newest_stream_ = stream;
    if (parsed->is_request())
        hear_request(*parsed);
    else
        hear_response(*parsed);
}

void Phone::hear_request(const Message& request) {
    history_.emplace_back(request.method_text());
    kept_.push_back(request);
    if (request.method() == Method::ack) return;
    const bool new_dialog = request.to_tag().empty();
    const std::string tag = new_dialog ? fmt::format("{}{}", place_.name, ++counter_) : std::string{request.to_tag()};
    // A repeat replaces the first copy.
    std::erase_if(unanswered_, [&](const Pending& pending) {
        return pending.request.method() == request.method() &&
               pending.request.top_via()->text == request.top_via()->text;
    });
    if (request.method() == Method::cancel) {
        unanswered_.push_back({request, newest_stream_, tag});
        return;
    }
    if (new_dialog && request.method() == Method::invite) {
        dialog_ = {};
        dialog_.call_id = request.call_id();
        dialog_.remote = *request.header(HeaderId::from);
        dialog_.local = fmt::format("{};tag={}", *request.header(HeaderId::to), tag);
        for (const auto value : request.values(HeaderId::record_route)) dialog_.route_set.emplace_back(value);
        if (const auto value = request.header(HeaderId::contact)) {
            if (const auto parsed = NameAddress::parse(*value)) dialog_.remote_target = parsed->uri;
        }
    }
    unanswered_.push_back({request, newest_stream_, tag});
}

void Phone::hear_response(const Message& response) {
    history_.push_back(std::to_string(response.status()));
    const bool mine = own_request_ && response.call_id() == own_request_.call_id() && response.cseq() &&
                      own_request_.cseq() && response.cseq()->number == own_request_.cseq()->number &&
                      response.method() == own_request_.method();
    if (mine && response.method() == Method::invite && response.status() >= 300) acknowledge_failure(response);
    const bool challenge = response.status() == 401 || response.status() == 407;
    if (mine && challenge && !password_.empty() && !challenge_answered_) {
        answer_challenge(response);
        return;
    }
    if (mine && response.method() == Method::invite) learn_dialog(response);
    kept_.push_back(response);
}

void Phone::acknowledge_failure(const Message& response) {
    Message ack = Message::request("ACK", own_request_.request_uri_text());
    ack.append(HeaderId::via, *own_request_.header(HeaderId::via));
    for (const auto value : own_request_.values(HeaderId::route)) ack.append(HeaderId::route, value);
    ack.append(HeaderId::max_forwards, "70");
    ack.append(HeaderId::from, *own_request_.header(HeaderId::from));
    ack.append(HeaderId::to, *response.header(HeaderId::to));
    ack.append(HeaderId::call_id, own_request_.call_id());
    ack.append(HeaderId::cseq, fmt::format("{} ACK", own_request_.cseq()->number));
    send(ack.text(), stream_);
}

void Phone::answer_challenge(const Message& response) {
    const bool proxy = response.status() == 407;
    std::string credentials;
    for (const auto& field : response.header_fields()) {
        if (field.id != (proxy ? HeaderId::proxy_authenticate : HeaderId::www_authenticate)) continue;
        credentials = digest_credentials(field.value, {place_.name, password_, std::string{own_request_.method_text()},
                                                       std::string{own_request_.request_uri_text()}});
        if (!credentials.empty()) break;
    }
    if (credentials.empty()) {
        kept_.push_back(response);
        return;
    }
    challenge_answered_ = true;
    ++dialog_.cseq;
    dialog_.invite_cseq = dialog_.cseq;
    Message again = own_request_;
    again.replace_first_value(HeaderId::via, fmt::format("SIP/2.0/{} {};rport;branch={}", to_via_text(place_.transport),
                                                         host(), new_branch()));
    again.set(HeaderId::cseq, fmt::format("{} {}", dialog_.cseq, again.method_text()));
    again.append(proxy ? HeaderId::proxy_authorization : HeaderId::authorization, credentials);
    own_request_ = again;
    send(own_request_);
}

void Phone::learn_dialog(const Message& response) {
    if (response.to_tag().empty() || response.status() >= 300 || response.status() == 100) return;
    dialog_.remote = *response.header(HeaderId::to);
    if (const auto value = response.header(HeaderId::contact)) {
        if (const auto parsed = NameAddress::parse(*value)) dialog_.remote_target = parsed->uri;
    }
    if (!own_request_.to_tag().empty()) return;  // a target refresh leaves the route set alone, section 12.2.1.2
    dialog_.route_set.clear();
    for (const auto value : response.values(HeaderId::record_route)) dialog_.route_set.emplace_back(value);
    std::reverse(dialog_.route_set.begin(), dialog_.route_set.end());
}

}  // namespace viaduct::simulation
