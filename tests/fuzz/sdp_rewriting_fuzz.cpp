// sdp_rewriting_fuzz: descriptions of strangers, read and written for another reader, without sockets.
//
// Promises: what is written can be read again, has as many sections, says our address and nothing of the writer's
// transport, and is not changed by writing it once more.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "modules/media_relay/sdp/codecs.hpp"
#include "modules/media_relay/sdp/described_media.hpp"
#include "modules/media_relay/sdp/local_description.hpp"
#include "tests/fuzz/require.hpp"

using namespace viaduct;
using namespace viaduct::media_relay;

namespace {

const SocketAddress kOurs = *SocketAddress::from_text("203.0.113.5:30000");
const Fingerprint kFingerprint{FingerprintHash::sha256, std::vector<std::uint8_t>(32, 7)};

LocalDescription ours(const Description& said, unsigned shape) {
    LocalDescription local;
    for (const DescribedMedia& media : said.media) {
        LocalMedia one{.protocol = (shape & 1) != 0 ? "UDP/TLS/RTP/SAVPF" : "RTP/AVP", .mid = media.mid};
        if (!media.profile.rtp) {
            one.kind = LocalMedia::Kind::refused;
            one.protocol = media.line.protocol;
        }
        one.rtp = one.rtcp = kOurs;
        one.feedback = (shape & 1) != 0;
        one.rtcp_mux = (shape & 2) != 0;
        if ((shape & 4) != 0) {
            one.credentials = {"ufrag", "password-of-twenty-four-c"};
            one.candidates = {{.foundation = "1", .priority = 1, .address = kOurs}};
        }
        if ((shape & 8) != 0) {
            one.fingerprint = &kFingerprint;
            one.setup = Setup::actpass;
        }
        local.media.push_back(std::move(one));
    }
    return local;
}

void check(const SdpText& written, const LocalDescription& local) {
    const Description again = describe(written);
    for (std::size_t i = 0; i < again.media.size(); ++i) {
        const DescribedMedia& media = again.media[i];
        if (local.media[i].kind != LocalMedia::Kind::relayed) {
            fuzz::require(media.line.port == 0);
            continue;
        }
        fuzz::require(media.rtp == kOurs);
        fuzz::require(media.line.protocol == local.media[i].protocol);
        fuzz::require(media.credentials == local.media[i].credentials);
        fuzz::require(media.candidates == local.media[i].candidates);
        fuzz::require(media.fingerprints.size() == (local.media[i].fingerprint != nullptr ? 1U : 0U));
        fuzz::require(media.cryptos.empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    auto text = SdpText::parse({reinterpret_cast<const char*>(data) + 1, size - 1});
    if (!text) return 0;
    (void)have_common_codec(text->sections.front(), text->sections.back());
    const LocalDescription local = ours(describe(*text), data[0]);
    write(*text, local);
    const auto again = SdpText::parse(text->text());
    fuzz::require(again.has_value() && again->sections.size() == local.media.size());
    check(*again, local);
    SdpText twice = *again;
    write(twice, ours(describe(twice), data[0]));
    fuzz::require(twice.text() == text->text());
    return 0;
}
