// stream_framer: cuts a byte stream into SIP messages (RFC 3261 sections 7.5 and 18.3, RFC 5626 section 4.4.1).
//
// Feed it what arrived; take what is whole. Keep-alives (double CRLF) are reported, not parsed. A message without
// Content-Length on a stream is a fault, answered 400 and the connection closed, because nothing tells where it ends.
// Holds at most `limits.bytes` of an unfinished message. No I/O, no clock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <viaduct/message.hpp>

namespace viaduct::sip {

class StreamFramer {
public:
    explicit StreamFramer(MessageLimits limits = {}) : limits_{limits} {}

    struct Event {
        enum class Kind {
            need_more,  // nothing whole is left
            message,    // `bytes` holds one whole message
            ping,       // double CRLF: answer with a single CRLF
            pong,       // single CRLF between messages, as far as it has arrived: another CRLF still makes it a ping
            fault,      // `error` says why; the stream cannot be followed any further. `bytes` is the offending head.
        } kind = Kind::need_more;
        std::string bytes;
        error_code error;
    };

    void feed(std::string_view bytes);
    Event next();
    // Bytes held for an unfinished message; a CRLF reported as a pong is none.
    std::size_t pending() const { return held() - (crlf_reported_ ? 2 : 0); }

private:
    std::size_t held() const { return buffer_.size() - begin_; }
    Event take(std::size_t size);
    Event fault(error_code error);
    Event keep_alive();
    bool find_head();
    error_code read_head();

    MessageLimits limits_;
    std::string buffer_;
    std::size_t begin_ = 0;         // of the unfinished message
    std::size_t scanned_ = 0;       // before this there is no end of the header section
    std::size_t head_size_ = 0;     // header section with its blank line, once it is whole
    std::size_t message_size_ = 0;  // and with the body
    bool crlf_reported_ = false;    // the CRLF at begin_ has been reported as a pong
    bool failed_ = false;
};

}  // namespace viaduct::sip
