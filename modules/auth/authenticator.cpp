// authenticator: digest authentication (RFC 3261 section 22, RFC 7616, RFC 8760).
// SPDX-License-Identifier: Apache-2.0
#include "authenticator.hpp"

#include <algorithm>
#include <array>

namespace viaduct::auth {
namespace {

constexpr std::array<std::string_view, kOutcomes> kOutcomeNames{
    "accepted", "no_credentials", "malformed",    "unsupported",    "foreign_nonce", "expired_nonce",
    "replayed", "wrong_uri",      "unknown_user", "wrong_response", "unavailable"};

// RFC 3261 section 22.2 and 22.3: a registrar authenticates as a server, a proxy as a proxy.
HeaderId credentials_header(Method method) {
    return method == Method::register_ ? HeaderId::authorization : HeaderId::proxy_authorization;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_host(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

void append_quoted(std::string& to, std::string_view text) {
    to += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') to += '\\';
        to += c;
    }
    to += '"';
}

// Realms are hashed as they are quoted, so they are compared without unescaping.
std::string quoted_realm(std::string_view realm) {
    std::string quoted;
    append_quoted(quoted, realm);
    return quoted.substr(1, quoted.size() - 2);
}

bool same_uri(std::string_view uri, const Message& request) {
    const auto theirs = Uri::parse(uri);
    const auto ours = request.request_uri();
    return theirs && ours && theirs->equivalent(*ours);
}

std::string tail_of(const Message& request, DigestAlgorithm algorithm, const Credentials& credentials) {
    const HexDigest ha2 = digest_ha2(algorithm, request.method_text(), credentials.uri);
    std::string tail;
    tail.reserve(credentials.nonce.size() + credentials.nc.size() + credentials.cnonce.size() + 80);
    for (std::string_view piece : {credentials.nonce, credentials.nc, credentials.cnonce, std::string_view{"auth"}}) {
        tail += ':';
        tail += piece;
    }
    tail += ':';
    tail += ha2.view();
    return tail;
}

// "alice" or "alice@example.test". Another domain than the realm's names nobody here, which must not show: it is looked
// up, whole, like any name that does not exist.
void set_user(Attempt& attempt, std::string_view username) {
    attempt.user = unescape(username);
    const auto at = attempt.user.rfind('@');
    if (at == std::string::npos || !same_host(std::string_view{attempt.user}.substr(at + 1), attempt.domain)) return;
    attempt.user.resize(at);
    attempt.form = UserForm::with_domain;
}

}  // namespace

std::string_view to_text(Outcome outcome) { return kOutcomeNames[static_cast<std::size_t>(outcome)]; }

bool is_stale(Outcome outcome) {
    return outcome == Outcome::foreign_nonce || outcome == Outcome::expired_nonce || outcome == Outcome::replayed;
}

Authenticator::Authenticator(const MacKey& key, const AuthenticatorSettings& settings)
    : settings_{settings},
      nonces_{key, settings.nonce_lifetime},
      counts_{settings.nonces_remembered, settings.nonce_lifetime},
      opaque_{HexDigest{key.mac({"opaque"})}.view().substr(0, 16)} {}

bool Authenticator::offers(DigestAlgorithm algorithm) const {
    return std::ranges::find(settings_.algorithms, algorithm) != settings_.algorithms.end();
}

std::variant<Attempt, Outcome> Authenticator::examine(const Message& request, std::string_view realm,
                                                      WallTime now) const {
    const HeaderId wanted = credentials_header(request.method());
    const std::string ours = quoted_realm(realm);
    std::variant<Attempt, Outcome> best = Outcome::no_credentials;
    for (const HeaderField& field : request.header_fields()) {
        if (field.id != wanted) continue;
        const auto credentials = parse_credentials(field.value);
        if (!credentials) {
            best = Outcome::malformed;
        } else if (credentials->realm == ours) {
            best = examine(request, *credentials, now);
            if (auto* attempt = std::get_if<Attempt>(&best)) {
                attempt->domain = realm;
                set_user(*attempt, credentials->username);
                return best;
            }
        }
    }
    return best;
}

std::variant<Attempt, Outcome> Authenticator::examine(const Message& request, const Credentials& credentials,
                                                      WallTime now) const {
    const auto nonce_count = parse_nonce_count(credentials.nc);
    const auto algorithm =
        credentials.algorithm.empty() ? DigestAlgorithm::md5 : digest_algorithm_from_text(credentials.algorithm);
    if (!algorithm || !offers(*algorithm) || credentials.qop != "auth" || credentials.userhash) {
        return Outcome::unsupported;
    }
    if (!nonce_count || credentials.cnonce.empty() || credentials.username.empty() || credentials.uri.empty() ||
        credentials.response.size() != 2 * digest_size(*algorithm)) {
        return Outcome::malformed;
    }
    // Before the database is asked: strangers who replay or invent cost one keyed hash.
    const NonceCheck nonce = nonces_.check(credentials.nonce, credentials.realm, now);
    if (nonce.state == NonceState::foreign) return Outcome::foreign_nonce;
    if (nonce.state == NonceState::expired) return Outcome::expired_nonce;
    if (settings_.check_uri && !same_uri(credentials.uri, request)) return Outcome::wrong_uri;

    Attempt attempt;
    attempt.algorithm = *algorithm;
    attempt.nonce = nonce.id;
    attempt.nonce_count = *nonce_count;
    attempt.tail = tail_of(request, *algorithm, credentials);
    attempt.response = credentials.response;
    std::ranges::transform(attempt.response, attempt.response.begin(), lower);
    return attempt;
}

Outcome Authenticator::judge(const Attempt& attempt, const Subscriber& subscriber, WallTime now) {
    const HexDigest ha1{subscriber.ha1(attempt.algorithm, attempt.form)};
    const HexDigest expected = digest_hex(attempt.algorithm, {ha1, attempt.tail});
    if (!constant_time_equal(expected, attempt.response)) {
        return subscriber.known ? Outcome::wrong_response : Outcome::unknown_user;
    }
    const NonceUse use = counts_.use(attempt.nonce, attempt.nonce_count, now);
    return use == NonceUse::first ? Outcome::accepted : Outcome::replayed;
}

Response Authenticator::challenge(Method method, std::string_view realm, bool stale, WallTime now,
                                  std::uint64_t number) const {
    const bool registrar = method == Method::register_;
    Response response{registrar ? 401 : 407};
    response.stateless = settings_.stateless_challenges;
    // Checked again in the form it comes back in: as quoted.
    const std::string quoted = quoted_realm(realm);
    const std::string nonce = nonces_.make(quoted, now, number);
    for (const DigestAlgorithm algorithm : settings_.algorithms) {
        std::string value;
        value.reserve(quoted.size() + nonce.size() + 128);
        value.append("Digest realm=\"").append(quoted).append("\", nonce=\"").append(nonce);
        value.append("\", opaque=\"").append(opaque_).append(stale ? "\", stale=true" : "\"");
        value.append(", algorithm=").append(to_text(algorithm)).append(", qop=\"auth\"");
        response.header_fields.emplace_back(registrar ? "WWW-Authenticate" : "Proxy-Authenticate", std::move(value));
    }
    return response;
}

bool Authenticator::consume(Message& request, std::string_view realm) {
    const HeaderId wanted = credentials_header(request.method());
    const std::string ours = quoted_realm(realm);
    std::vector<std::string> others;
    bool found = false;
    for (const HeaderField& field : request.header_fields()) {
        if (field.id != wanted) continue;
        const auto credentials = parse_credentials(field.value);
        if (credentials && credentials->realm == ours) {
            found = true;
        } else {
            others.emplace_back(field.value);
        }
    }
    if (!found) return false;
    request.remove(wanted);
    for (const std::string& value : others) request.append(wanted, value);
    return true;
}

}  // namespace viaduct::auth
