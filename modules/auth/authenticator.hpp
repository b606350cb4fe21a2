// authenticator: challenges and the judgement of credentials (RFC 3261 section 22, RFC 7616, RFC 8760). No I/O, no
// clock.
//
// A verification has two steps, because between them somebody may have to wait for the database: examine() says what
// the request presents, judge() whether that is right. An Attempt owns what it needs; the request may be gone by then.
// One object for all workers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <viaduct/digest.hpp>
#include <viaduct/header_id.hpp>
#include <viaduct/message.hpp>
#include <viaduct/response.hpp>
#include <viaduct/time.hpp>

#include "credentials.hpp"
#include "nonce_counts.hpp"
#include "nonces.hpp"
#include "subscriber.hpp"

namespace viaduct::auth {

enum class Outcome : std::uint8_t {
    accepted,
    no_credentials,  // none for this realm
    malformed,       // for this realm, but unreadable
    unsupported,     // algorithm or qop that was not offered
    foreign_nonce,   // not ours: a restart, another realm, an invention
    expired_nonce,
    replayed,  // nonce count used before, or too long ago to know
    wrong_uri,
    unknown_user,
    wrong_response,  // the password
    unavailable,     // the database could not say
};
inline constexpr std::size_t kOutcomes = 11;
std::string_view to_text(Outcome outcome);
// The client may answer again without asking for the password (RFC 7616 section 3.3, stale).
bool is_stale(Outcome outcome);

struct AuthenticatorSettings {
    std::vector<DigestAlgorithm> algorithms{DigestAlgorithm::md5};  // in order of preference
    Duration nonce_lifetime = 5min;
    std::size_t nonces_remembered = 100000;
    bool check_uri = false;  // the digest's uri must be equivalent to the Request-URI
    bool stateless_challenges = true;
};

struct Attempt {
    DigestAlgorithm algorithm = DigestAlgorithm::md5;
    UserForm form = UserForm::bare;
    std::string user;    // without domain
    std::string domain;  // the realm
    NonceId nonce;
    std::uint32_t nonce_count = 0;
    std::string tail;  // what follows HA1 in the response's hash
    std::string response;
};

class Authenticator {
public:
    Authenticator(const MacKey& key, const AuthenticatorSettings& settings);

    std::variant<Attempt, Outcome> examine(const Message& request, std::string_view realm, WallTime now) const;
    // Marks the nonce count as used when the response is right.
    Outcome judge(const Attempt& attempt, const Subscriber& subscriber, WallTime now);

    // 401 for REGISTER, else 407, with one challenge for each algorithm. `number`: see Nonces::make.
    Response challenge(Method method, std::string_view realm, bool stale, WallTime now, std::uint64_t number) const;
    // Takes away the credentials for `realm`, which mean nothing to the next hop; true when there were any.
    static bool consume(Message& request, std::string_view realm);

    std::size_t nonces_remembered() const { return counts_.size(); }

private:
    std::variant<Attempt, Outcome> examine(const Message& request, const Credentials& credentials, WallTime now) const;
    bool offers(DigestAlgorithm algorithm) const;

    AuthenticatorSettings settings_;
    Nonces nonces_;
    NonceCounts counts_;
    std::string opaque_;
};

}  // namespace viaduct::auth
