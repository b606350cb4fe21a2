// ng_message: see ng_message.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ng/ng_message.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "ng/bencode.hpp"
#include "sdp/sdp_text.hpp"

namespace viaduct::media_relay {
namespace {

constexpr std::size_t kLongestName = 1024;  // of call-id, tags, branch

std::string plain_key(std::string_view key) {
    std::string plain{key};
    for (char& c : plain) {
        if (c == ' ' || c == '_') c = '-';
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return plain;
}

class Reader {
public:
    Reader(NgMessage& message, std::string& problem) : message_{message}, problem_{problem} {}

    bool read(const BencodeValue::Dictionary& dictionary) {
        for (const auto& [key, value] : dictionary) {
            if (!read_entry(plain_key(key), value)) return false;
        }
        return true;
    }

private:
    bool read_entry(const std::string& key, const BencodeValue& value) {
        Exchange& exchange = message_.exchange;
        if (key == "command") return read_text(key, value, message_.command);
        if (key == "call-id") return read_text(key, value, exchange.call_id);
        if (key == "from-tag") return read_text(key, value, exchange.from_tag);
        if (key == "to-tag") return read_text(key, value, exchange.to_tag);
        if (key == "via-branch") return read_text(key, value, exchange.via_branch);
        if (key == "sdp") return read_text(key, value, exchange.sdp, kLargestNgMessage);
        if (key == "delete-delay") return read_delay(value);
        if (key == "limit") return read_limit(value);
        if (key == "flags") return read_flags(value);
        if (key == "received-from") return read_received_from(value);
        if (key == "direction") return read_direction(value);
        if (key == "all") return message_.all = true;
        if (key == "codec") return read_codec(value);
        return read_wish(key, value);
    }

    bool read_text(std::string_view key, const BencodeValue& value, std::string& out, std::size_t most = kLongestName) {
        const auto text = value.text();
        if (!text || text->size() > most) {
            problem_ = fmt::format("{} is no string, or too long", key);
            return false;
        }
        out = *text;
        return true;
    }

    void unknown() { ++message_.unknown_flags; }

    // A number may be sent as a string.
    static std::optional<std::int64_t> number(const BencodeValue& value) {
        if (const auto integer = value.integer()) return integer;
        const auto text = value.text();
        if (!text) return std::nullopt;
        const auto parsed = number_of(*text);
        if (!parsed) return std::nullopt;
        return std::int64_t{*parsed};
    }

    bool read_delay(const BencodeValue& value) {
        const auto seconds = number(value);
        if (seconds && *seconds >= 0 && *seconds <= 3600) message_.delete_delay = std::chrono::seconds{*seconds};
        return true;
    }

    bool read_limit(const BencodeValue& value) {
        const auto limit = number(value);
        if (limit && *limit > 0) message_.limit = static_cast<std::size_t>(std::min<std::int64_t>(*limit, 10'000));
        return true;
    }

    bool read_flags(const BencodeValue& value) {
        for_each_word(value, [this](std::string_view flag) {
            if (plain_key(flag) == "all")
                message_.all = true;
            else if (!message_.exchange.wishes.apply_flag(flag))
                unknown();
        });
        return true;
    }

    // ["IP4", "192.0.2.1"]
    bool read_received_from(const BencodeValue& value) {
        if (const auto* list = value.list(); list != nullptr && list->size() == 2) {
            const auto address = SocketAddress::from_ip((*list)[1].text().value_or(""), 0);
            if (address) message_.exchange.wishes.received_from = address;
        } else if (const auto text = value.text()) {
            message_.exchange.wishes.received_from = SocketAddress::from_ip(*text, 0);
        }
        return true;
    }

    // [towards who sent it, towards who will read it]
    bool read_direction(const BencodeValue& value) {
        const auto* list = value.list();
        if (list == nullptr || list->size() != 2) return true;
        message_.exchange.wishes.writer_interface = (*list)[0].text().value_or("");
        message_.exchange.wishes.reader_interface = (*list)[1].text().value_or("");
        return true;
    }

    bool read_codec(const BencodeValue& value) {
        const auto* dictionary = value.dictionary();
        if (dictionary == nullptr) return true;
        for (const auto& [key, names] : *dictionary) {
            if (plain_key(key) != "strip") {
                unknown();
                continue;
            }
            for_each_word(names,
                          [this](std::string_view name) { message_.exchange.wishes.apply("codec-strip", name); });
        }
        return true;
    }

    // "ICE": "force"; "replace": ["origin", ...]
    bool read_wish(const std::string& key, const BencodeValue& value) {
        if (const auto integer = value.integer()) {
            if (!message_.exchange.wishes.apply(key, fmt::format("{}", *integer))) unknown();
        }
        for_each_word(value, [&](std::string_view word) {
            if (!message_.exchange.wishes.apply(key, word)) unknown();
        });
        return true;
    }

    template <class Use>
    static void for_each_word(const BencodeValue& value, Use&& use) {
        if (const auto text = value.text()) use(*text);
        const auto* list = value.list();
        if (list == nullptr) return;
        for (const BencodeValue& one : *list) {
            if (const auto text = one.text()) use(*text);
        }
    }

    NgMessage& message_;
    std::string& problem_;
};

}  // namespace

std::optional<NgEnvelope> NgEnvelope::split(std::string_view datagram) {
    const auto space = datagram.find(' ');
    if (space == std::string_view::npos || space == 0 || space > kLongestCookie) return std::nullopt;
    return NgEnvelope{datagram.substr(0, space), datagram.substr(space + 1)};
}

std::optional<NgMessage> NgMessage::read(std::string_view body, std::string& problem) {
    const auto value = BencodeValue::decode(body);
    if (!value || value->dictionary() == nullptr) {
        problem = "Could not decode dictionary";
        return std::nullopt;
    }
    NgMessage message;
    if (!Reader{message, problem}.read(*value->dictionary())) return std::nullopt;
    if (message.command.empty()) {
        problem = "No command given";
        return std::nullopt;
    }
    return message;
}

}  // namespace viaduct::media_relay
