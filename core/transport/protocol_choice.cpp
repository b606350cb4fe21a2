// protocol_choice: see protocol_choice.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/protocol_choice.hpp"

#include <algorithm>

#include "sip/text.hpp"

namespace viaduct::transport {

namespace {
constexpr std::size_t kLongestMethod = 31;
}

StreamProtocol protocol_of(std::string_view first_bytes) {
    const std::string_view start = first_bytes.substr(0, kLongestMethod + 1);
    const auto end = std::find_if_not(start.begin(), start.end(), [](char c) { return sip::is(c, sip::kToken); });
    const auto method = static_cast<std::size_t>(end - start.begin());
    if (end == start.end()) return method > kLongestMethod ? StreamProtocol::sip : StreamProtocol::undecided;
    // What is not even a method is a keep-alive, or SIP's to count.
    if (method == 0 || *end != ' ') return StreamProtocol::sip;
    if (method + 1 == first_bytes.size()) return StreamProtocol::undecided;
    return first_bytes[method + 1] == '/' ? StreamProtocol::http : StreamProtocol::sip;
}

void ProtocolChoice::receive(std::string_view bytes, StreamOutput& output) {
    seen_.append(bytes);
    const StreamProtocol protocol = sip_ ? protocol_of(seen_) : StreamProtocol::http;
    if (protocol == StreamProtocol::undecided) return;
    if (protocol == StreamProtocol::http) {
        output.successor = http_.accept(control_);
    } else {
        output.leave = true;
    }
    output.remainder = std::move(seen_);
}

}  // namespace viaduct::transport
