// digest_fuzz: credentials from the network, and the judgement of whole requests that carry them.
//
// What is read must lie inside what was given, and nothing invented may ever be accepted.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>

#include "modules/auth/authenticator.hpp"

using namespace viaduct;
using namespace viaduct::auth;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_credentials(std::string_view value) {
    const auto credentials = parse_credentials(value);
    if (!credentials) return;
    for (std::string_view part :
         {credentials->username, credentials->realm, credentials->nonce, credentials->uri, credentials->response,
          credentials->algorithm, credentials->cnonce, credentials->opaque, credentials->qop, credentials->nc}) {
        require(inside(part, value));
        require(unescape(part).size() <= part.size());
    }
    parse_nonce_count(credentials->nc);
}

// Nobody can invent a nonce of ours, so one is put in where the input says nonce="N".
std::string with_nonce(std::string_view given, const Authenticator& authenticator, WallTime now) {
    constexpr std::string_view kPlace = "nonce=\"N\"";
    const auto place = given.find(kPlace);
    if (place == std::string_view::npos) return std::string{given};
    const Response challenge = authenticator.challenge(Method::invite, "example.test", false, now, 1);
    const std::string value = challenge.header_fields.front().second;
    const auto nonce = parse_credentials(value)->nonce;
    return std::string{given.substr(0, place)} + "nonce=\"" + std::string{nonce} + "\"" +
           std::string{given.substr(place + kPlace.size())};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const MacKey key{"fuzz"};
    static const std::vector<DigestAlgorithm> all{DigestAlgorithm::md5, DigestAlgorithm::sha256,
                                                  DigestAlgorithm::sha512_256};
    static Authenticator authenticator{key, {.algorithms = all, .check_uri = true}};
    static const SubscriberReader reader{key, all, false};
    const WallTime now{std::chrono::seconds{1'700'000'000}};

    const std::string_view given{reinterpret_cast<const char*>(data), size};
    check_credentials(given);
    const std::string value = with_nonce(given, authenticator, now);

    Message request = Message::request(Method::invite, Uri::make(Uri::Scheme::sip, "bob", "example.test"));
    request.append(HeaderId::proxy_authorization, value);
    const auto examined = authenticator.examine(request, "example.test", now);
    if (const auto* attempt = std::get_if<Attempt>(&examined)) {
        require(authenticator.judge(*attempt, reader.stand_in(), now) != Outcome::accepted);
    }
    Authenticator::consume(request, "example.test");
    return 0;
}
