// flow_tokens: see flow_tokens.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/flow_tokens.hpp"

#include <netinet/in.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <cstring>
#include <stdexcept>

namespace viaduct::transport {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(std::string_view bytes) {
    std::string text;
    unsigned held = 0, bits = 0;
    for (const char byte : bytes) {
        held = held << 8 | static_cast<unsigned char>(byte);
        for (bits += 8; bits >= 6; bits -= 6) text += kAlphabet[held >> (bits - 6) & 63U];
    }
    if (bits > 0) text += kAlphabet[held << (6 - bits) & 63U];
    return text;
}

std::optional<std::string> decode(std::string_view text) {
    std::string bytes;
    unsigned held = 0, bits = 0;
    for (const char letter : text) {
        const auto value = kAlphabet.find(letter);
        if (value == std::string_view::npos) return std::nullopt;
        held = held << 6 | static_cast<unsigned>(value);
        bits += 6;
        if (bits >= 8) bytes += static_cast<char>(held >> (bits -= 8) & 255U);
    }
    // The last letter's spare bits are zero, so that a flow has one token only.
    if ((held & ((1U << bits) - 1)) != 0) return std::nullopt;
    return bytes;
}

template <class Number>
void put(std::string& bytes, Number value) {
    for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8) {
        bytes += static_cast<char>(static_cast<std::uint32_t>(value) >> shift & 255U);
    }
}

template <class Number>
Number take(std::string_view& bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    bytes.remove_prefix(sizeof(Number));
    return static_cast<Number>(value);
}

void put_address(std::string& bytes, const SocketAddress& address) {
    sockaddr_storage native{};
    (void)address.to_native(native);
    put(bytes, address.port());
    bytes += address.bytes();
    if (address.is_v6()) put(bytes, reinterpret_cast<const sockaddr_in6&>(native).sin6_scope_id);
}

SocketAddress take_address(std::string_view& bytes, bool v6) {
    const auto port = take<std::uint16_t>(bytes);
    sockaddr_storage native{};
    if (v6) {
        auto& in6 = reinterpret_cast<sockaddr_in6&>(native);
        in6.sin6_family = AF_INET6;
        std::memcpy(&in6.sin6_addr, bytes.data(), 16);
        bytes.remove_prefix(16);
        in6.sin6_scope_id = take<std::uint32_t>(bytes);
    } else {
        auto& in = reinterpret_cast<sockaddr_in&>(native);
        in.sin_family = AF_INET;
        std::memcpy(&in.sin_addr, bytes.data(), 4);
        bytes.remove_prefix(4);
    }
    SocketAddress address = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
    address.set_port(port);
    return address;
}

constexpr std::size_t kHead = 1 + 2 + 2 + 4 + 4;
constexpr std::size_t address_size(bool v6) { return v6 ? 2 + 16 + 4 : 2 + 4; }
constexpr unsigned char kLocalV6 = 0x10, kRemoteV6 = 0x20, kTransportBits = 0x0F;

std::string pack(const Flow& flow) {
    std::string bytes;
    unsigned char first = static_cast<unsigned char>(flow.transport);
    if (flow.local.is_v6()) first |= kLocalV6;
    if (flow.remote.is_v6()) first |= kRemoteV6;
    put(bytes, first);
    put(bytes, flow.listener);
    put(bytes, flow.connection.worker);
    put(bytes, flow.connection.slot);
    put(bytes, flow.connection.generation);
    put_address(bytes, flow.local);
    put_address(bytes, flow.remote);
    return bytes;
}

std::optional<Flow> unpack(std::string_view bytes) {
    if (bytes.size() < kHead) return std::nullopt;
    const auto first = take<unsigned char>(bytes);
    const bool local_v6 = (first & kLocalV6) != 0, remote_v6 = (first & kRemoteV6) != 0;
    if ((first & kTransportBits) > static_cast<unsigned>(Transport::wss)) return std::nullopt;
    if (bytes.size() != kHead - 1 + address_size(local_v6) + address_size(remote_v6)) return std::nullopt;
    Flow flow;
    flow.transport = static_cast<Transport>(first & kTransportBits);
    flow.listener = take<std::uint16_t>(bytes);
    flow.connection.worker = take<std::uint16_t>(bytes);
    flow.connection.slot = take<std::uint32_t>(bytes);
    flow.connection.generation = take<std::uint32_t>(bytes);
    flow.local = take_address(bytes, local_v6);
    flow.remote = take_address(bytes, remote_v6);
    return flow;
}

}  // namespace

// The keyed context is made once; each tag starts it again.
struct FlowTokens::Mac {
    explicit Mac(std::string_view secret) {
        EVP_MAC* algorithm = ::EVP_MAC_fetch(nullptr, "HMAC", nullptr);
        context = algorithm != nullptr ? ::EVP_MAC_CTX_new(algorithm) : nullptr;
        ::EVP_MAC_free(algorithm);
        char digest[] = "SHA256";
        const OSSL_PARAM parameters[] = {::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                         ::OSSL_PARAM_construct_end()};
        const auto* key = reinterpret_cast<const unsigned char*>(secret.data());
        if (context == nullptr || ::EVP_MAC_init(context, key, secret.size(), parameters) != 1) {
            ::EVP_MAC_CTX_free(context);
            throw std::runtime_error{"OpenSSL offers no HMAC-SHA256"};
        }
    }
    Mac(const Mac&) = delete;
    Mac& operator=(const Mac&) = delete;
    ~Mac() { ::EVP_MAC_CTX_free(context); }

    EVP_MAC_CTX* context;
};

std::string FlowTokens::random_secret() {
    std::string secret(32, '\0');
    if (::RAND_bytes(reinterpret_cast<unsigned char*>(secret.data()), static_cast<int>(secret.size())) != 1) {
        throw std::runtime_error{"the system gives no random bytes"};
    }
    return secret;
}

FlowTokens::FlowTokens(std::string_view secret) : mac_{std::make_unique<Mac>(secret)} {}

FlowTokens::~FlowTokens() = default;

std::string FlowTokens::make(const Flow& flow) {
    const std::string packed = pack(flow);
    const Tag proof = tag(packed);
    return encode(std::string{reinterpret_cast<const char*>(proof.data()), proof.size()} + packed);
}

std::optional<Flow> FlowTokens::open(std::string_view token) {
    const auto bytes = decode(token);
    if (!bytes || bytes->size() <= kTagSize) return std::nullopt;
    const std::string_view packed = std::string_view{*bytes}.substr(kTagSize);
    const Tag proof = tag(packed);
    if (::CRYPTO_memcmp(proof.data(), bytes->data(), kTagSize) != 0) return std::nullopt;
    return unpack(packed);
}

FlowTokens::Tag FlowTokens::tag(std::string_view packed) {
    std::array<unsigned char, 32> whole{};
    std::size_t size = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(packed.data());
    if (::EVP_MAC_init(mac_->context, nullptr, 0, nullptr) != 1 ||
        ::EVP_MAC_update(mac_->context, data, packed.size()) != 1 ||
        ::EVP_MAC_final(mac_->context, whole.data(), &size, whole.size()) != 1 || size < kTagSize) {
        throw std::runtime_error{"HMAC-SHA256 failed"};
    }
    Tag cut;
    std::memcpy(cut.data(), whole.data(), kTagSize);
    return cut;
}

}  // namespace viaduct::transport
