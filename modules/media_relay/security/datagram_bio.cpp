// datagram_bio: see datagram_bio.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "security/datagram_bio.hpp"

#include <algorithm>

#include <openssl/crypto.h>
#include <sys/time.h>

namespace viaduct::media_relay {
namespace {

constexpr long kAddressAndUdpHeader = 48;  // IPv6
constexpr unsigned kFirstTimeout = 500'000, kLongestTimeout = 8'000'000, kNever = 3'600'000'000;

// Up to OpenSSL 3.1 the timer that BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT speaks of is the one the SSL keeps; later a copy.
bool timer_can_be_turned() {
    static const bool can = OPENSSL_version_major() == 3 && OPENSSL_version_minor() < 2;
    return can;
}

DatagramEnds& ends_of(BIO* bio) { return *static_cast<DatagramEnds*>(BIO_get_data(bio)); }

int read_ex(BIO* bio, char* data, std::size_t size, std::size_t* done) {
    BIO_clear_retry_flags(bio);
    Bytes& input = ends_of(bio).input;
    *done = std::min(size, input.size());
    if (*done == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    std::copy_n(input.data(), *done, data);
    input = {};  // what did not fit is gone, as with a socket
    return 1;
}

int write_ex(BIO* bio, const char* data, std::size_t size, std::size_t* done) {
    BIO_clear_retry_flags(bio);
    DatagramEnds& ends = ends_of(bio);
    ends.sink.send(ends.path.socket, ends.path.remote, {reinterpret_cast<const std::uint8_t*>(data), size});
    *done = size;
    return 1;
}

void follow_timer(DatagramEnds& ends, timeval* timer) {
    const bool running = timer->tv_sec != 0 || timer->tv_usec != 0;
    ends.timer_started |= running && !ends.timer_running;
    ends.timer_running = running;
    ends.timer = timer_can_be_turned() ? timer : nullptr;
}

long control(BIO* bio, int command, long, void* pointer) {
    DatagramEnds& ends = ends_of(bio);
    switch (command) {
        case BIO_CTRL_FLUSH: return 1;
        case BIO_CTRL_DGRAM_QUERY_MTU:
        case BIO_CTRL_DGRAM_GET_MTU:
        case BIO_CTRL_DGRAM_GET_FALLBACK_MTU: return static_cast<long>(ends.mtu);
        case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD: return kAddressAndUdpHeader;
        case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT: follow_timer(ends, static_cast<timeval*>(pointer)); return 1;
        default: return 0;
    }
}

BIO_METHOD* make_method() {
    BIO_METHOD* method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "datagram");
    BIO_meth_set_read_ex(method, read_ex);
    BIO_meth_set_write_ex(method, write_ex);
    BIO_meth_set_ctrl(method, control);
    return method;
}

}  // namespace

BioPtr make_datagram_bio(DatagramEnds& ends) {
    static const std::unique_ptr<BIO_METHOD, FreeBy<BIO_meth_free>> method{make_method()};
    BioPtr bio{BIO_new(method.get())};
    if (!bio) return bio;
    BIO_set_data(bio.get(), &ends);
    BIO_set_init(bio.get(), 1);
    return bio;
}

void run_out(DatagramEnds& ends) {
    if (ends.timer != nullptr) *ends.timer = {.tv_sec = 1, .tv_usec = 0};  // long ago, but not "none"
}

unsigned timer_microseconds(SSL*, unsigned last) {
    if (timer_can_be_turned()) return kNever;
    return last == 0 ? kFirstTimeout : std::min(2 * last, kLongestTimeout);
}

}  // namespace viaduct::media_relay
