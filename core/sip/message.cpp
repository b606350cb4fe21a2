// message: making, copying and renaming messages. See viaduct/message.hpp.
//
// The rest of the class: message_parse (index), message_fields (reading), message_edit, message_values (what a proxy
// reads), message_check, message_write, own_text.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/message.hpp>

#include <algorithm>
#include <charconv>
#include <new>
#include <utility>

#include "sip/text.hpp"

namespace viaduct {

namespace {

constexpr std::string_view kVersion = "SIP/2.0";
constexpr std::size_t kAdded = 4;  // header fields an answer usually gets

}  // namespace

Message::Message(const Message&) = default;
Message& Message::operator=(const Message&) = default;
Message::~Message() = default;

// A moved-from message is empty: its views would outlive their bytes.
Message::Message(Message&& other) noexcept
    : buffer_{std::move(other.buffer_)},
      own_{std::move(other.own_)},
      fields_{std::exchange(other.fields_, {})},
      method_text_{std::exchange(other.method_text_, {})},
      request_uri_{std::exchange(other.request_uri_, {})},
      reason_{std::exchange(other.reason_, {})},
      start_line_{std::exchange(other.start_line_, {})},
      body_{std::exchange(other.body_, {})},
      length_line_{std::exchange(other.length_line_, {})},
      via_{std::exchange(other.via_, std::nullopt)},
      cseq_{std::exchange(other.cseq_, std::nullopt)},
      from_tag_{std::exchange(other.from_tag_, std::nullopt)},
      to_tag_{std::exchange(other.to_tag_, std::nullopt)},
      received_size_{std::exchange(other.received_size_, 0)},
      list_values_{other.list_values_},
      fault_{std::exchange(other.fault_, {})},
      status_{std::exchange(other.status_, 0)},
      kind_{std::exchange(other.kind_, Kind::none)},
      method_{std::exchange(other.method_, Method::other)} {}

Message& Message::operator=(Message&& other) noexcept {
    if (this != &other) {
        this->~Message();
        new (this) Message{std::move(other)};
    }
    return *this;
}

Message Message::request(Method method, const Uri& request_uri) { return request(to_text(method), request_uri.text()); }

Message Message::request(std::string_view method, std::string_view request_uri) {
    Message message;
    message.kind_ = Kind::request;
    message.method_ = method_from_text(method);
    message.compose_start_line(method, request_uri, kVersion);
    return message;
}

Message Message::response(int status, std::string_view reason) {
    Message message;
    message.kind_ = Kind::response;
    message.set_status(status, reason);
    return message;
}

Message Message::response_to(const Message& request, int status, std::string_view reason, std::string_view to_tag) {
    Message message;
    message.kind_ = Kind::response;
    message.method_ = request.method_;
    // Copied lines stay where they are: the response shares the request's bytes and edited text.
    message.buffer_ = request.buffer_;
    message.own_ = request.own_;
    message.fields_.reserve(request.fields_.size() + kAdded);
    message.set_status(status, reason);
    bool has_from = false, has_to = false, has_call_id = false, has_cseq = false;
    const auto once = [](bool& seen) { return !std::exchange(seen, true); };
    for (const auto& field : request.fields_) {
        const bool wanted = field.id == HeaderId::via || (field.id == HeaderId::from && once(has_from)) ||
                            (field.id == HeaderId::to && once(has_to)) ||
                            (field.id == HeaderId::call_id && once(has_call_id)) ||
                            (field.id == HeaderId::cseq && once(has_cseq)) ||
                            (field.id == HeaderId::timestamp && status == 100);  // section 8.2.6.1
        if (wanted) message.fields_.push_back(field);
    }
    message.via_ = request.via_;
    message.cseq_ = request.cseq_;
    message.from_tag_ = request.from_tag_;
    message.to_tag_ = request.to_tag_;
    if (status > 100 && has_to && !to_tag.empty() && message.to_tag().empty()) {
        std::string to{*message.header(HeaderId::to)};
        message.set(HeaderId::to, to.append(";tag=").append(to_tag));
    }
    return message;
}

void Message::set_request_uri(std::string_view uri) {
    if (is_request()) compose_start_line(method_text_, uri, kVersion);
}

void Message::set_status(int status, std::string_view reason) {
    if (!is_response()) return;
    status_ = static_cast<std::uint16_t>(std::clamp(status, 100, 699));
    char digits[3];
    std::to_chars(digits, digits + 3, status_);
    compose_start_line(kVersion, {digits, 3}, reason.empty() ? default_reason(status_) : reason);
}

// Line breaks in the parts would smuggle header fields in: control characters become blanks.
void Message::compose_start_line(std::string_view first, std::string_view second, std::string_view third) {
    const std::size_t size = first.size() + second.size() + third.size() + 4;
    char* const line = own_.room(size);
    char* out = line;
    const auto put = [&out](std::string_view text, char after) {
        const std::string_view written{out, text.size()};
        out = std::transform(text.begin(), text.end(), out,
                             [](char c) { return static_cast<unsigned char>(c) < ' ' ? ' ' : c; });
        *out++ = after;
        return written;
    };
    const auto head = put(first, ' '), middle = put(second, ' '), tail = put(third, '\r');
    *out = '\n';
    start_line_ = {line, size};
    if (is_request()) {
        method_text_ = head;
        request_uri_ = middle;
    } else {
        reason_ = tail;
    }
}

}  // namespace viaduct
