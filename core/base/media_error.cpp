// media_error: the words of MediaErrc, see viaduct/media_service.hpp.
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <viaduct/media_service.hpp>

namespace viaduct {

namespace {

const char* words(MediaErrc error) {
    switch (error) {
        case MediaErrc::bad_description: return "session description cannot be relayed";
        case MediaErrc::no_common_codec: return "no codec that both sides have";
        case MediaErrc::unknown_call: return "no media of that call";
        case MediaErrc::no_ports: return "no media ports left";
        case MediaErrc::unavailable: return "no media relay answers";
        case MediaErrc::refused: return "refused by the media relay";
    }
    return "unknown media error";
}

// Boost's category has no virtual destructor and is never deleted through its base.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class MediaCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "media"; }
    std::string message(int error) const override { return words(static_cast<MediaErrc>(error)); }
};
#pragma GCC diagnostic pop

}  // namespace

error_code make_error_code(MediaErrc error) {
    static const MediaCategory category;
    return {static_cast<int>(error), category};
}

}  // namespace viaduct
