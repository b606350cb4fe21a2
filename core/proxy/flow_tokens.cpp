// flow_tokens: see flow_tokens.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow_tokens.hpp"

#include <array>
#include <cstddef>
#include <type_traits>

namespace viaduct::proxy {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kHash = 8, kFixed = kHash + 1 + 2 + 2 + 4 + 4 + 2, kLongest = kFixed + 16;
constexpr unsigned kUseShift = 4, kTransportMask = 15;  // of the first byte

struct Bytes {
    std::array<char, kLongest> data{};
    std::size_t size = 0;

    template <class Number>
    void put(Number number) {
        for (unsigned i = sizeof number; i-- > 0;) {
            data[size++] = static_cast<char>(static_cast<std::make_unsigned_t<Number>>(number) >> (8 * i));
        }
    }
    template <class Number>
    Number take() {
        std::uint64_t number = 0;
        for (unsigned i = 0; i < sizeof(Number); ++i) number = number << 8 | static_cast<unsigned char>(data[size++]);
        return static_cast<Number>(number);
    }
    std::string_view from(std::size_t at, std::size_t end) const { return {data.data() + at, end - at}; }
};

void encode(std::string_view bytes, std::string& text) {
    unsigned bits = 0, held = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (held += 8; held >= 6;) text.push_back(kDigits[bits >> (held -= 6) & 63]);
    }
    if (held > 0) text.push_back(kDigits[bits << (6 - held) & 63]);
}

bool decode(std::string_view text, Bytes& bytes) {
    if (text.size() > (kLongest * 8 + 5) / 6) return false;
    unsigned bits = 0, held = 0;
    for (const char c : text) {
        const auto digit = kDigits.find(c);
        if (digit == std::string_view::npos) return false;
        bits = bits << 6 | static_cast<unsigned>(digit);
        if ((held += 6) < 8) continue;
        if (bytes.size == kLongest) return false;
        bytes.data[bytes.size++] = static_cast<char>(bits >> (held -= 8));
    }
    return true;
}

std::optional<SocketAddress> address_from(std::string_view bytes, std::uint16_t port) {
    std::string ip;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        if (bytes.size() == 4) {
            ip += (i == 0 ? "" : ".") + std::to_string(byte);
        } else {
            if (i != 0 && i % 2 == 0) ip += ':';
            ip += "0123456789abcdef"[byte >> 4];
            ip += "0123456789abcdef"[byte & 15];
        }
    }
    return SocketAddress::from_ip(ip, port);
}

}  // namespace

std::uint64_t FlowTokens::hash(Transport transport, std::string_view bytes) const {
    return is_stream(transport) ? passing_(bytes) : lasting_(bytes);
}

void FlowTokens::write(const Flow& flow, TokenUse use, std::string& text) const {
    Bytes bytes;
    bytes.size = kHash;
    bytes.put(
        static_cast<std::uint8_t>(static_cast<unsigned>(flow.transport) | static_cast<unsigned>(use) << kUseShift));
    bytes.put(flow.listener);
    bytes.put(flow.connection.worker);
    bytes.put(flow.connection.slot);
    bytes.put(flow.connection.generation);
    bytes.put(flow.remote.port());
    for (const char c : flow.remote.bytes()) bytes.data[bytes.size++] = c;
    const std::size_t end = bytes.size;
    bytes.size = 0;
    bytes.put(hash(flow.transport, bytes.from(kHash, end)));
    encode(bytes.from(0, end), text);
}

std::optional<FlowTokens::Meaning> FlowTokens::read(std::string_view token) const {
    Bytes bytes;
    if (!decode(token, bytes)) return std::nullopt;
    const std::size_t end = bytes.size;
    if (end != kFixed + 4 && end != kFixed + 16) return std::nullopt;
    bytes.size = 0;
    const auto said = bytes.take<std::uint64_t>();
    const auto kind = bytes.take<std::uint8_t>();
    Flow flow;
    flow.transport = static_cast<Transport>(kind & kTransportMask);
    if (said != hash(flow.transport, bytes.from(kHash, end))) return std::nullopt;
    flow.listener = bytes.take<std::uint16_t>();
    flow.connection.worker = bytes.take<std::uint16_t>();
    flow.connection.slot = bytes.take<std::uint32_t>();
    flow.connection.generation = bytes.take<std::uint32_t>();
    const auto port = bytes.take<std::uint16_t>();
    const auto remote = address_from(bytes.from(bytes.size, end), port);
    if (!remote) return std::nullopt;
    flow.remote = *remote;
    return Meaning{flow, static_cast<TokenUse>(kind >> kUseShift)};
}

}  // namespace viaduct::proxy
