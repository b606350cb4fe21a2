// stun_checksums: see stun_checksums.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ice/stun_checksums.hpp"

#include <algorithm>

#include <openssl/evp.h>
#include <zlib.h>

#include "packet/byte_order.hpp"

namespace viaduct::media_relay {
namespace {

constexpr std::size_t kHeader = 20, kAttributeHeader = 4;

// The header with the length it has when the message ends after an attribute of `value_size` bytes.
std::array<std::uint8_t, kHeader> header_until(Bytes message, std::size_t value_size) {
    std::array<std::uint8_t, kHeader> header;
    std::copy_n(message.begin(), kHeader, header.begin());
    write_16(&header[2], static_cast<std::uint32_t>(message.size() - kHeader + kAttributeHeader + value_size));
    return header;
}

}  // namespace

std::array<std::uint8_t, kStunIntegrity> stun_integrity(Bytes message, std::string_view password) {
    std::array<std::uint8_t, kLargestDatagram> whole;
    std::array<std::uint8_t, kStunIntegrity> sum{};
    if (message.size() < kHeader || message.size() > whole.size()) return sum;
    const auto header = header_until(message, kStunIntegrity);
    std::copy(header.begin(), header.end(), whole.begin());
    std::copy(message.begin() + kHeader, message.end(), whole.begin() + kHeader);
    std::size_t size = 0;
    if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA1", nullptr, password.data(), password.size(), whole.data(),
                  message.size(), sum.data(), sum.size(), &size) == nullptr) {
        sum.fill(0);
    }
    return sum;
}

std::uint32_t stun_fingerprint(Bytes message) {
    const auto header = header_until(message, 4);
    const auto begun = crc32(crc32(0, nullptr, 0), header.data(), kHeader);
    const Bytes rest = message.subspan(kHeader);
    return static_cast<std::uint32_t>(crc32(begun, rest.data(), static_cast<unsigned>(rest.size()))) ^ 0x5354554e;
}

}  // namespace viaduct::media_relay
