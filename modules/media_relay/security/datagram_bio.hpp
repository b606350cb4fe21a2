// datagram_bio: what OpenSSL's DTLS reads from and writes to: one datagram, and a DatagramSink.
//
// It also tells of OpenSSL's retransmission timer, and lets it run out when our clock says so: OpenSSL reads the time
// of day by itself, which a relay whose time is handed in cannot have.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/openssl.hpp>

#include "ice/local_socket.hpp"
#include "packet/datagram_sink.hpp"

struct timeval;

namespace viaduct::media_relay {

struct DatagramEnds {
    DatagramSink& sink;
    Path path;  // of what is sent
    std::size_t mtu = 0;
    Bytes input;                 // not read yet
    bool timer_running = false;  // a flight waits for its answer (RFC 6347 section 4.2.4)
    bool timer_started = false;  // ... and it is a new one; reset by whoever looks
    timeval* timer = nullptr;    // OpenSSL's own, where it can be turned
};

// `ends` must outlive the BIO.
BioPtr make_datagram_bio(DatagramEnds& ends);
// From now on OpenSSL's timer is over; where it cannot be turned, OpenSSL goes by the time of day.
void run_out(DatagramEnds& ends);
// What DTLS_set_timer_cb() wants: with a timer that can be turned, so long that it never runs out by itself.
unsigned timer_microseconds(SSL* ssl, unsigned last);

}  // namespace viaduct::media_relay
