// message_write: a Message as bytes again (RFC 3261 section 7).
//
// Untouched lines leave as they came, in order; neighbours in memory become one piece. Exactly one Content-Length is
// written, and it is true: the received line when it is right, one of our own otherwise (section 18.3).
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/message.hpp>

#include <charconv>
#include <cstring>

#include <sys/uio.h>

#include "sip/text.hpp"

namespace viaduct {

namespace {

// An edited field's name and value are cut from its line (Message::own_field).
std::string_view line_of(const HeaderField& field) {
    if (!field.own) return field.line;
    const char* const end = field.value.data() + field.value.size() + 2;
    return {field.name.data(), static_cast<std::size_t>(end - field.name.data())};
}

}  // namespace

std::string_view Message::length_line() const {
    if (body_.empty()) return "Content-Length: 0\r\n";
    if (length_line_.empty()) {
        constexpr std::string_view kName = "Content-Length: ";
        char* const line = own_.room(kName.size() + 22);
        std::memcpy(line, kName.data(), kName.size());
        char* end = std::to_chars(line + kName.size(), line + kName.size() + 20, body_.size()).ptr;
        *end++ = '\r';
        *end++ = '\n';
        length_line_ = {line, static_cast<std::size_t>(end - line)};
    }
    return length_line_;
}

template <class Each>
void Message::for_each_piece(Each each) const {
    each(start_line_);
    bool length_written = false;
    for (const auto& field : fields_) {
        if (field.id != HeaderId::content_length) {
            each(line_of(field));
        } else if (!length_written) {
            length_written = true;
            each(sip::parse_number<std::size_t>(field.value) == body_.size() ? line_of(field) : length_line());
        }
    }
    if (!length_written) each(length_line());
    if (body_.data() == nullptr) {
        each(std::string_view{"\r\n"});
    } else {
        each(std::string_view{body_.data() - 2, body_.size() + 2});
    }
}

std::size_t Message::gather(boost::container::small_vector_base<iovec>& pieces) const {
    const std::size_t mine = pieces.size();
    std::size_t total = 0;
    for_each_piece([&](std::string_view text) {
        total += text.size();
        if (pieces.size() > mine) {
            iovec& last = pieces.back();
            if (static_cast<const char*>(last.iov_base) + last.iov_len == text.data()) {
                last.iov_len += text.size();
                return;
            }
        }
        pieces.push_back({const_cast<char*>(text.data()), text.size()});
    });
    return total;
}

std::string Message::text() const {
    std::string text;
    text.reserve(size());
    for_each_piece([&text](std::string_view piece) { text += piece; });
    return text;
}

std::size_t Message::size() const {
    std::size_t total = 0;
    for_each_piece([&total](std::string_view piece) { total += piece.size(); });
    return total;
}

}  // namespace viaduct
