// srtp_context: see srtp_context.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "security/srtp_context.hpp"

#include "security/evp_srtp.hpp"
#include "security/libsrtp_context.hpp"

namespace viaduct::media_relay {

std::unique_ptr<SrtpReceiver> make_srtp_receiver(const SrtpKeying& keying, unsigned most_streams, SrtpLibrary library) {
    if (library == SrtpLibrary::libsrtp) return std::make_unique<LibsrtpReceiver>(keying, most_streams);
    return std::make_unique<EvpSrtpReceiver>(keying, most_streams);
}

std::unique_ptr<SrtpSender> make_srtp_sender(const SrtpKeying& keying, unsigned most_streams, SrtpLibrary library) {
    if (library == SrtpLibrary::libsrtp) return std::make_unique<LibsrtpSender>(keying, most_streams);
    return std::make_unique<EvpSrtpSender>(keying, most_streams);
}

}  // namespace viaduct::media_relay
