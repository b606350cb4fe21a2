// replay_window: which packets of a stream have been seen, by their index (RFC 3711 section 3.3.2), and which index a
// sequence number stands for (section 3.3.1).
//
// 128 packets back; older ones count as seen.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace viaduct::media_relay {

class ReplayWindow {
public:
    static constexpr std::uint64_t kSize = 128;

    // The 48-bit index nearest to the highest so far. Nothing: it would lie before the stream's first packet.
    std::optional<std::uint64_t> index_of(std::uint16_t sequence) const {
        if (!begun_) return sequence;
        const std::uint64_t rollovers = highest_ >> 16;
        const auto last = static_cast<std::uint16_t>(highest_);
        if (last < 0x8000 && sequence - last > 0x8000) {
            if (rollovers == 0) return std::nullopt;
            return (rollovers - 1) << 16 | sequence;
        }
        if (last >= 0x8000 && last - 0x8000 > sequence) return (rollovers + 1) << 16 | sequence;
        return rollovers << 16 | sequence;
    }

    bool is_new(std::uint64_t index) const {
        if (!begun_ || index > highest_) return true;
        const std::uint64_t back = highest_ - index;
        return back < kSize && ((back < 64 ? low_ >> back : high_ >> (back - 64)) & 1) == 0;
    }

    // REQUIRES: is_new(index)
    void note(std::uint64_t index) {
        if (!begun_) {
            begun_ = true;
            highest_ = index;
            low_ = 1;
        } else if (index > highest_) {
            shift(index - highest_);
            highest_ = index;
            low_ |= 1;
        } else if (const std::uint64_t back = highest_ - index; back < 64) {
            low_ |= std::uint64_t{1} << back;
        } else {
            high_ |= std::uint64_t{1} << (back - 64);
        }
    }

private:
    void shift(std::uint64_t by) {
        if (by >= kSize) {
            low_ = high_ = 0;
        } else if (by >= 64) {
            high_ = low_ << (by - 64);
            low_ = 0;
        } else {
            high_ = high_ << by | low_ >> (64 - by);
            low_ <<= by;
        }
    }

    std::uint64_t highest_ = 0;
    std::uint64_t low_ = 0, high_ = 0;  // bit 0 of low_ is the highest index, of high_ the one 64 before it
    bool begun_ = false;
};

}  // namespace viaduct::media_relay
