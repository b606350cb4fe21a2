// description_body_fuzz: multipart bodies from the network: what is found in them is replaced, and found again.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>

#include "modules/media/description_body.hpp"
#include "tests/fuzz/require.hpp"

using namespace viaduct;

// Up to the first line end a Content-Type, then the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return 0;
    Message message = Message::request("INVITE", "sip:bob@example.test");
    message.set_body(text.substr(0, end), text.substr(end + 1));
    if (!media::has_description(message)) return 0;
    fuzz::require(fuzz::inside(*media::description_of(message), message.body()));
    media::set_description(message, "v=0\r\ns=-\r\n");
    fuzz::require(media::description_of(message) == "v=0\r\ns=-\r\n");
    const std::string once{message.body()};
    media::set_description(message, "v=0\r\ns=-\r\n");
    fuzz::require(message.body() == once);
    return 0;
}
