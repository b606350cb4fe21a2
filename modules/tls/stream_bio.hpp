// stream_bio: what OpenSSL reads from and writes to: the bytes of this input, and StreamOutput::to_peer.
//
// No buffer of its own. The two pointers are set for the time of one call into OpenSSL.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "openssl.hpp"

namespace viaduct::tls {

struct StreamEnds {
    std::string_view input;         // not read yet
    std::string* output = nullptr;  // appended to
};

// `ends` must outlive the BIO.
BioPtr make_stream_bio(StreamEnds& ends);

}  // namespace viaduct::tls
