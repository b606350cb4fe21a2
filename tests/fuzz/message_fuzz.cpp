// message_fuzz: datagrams against the index, the edits and the writer, compared with sofia-sip's reading.
//
// Promises: what was written is read again as the same; gather, text and size agree; no edit makes a message
// unreadable; where both parsers accept a message they read the same values in it.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>

#include <sys/uio.h>

#include <viaduct/header_values.hpp>
#include <viaduct/message.hpp>

#include "sip/sofia_oracle.hpp"
#include "tests/fuzz/require.hpp"

using namespace viaduct;
using fuzz::require;

namespace {

// Room for what the writer may add.
constexpr MessageLimits kWide{.bytes = 1 << 20, .header_fields = 1024, .header_bytes = 1 << 20, .list_values = 1024};

// The edits are drawn from the input itself, so that each input replays the same.
class Draw {
public:
    explicit Draw(std::string_view seed) : state_{std::hash<std::string_view>{}(seed) | 1} {}
    std::size_t below(std::size_t end) {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return end == 0 ? 0 : state_ % end;
    }

private:
    std::uint64_t state_;
};

std::string gathered(const Message& message) {
    boost::container::small_vector<iovec, 32> pieces;
    const auto total = message.gather(pieces);
    std::string text;
    for (const auto& piece : pieces) text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    require(text.size() == total);
    return text;
}

Message check_writer(const Message& message) {
    const auto text = message.text();
    require(gathered(message) == text);
    require(message.size() == text.size());
    auto again = Message::parse(text, kWide);
    require(again.has_value());
    require(again->text() == text);
    require(again->body() == message.body());
    require(again->is_request() == message.is_request());
    require(again->method_text() == message.method_text());
    return std::move(*again);
}

void read_everything(const Message& message) {
    (void)message.request_uri();
    (void)message.top_route();
    (void)message.expires();
    (void)contacts(message);
    (void)authorizations(message, HeaderId::authorization, "Digest");
    for (const auto& field : message.header_fields()) {
        (void)message.values(field.name);
        (void)MediaType::parse(field.value);
        (void)EventValue::parse(field.value);
        (void)RetryAfter::parse(field.value);
        (void)SessionExpires::parse(field.value);
        (void)ContactValue::parse(field.value);
        if (const auto address = NameAddress::parse(field.value)) {
            require(fuzz::inside(address->uri, field.value));
            require(fuzz::inside(address->tag(), field.value));
        }
    }
}

void edit_once(Message& message, Draw& draw, std::string_view text) {
    const auto id = static_cast<HeaderId>(1 + draw.below(static_cast<std::size_t>(HeaderId::www_authenticate)));
    const auto from = draw.below(text.size());
    const auto value = text.substr(from, draw.below(60));
    const auto& fields = message.header_fields();
    const std::string name{fields.empty() ? "X" : fields[draw.below(fields.size())].name};
    const auto present = fields.empty() ? id : fields[draw.below(fields.size())].id;
    switch (draw.below(13)) {
        case 0: message.append(id, value); break;
        case 1: message.append(name.empty() ? "X" : name, value); break;
        case 2: message.prepend(id, value); break;
        case 3: message.set(id, value); break;
        case 4: message.set(name.empty() ? "X" : name, value); break;
        case 5: message.remove(present); break;
        case 6: message.remove_first_value(present); break;
        case 7: message.remove_last_value(present); break;
        case 8: message.replace_first_value(present, value); break;
        case 9: message.set_body("text/plain", value); break;
        case 10: message.set_body("", ""); break;
        case 11: {
            const auto odd = [](std::string_view one, void*) { return one.size() % 2 == 1; };
            message.remove_values(present, odd, nullptr);
            break;
        }
        default: {
            // A copy goes on where the original ends.
            Message copy = message;
            message = std::move(copy);
            break;
        }
    }
}

void check_edits(Message message, std::string_view text) {
    Draw draw{text};
    for (auto edits = draw.below(12); edits > 0; --edits) {
        edit_once(message, draw, text);
        (void)message.top_via();
        (void)message.cseq();
    }
    const auto again = check_writer(message);
    for (const auto& field : message.header_fields()) {
        if (field.id == HeaderId::content_length) continue;
        require(again.count(field.id) == message.count(field.id));
    }
    if (message.is_request()) check_writer(Message::response_to(message, 400, "", "tag"));
}

void check_against_sofia(const Message& message) {
    const auto theirs = sip::sofia_read(message.text());
    if (!theirs.accepted) return;
    require(theirs.is_request == message.is_request());
    if (message.is_request()) {
        require(theirs.method == message.method_text());
    } else {
        require(theirs.status == message.status());
    }
    require(theirs.cseq == message.cseq()->number);
    require(theirs.cseq_method == message.cseq()->method_text);
    require(theirs.via_branch.value_or("") == message.top_via()->branch);
    require(theirs.call_id == message.call_id());
    require(theirs.from_tag.value_or("") == message.from_tag());
    require(theirs.to_tag.value_or("") == message.to_tag());
    if (message.max_forwards()) require(theirs.max_forwards == message.max_forwards());
    require(theirs.content_length == message.body().size());
    require(theirs.body == message.body());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes{reinterpret_cast<const char*>(data), size};
    const auto message = Message::parse(bytes);
    if (!message) return 0;
    read_everything(*message);
    check_writer(*message);
    check_edits(*message, bytes);
    if (!message->check()) {
        require(!check_writer(*message).check());
        check_against_sofia(*message);
    }
    return 0;
}
