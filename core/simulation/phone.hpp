// phone: a SIP user agent on the simulated network, for flow tests and for `viaduct test`.
//
// It says what it is told to say and keeps what it hears. By itself it does only what no test wants to spell out:
// dialog state (tags, CSeq, route set, RFC 3261 section 12), ACK of its own failed INVITEs (17.1.1.3), and the second
// try after a digest challenge. Over WebSocket it is a browser: it shakes hands and answers pings. Lives on the test's
// thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <viaduct/message.hpp>

#include "simulation/memory_network.hpp"
#include "simulation/websocket_client.hpp"
#include "sip/stream_framer.hpp"

namespace viaduct::simulation {

// Each replaces the field of that name, which the phone would have written; "" leaves it out.
using HeaderFieldList = std::vector<std::pair<std::string, std::string>>;

class Phone final : private NetworkEvents {
public:
    struct Place {
        std::string name;
        Transport transport = Transport::udp;
        SocketAddress own;         // where it listens
        SocketAddress server;      // its outbound proxy
        std::string domain;        // of its address of record
        std::string contact_host;  // "": own address, of a browser NAME.invalid; else it plays a phone behind NAT
    };
    // `run`: lets everything happen that can happen without turning the clock.
    Phone(MemoryWire& wire, Place place, std::function<void()> run);
    ~Phone() override;

    const std::string& name() const { return place_.name; }
    std::string address_of_record() const { return "sip:" + place_.name + "@" + place_.domain; }
    std::string contact() const;

    // -- saying something
    void set_domain(std::string domain) { place_.domain = std::move(domain); }
    void set_password(std::string password) { password_ = std::move(password); }
    // The session description of its INVITEs and 2xx from now on; "": none.
    void describes(std::string session_description) { description_ = std::move(session_description); }
    // A request that starts a dialog or stands alone; an INVITE has a session description.
    void sends(std::string_view method, std::string_view request_uri, const HeaderFieldList& header_fields = {});
    // REGISTER with its Contact; the final status, 0 when none came without turning the clock.
    int registers(int expires = 3600, const HeaderFieldList& header_fields = {});
    // In its current dialog: BYE, INVITE, INFO, UPDATE, ... and ACK for a 2xx.
    void sends_in_dialog(std::string_view method, const HeaderFieldList& header_fields = {},
                         std::string_view session_description = {});
    // With a description when the 2xx made the offer (RFC 3261 section 13.2.1).
    void acknowledges(std::string_view answer = {}) { sends_in_dialog("ACK", {}, answer); }
    void hangs_up() { sends_in_dialog("BYE"); }
    void cancels();
    // To the newest request that has no final response from here yet; false when there is none.
    bool responds(int status, const HeaderFieldList& header_fields = {});
    // The last bytes sent, once more: a retransmission.
    void repeats();
    // Any bytes at all; over WebSocket they are one message.
    void sends_bytes(std::string_view bytes);
    void closes_connection();

    // -- hearing something: the oldest message kept that fits, taken away
    std::optional<Message> receives(std::string_view method);
    std::optional<Message> receives(int status);  // 0: any response
    // Without taking; no network run.
    bool has_received(std::string_view method_or_status) const;
    std::vector<std::string> history() const { return history_; }
    std::size_t kept() const { return kept_.size(); }

    std::size_t deliver_due() { return network_.deliver_due(); }
    MemoryNetwork& network() { return network_; }

private:
    struct Dialog {
        std::string call_id, local, remote, remote_target;  // From and To values with tags
        std::vector<std::string> route_set;
        std::uint32_t cseq = 0;
        std::uint32_t invite_cseq = 0;
    };

    void on_datagrams(std::span<const Datagram> batch) override;
    void on_accepted(StreamId stream, std::uint16_t listener, const SocketAddress& local,
                     const SocketAddress& remote) override;
    void on_connected(StreamId, const SocketAddress&) override {}
    void on_received(StreamId stream, std::string_view bytes) override;
    void on_writable(StreamId) override {}
    void on_closed(StreamId stream, error_code reason) override;
    void on_datagram_refused(std::uint16_t, const SocketAddress&, error_code) override {}
    void on_batch_end() override {}

    // What it calls itself in Via and Contact.
    std::string host() const;
    void receive_web(StreamId stream, std::string_view bytes);
    void hear(std::string bytes, StreamId stream);
    void hear_request(const Message& request);
    void hear_response(const Message& response);
    void answer_challenge(const Message& response);
    void acknowledge_failure(const Message& response);
    void learn_dialog(const Message& response);

    Message start(std::string_view method, std::string_view request_uri, const Dialog& dialog, std::uint32_t cseq);
    std::string new_branch();
    void send(const Message& message);
    void send(const std::string& bytes, StreamId stream);
    void write(StreamId stream, const std::string& bytes);

    Place place_;
    std::function<void()> run_;
    std::string password_, description_;
    MemoryNetwork network_;
    StreamId stream_ = 0;         // to the server
    StreamId newest_stream_ = 0;  // where the newest request came from
    std::map<StreamId, sip::StreamFramer> framers_;
    WebSocketClient web_;  // what stream_ speaks, over WebSocket

    Dialog dialog_;
    Message own_request_;  // the newest that starts or refreshes something
    bool challenge_answered_ = false;
    std::deque<Message> kept_;
    struct Pending {
        Message request;
        StreamId stream;
        std::string to_tag;
    };
    std::deque<Pending> unanswered_;
    std::vector<std::string> history_;
    std::string last_sent_;
    StreamId last_stream_ = 0;
    unsigned counter_ = 0;
};

}  // namespace viaduct::simulation
