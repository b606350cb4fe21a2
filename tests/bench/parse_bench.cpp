// parse_bench: nanoseconds for what happens to every message. Minimum of several rounds; run on an idle core.
// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>

#include <sys/uio.h>

#include <viaduct/header_values.hpp>
#include <viaduct/message.hpp>
#include <viaduct/sdp.hpp>

using namespace viaduct;

namespace {

const std::string kInvite =
    "INVITE sip:bob@biloxi.example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP pc33.atlanta.example.com:5060;branch=z9hG4bKnashds8;rport\r\n"
    "Max-Forwards: 70\r\n"
    "Route: <sip:edge.atlanta.example.com;lr>\r\n"
    "To: Bob <sip:bob@biloxi.example.com>\r\n"
    "From: Alice <sip:alice@atlanta.example.com>;tag=1928301774\r\n"
    "Call-ID: a84b4c76e66710@pc33.atlanta.example.com\r\n"
    "CSeq: 314159 INVITE\r\n"
    "Contact: <sip:alice@pc33.atlanta.example.com>\r\n"
    "User-Agent: Example Phone 2.1.7 (build 20240117)\r\n"
    "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, UPDATE\r\n"
    "Supported: replaces, timer, 100rel, outbound\r\n"
    "Session-Expires: 1800;refresher=uac\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 186\r\n"
    "\r\n"
    "v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.101\r\ns=-\r\nc=IN IP4 192.0.2.101\r\nt=0 0\r\n"
    "m=audio 49172 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n\r\n";
const std::string kCredentials =
    "Digest username=\"alice\", realm=\"example.com\", nonce=\"65a7e3c2b1f04d5e9a8b7c6d5e4f3a2b\", "
    "uri=\"sip:example.com\", "
    "response=\"6629fae49393a05397450978507c4ef1\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"0a4f113b\"";

template <class Work>
void measure(const char* name, Work work) {
    constexpr int kRounds = 15, kTimes = 20'000;
    double best = 1e9;
    for (int round = 0; round < kRounds; ++round) {
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < kTimes; ++i) work();
        const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
        best = std::min(best, spent.count() / kTimes);
    }
    std::printf("%-36s %7.0f ns\n", name, best);
}

template <class Value>
void keep(const Value& value) {
    asm volatile("" : : "g"(&value) : "memory");
}

// What a proxy does to a request it forwards (RFC 3261 section 16.6).
void forward(Message& message) {
    message.remove_first_value(HeaderId::route);
    message.set(HeaderId::max_forwards, "69");
    message.prepend(HeaderId::record_route, "<sip:proxy.example.com;lr>");
    message.prepend(HeaderId::via, "SIP/2.0/UDP proxy.example.com;branch=z9hG4bKproxy1234567890");
    message.set_request_uri("sip:bob@192.0.2.4:5060");
}

}  // namespace

int main() {
    std::printf("INVITE of %zu octets\n", kInvite.size());
    measure("string copy", [] { keep(std::string{kInvite}); });
    measure("parse", [] { keep(Message::parse(kInvite)); });
    measure("parse, Via, CSeq, tags", [] {
        const auto message = Message::parse(kInvite);
        keep(message->top_via());
        keep(message->cseq());
        keep(message->from_tag());
        keep(message->to_tag());
        keep(message->max_forwards());
    });
    measure("parse, check", [] { keep(Message::parse(kInvite)->check()); });
    measure("parse, check, forward, gather", [] {
        auto message = Message::parse(kInvite);
        keep(message->check());
        forward(*message);
        boost::container::small_vector<iovec, 16> pieces;
        keep(message->gather(pieces));
    });
    const auto parsed = Message::parse(kInvite).value();
    measure("copy", [&] { keep(Message{parsed}); });
    measure("response_to", [&] { keep(Message::response_to(parsed, 486, "", "tag")); });
    measure("contacts", [&] { keep(contacts(parsed)); });
    measure("credentials", [] { keep(AuthorizationValue::parse(kCredentials)); });
    measure("URI", [&] { keep(parsed.request_uri()); });
    measure("SDP", [&] { keep(Sdp::parse(parsed.body())); });
}
