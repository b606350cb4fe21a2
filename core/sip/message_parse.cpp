// message_parse: one pass over the bytes makes the index of a Message (RFC 3261 sections 7 and 25.1).
//
// Each octet is looked at about once: find_control() runs to the end of each line, a table look-up names the header
// field. Faults do not stop the pass as long as the lines can be told apart: the message can then still be answered.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/message.hpp>

#include <algorithm>

#include "sip/controls.hpp"
#include "sip/text.hpp"
#include "sip/value_parsers.hpp"

namespace viaduct {

namespace {

using sip::trim;

bool is_version(std::string_view text) {
    return text.size() >= 4 && sip::equal_ignoring_case(text.substr(0, 4), "SIP/");
}

constexpr std::size_t kUsualFields = 18;

std::string_view between(const char* begin, const char* end) { return {begin, static_cast<std::size_t>(end - begin)}; }

}  // namespace

class Message::Indexer {
public:
    Indexer(Message& message, std::string_view bytes, const MessageLimits& limits)
        : message_{message}, limits_{limits}, p_{bytes.data()}, end_{bytes.data() + bytes.size()} {}

    error_code run();

private:
    void note(SipErrc fault) {
        if (message_.fault_ == SipErrc{}) message_.fault_ = fault;
    }
    const char* end_of_line(const char* p);
    error_code start_line();
    error_code request_line(std::string_view line);
    void status_line(std::string_view line);
    void field(const char* end);
    void body();

    Message& message_;
    const MessageLimits& limits_;
    const char* p_;
    const char* end_;
};

// Behind the CRLF that ends the line at `p`, folded lines included; null when it never ends. A bare CR or LF, and a
// control character that is not a quoted pair (section 25.1), is a fault.
const char* Message::Indexer::end_of_line(const char* p) {
    for (p = sip::find_control(p, end_); p != end_; p = sip::find_control(p, end_)) {
        if (*p == '\r' && p + 1 != end_ && p[1] == '\n') {
            p += 2;
            if (p == end_ || (*p != ' ' && *p != '\t')) return p;
            continue;
        }
        if (*p == '\r' || *p == '\n' || p[-1] != '\\') note(SipErrc::bad_header);
        ++p;
    }
    return nullptr;
}

error_code Message::Indexer::start_line() {
    const char* const line = p_;
    const char* const end = sip::find_control(p_, end_);
    if (end == end_ || end + 1 == end_) return SipErrc::incomplete;
    if (*end != '\r' || end[1] != '\n') return SipErrc::not_sip;
    p_ = end + 2;
    if (p_ != end_ && (*p_ == ' ' || *p_ == '\t')) return SipErrc::not_sip;  // a start line is never folded
    message_.start_line_ = between(line, p_);
    const auto text = between(line, end);
    if (!is_version(text)) return request_line(text);
    status_line(text);
    return {};
}

// Method SP Request-URI SP SIP-Version. More or other white space is a fault (RFC 4475 sections 3.1.2.8 to 3.1.2.10).
error_code Message::Indexer::request_line(std::string_view line) {
    const auto whole = sip::trim_right(line);
    const auto first = whole.find(' '), last = whole.rfind(' ');
    if (first == std::string_view::npos || first == last) return SipErrc::not_sip;
    const auto version = whole.substr(last + 1);
    message_.method_text_ = whole.substr(0, first);
    if (!is_version(version) || !sip::is_token(message_.method_text_)) return SipErrc::not_sip;
    message_.kind_ = Kind::request;
    message_.method_ = method_from_text(message_.method_text_);
    message_.request_uri_ = trim(whole.substr(first, last - first));
    if (!sip::equal_ignoring_case(version, "SIP/2.0")) note(SipErrc::bad_version);
    if (whole.size() != line.size() || message_.request_uri_.size() != last - first - 1) note(SipErrc::bad_start_line);
    return {};
}

// SIP-Version SP Status-Code SP Reason-Phrase; the reason may be empty, and some leave out its blank too.
void Message::Indexer::status_line(std::string_view line) {
    message_.kind_ = Kind::response;
    const auto version = line.substr(0, line.find(' '));
    if (!sip::equal_ignoring_case(version, "SIP/2.0")) note(SipErrc::bad_version);
    auto rest = line.substr(std::min(version.size() + 1, line.size()));
    const auto digits = sip::take(rest, sip::kDigit);
    const auto status = digits.size() == 3 ? sip::parse_number<std::uint16_t>(digits) : std::nullopt;
    if (!status || *status < 100 || *status > 699 || (!rest.empty() && rest.front() != ' ')) {
        note(SipErrc::bad_status);
        return;
    }
    message_.status_ = *status;
    message_.reason_ = trim(rest);
}

// field-name HCOLON value, in [p_, end). A line that is none keeps its place, without a name.
void Message::Indexer::field(const char* end) {
    HeaderField& field = message_.fields_.emplace_back();
    field.line = between(p_, end);
    auto rest = field.line;
    const auto name = sip::take(rest, sip::kToken);
    while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
    if (name.empty() || !sip::take_char(rest, ':')) {
        note(SipErrc::bad_header);
        field.value = trim(field.line);
        return;
    }
    field.id = header_id(name);
    field.name = name;
    field.value = trim(rest);
}

// The body is as long as Content-Length says, else it is the rest (section 18.3).
void Message::Indexer::body() {
    message_.body_ = between(p_, end_);
    for (const auto& field : message_.fields_) {
        if (field.id != HeaderId::content_length) continue;
        const auto length = sip::parse_number<std::uint32_t>(field.value);
        if (!length || *length > message_.body_.size()) {
            note(SipErrc::bad_content_length);
        } else {
            message_.body_ = message_.body_.substr(0, *length);
        }
        return;
    }
}

error_code Message::Indexer::run() {
    const char* const begin = p_;
    while (end_ - p_ >= 2 && p_[0] == '\r' && p_[1] == '\n') p_ += 2;  // section 7.5
    if (p_ == end_) return SipErrc::incomplete;
    if (const auto error = start_line()) return error;
    message_.fields_.reserve(std::min(kUsualFields, limits_.header_fields));
    while (end_ - p_ >= 2 && (p_[0] != '\r' || p_[1] != '\n')) {
        const char* const end = end_of_line(p_);
        if (end == nullptr) return SipErrc::incomplete;
        if (message_.fields_.size() == limits_.header_fields) return SipErrc::too_many_headers;
        field(end);
        p_ = end;
        if (static_cast<std::size_t>(p_ - begin) > limits_.header_bytes) return SipErrc::headers_too_large;
    }
    if (end_ - p_ < 2) return SipErrc::incomplete;
    p_ += 2;
    body();
    return {};
}

Result<Message> Message::parse(std::string bytes, const MessageLimits& limits) {
    if (bytes.size() > limits.bytes) return SipErrc::too_large;
    Message message;
    message.received_size_ = static_cast<std::uint32_t>(bytes.size());
    message.list_values_ = static_cast<std::uint32_t>(limits.list_values);
    message.buffer_ = std::make_shared<const std::string>(std::move(bytes));
    if (const auto error = Indexer{message, *message.buffer_, limits}.run()) return error;
    if (message.is_response()) {
        if (const auto cseq = message.cseq()) message.method_ = cseq->method;
    }
    return message;
}

}  // namespace viaduct
