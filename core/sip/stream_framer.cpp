// stream_framer: see stream_framer.hpp.
//
// The end of the header section is looked for once per octet: the search goes on where it stopped, three octets back.
// Then only the length is compared until the body is whole.
// SPDX-License-Identifier: Apache-2.0
#include "sip/stream_framer.hpp"

#include <algorithm>

#include "sip/text.hpp"

namespace viaduct::sip {

namespace {

constexpr std::size_t kSmall = 4096;

// Content-Length of a whole header section: exactly one field, a number. A folded value counts (RFC 3261
// section 7.3.1).
Result<std::size_t> content_length(std::string_view head) {
    std::optional<std::size_t> length;
    for (auto line = head.find("\r\n"); line + 2 < head.size();) {
        const auto begin = line + 2;
        line = head.find("\r\n", begin);
        while (line + 2 < head.size() && line != begin && (head[line + 2] == ' ' || head[line + 2] == '\t'))
            line = head.find("\r\n", line + 2);
        const auto field = head.substr(begin, line - begin);
        const auto colon = field.find(':');
        if (colon == std::string_view::npos) continue;
        if (header_id(trim_right(field.substr(0, colon))) != HeaderId::content_length) continue;
        const auto value = parse_number<std::size_t>(trim(field.substr(colon + 1)));
        if (!value) return SipErrc::bad_content_length;
        if (length) return SipErrc::duplicate_header;
        length = value;
    }
    if (!length) return SipErrc::bad_content_length;
    return *length;
}

}  // namespace

void StreamFramer::feed(std::string_view bytes) {
    if (failed_) return;
    if (begin_ != 0) {
        buffer_.erase(0, begin_);
        scanned_ -= std::min(scanned_, begin_);
        begin_ = 0;
    }
    buffer_ += bytes;
}

StreamFramer::Event StreamFramer::next() {
    if (failed_) return {};
    if (head_size_ == 0) {
        if (held() == 0) return {};
        const char first = buffer_[begin_];
        if (first == '\r') return keep_alive();
        if (!is(static_cast<unsigned char>(first), kToken)) return fault(SipErrc::not_sip);
        if (!find_head()) {
            if (held() > std::min(limits_.header_bytes, limits_.bytes)) return fault(SipErrc::headers_too_large);
            return {};
        }
        if (const auto error = read_head()) return fault(error);
    }
    if (held() < message_size_) return {};
    return take(message_size_);
}

// Double CRLF is a ping, a single one a pong (RFC 5626 section 4.4.1). A CRLF at the end of what arrived is reported as
// a pong without waiting; it still counts as the first half of a ping.
StreamFramer::Event StreamFramer::keep_alive() {
    const auto bytes = std::string_view{buffer_}.substr(begin_);
    constexpr std::string_view kPing = "\r\n\r\n";
    const auto common = static_cast<std::size_t>(
        std::mismatch(bytes.begin(), bytes.end(), kPing.begin(), kPing.end()).first - bytes.begin());
    if (common == 1 && bytes.size() > 1) return fault(SipErrc::not_sip);
    if (common == 1) return {};
    const bool ping = common == kPing.size();
    const bool open = !ping && common == bytes.size();  // the second half may still come
    const bool told = crlf_reported_;
    if (open) {
        crlf_reported_ = true;
    } else {
        begin_ += ping ? 4 : 2;
        scanned_ = begin_;
        crlf_reported_ = false;
    }
    if (ping) return {.kind = Event::Kind::ping, .bytes = {}, .error = {}};
    if (!told) return {.kind = Event::Kind::pong, .bytes = {}, .error = {}};
    return open ? Event{} : next();
}

// Goes on searching for the blank line where the last search ended.
bool StreamFramer::find_head() {
    const auto from = std::max(begin_, scanned_ < 3 ? 0 : scanned_ - 3);
    const auto at = buffer_.find("\r\n\r\n", from);
    scanned_ = buffer_.size();
    if (at == std::string::npos) return false;
    head_size_ = at + 4 - begin_;
    return true;
}

error_code StreamFramer::read_head() {
    const auto head = std::string_view{buffer_}.substr(begin_, head_size_);
    if (head_size_ > limits_.header_bytes) return SipErrc::headers_too_large;
    if (head.substr(0, head.find("\r\n")).find("SIP/") == std::string_view::npos) return SipErrc::not_sip;
    const auto length = content_length(head);
    if (!length) return length.error();
    if (head_size_ > limits_.bytes || *length > limits_.bytes - head_size_) return SipErrc::too_large;
    message_size_ = head_size_ + *length;
    return {};
}

StreamFramer::Event StreamFramer::take(std::size_t size) {
    Event event{.kind = Event::Kind::message, .bytes = {}, .error = {}};
    if (begin_ == 0 && size == buffer_.size()) {
        event.bytes = std::move(buffer_);
        buffer_ = {};
    } else {
        event.bytes = buffer_.substr(begin_, size);
        begin_ += size;
    }
    if (begin_ == buffer_.size()) {
        buffer_.clear();
        if (buffer_.capacity() > kSmall) buffer_.shrink_to_fit();
        begin_ = 0;
    }
    scanned_ = begin_;
    head_size_ = message_size_ = 0;
    return event;
}

StreamFramer::Event StreamFramer::fault(error_code error) {
    failed_ = true;
    const auto size = head_size_ != 0 ? head_size_ : held();
    Event event{.kind = Event::Kind::fault, .bytes = buffer_.substr(begin_, size), .error = error};
    buffer_.clear();
    buffer_.shrink_to_fit();
    begin_ = 0;
    crlf_reported_ = false;
    return event;
}

}  // namespace viaduct::sip
