// packed_binding: one binding in one block of memory, texts behind the numbers: about 250 bytes where strings and a map
// take 656.
//
// Immutable but for its links, which belong to the shard that owns the block. Made and released by pack() and Packed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include <viaduct/location.hpp>

namespace viaduct::registrar {

class PackedBinding {
public:
    struct Release {
        void operator()(PackedBinding* binding) const;
    };
    using Owned = std::unique_ptr<PackedBinding, Release>;

    static Owned pack(const Binding& binding);
    Owned clone() const;
    Binding unpack() const;
    Target target() const;

    std::string_view address_of_record() const { return text(0); }
    std::string_view id() const { return text(1); }
    std::uint32_t expires() const { return expires_; }  // seconds since 1970, good until 2106
    std::uint32_t node() const { return node_; }
    ConnectionId connection() const;  // of the flow; none when there is no stream

    // -- the shard's
    PackedBinding* next = nullptr;            // of the same address of record
    PackedBinding* expires_before = nullptr;  // of the same bucket of expiry
    PackedBinding* expires_after = nullptr;

private:
    enum Text : std::size_t { kAor, kId, kContact, kPath, kCallId, kUserAgent, kInstance, kFlow, kReceived, kTexts };
    using Texts = std::array<std::string_view, kTexts>;

    PackedBinding() = default;
    static Owned make(const PackedBinding& numbers, const Texts& texts);
    std::string_view text(std::size_t which) const;
    const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }

    std::uint32_t expires_ = 0, last_modified_ = 0, cseq_ = 0, reg_id_ = 0, flags_ = 0, branch_flags_ = 0, methods_ = 0,
                  node_ = 0;
    std::uint16_t q_thousandths_ = 1000;
    bool behind_nat_ = false;
    std::array<std::uint16_t, kTexts> lengths_{};
};

// "<sip:a;lr>,<sip:b;lr>" and back: commas inside <> or quotes do not separate.
std::string join_path(const std::vector<std::string>& path);
std::vector<std::string> split_path(std::string_view text);

}  // namespace viaduct::registrar
