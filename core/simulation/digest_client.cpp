// digest_client: see digest_client.hpp. Reads challenges this server makes, not every challenge there is.
// SPDX-License-Identifier: Apache-2.0
#include "simulation/digest_client.hpp"

#include <fmt/format.h>

#include <viaduct/digest.hpp>

namespace viaduct::simulation {

namespace {

// The value of `name` in `challenge`, without quotes; "" when absent.
std::string_view parameter(std::string_view challenge, std::string_view name) {
    for (std::size_t at = challenge.find(name); at != std::string_view::npos; at = challenge.find(name, at + 1)) {
        const bool begins = at == 0 || challenge[at - 1] == ' ' || challenge[at - 1] == ',';
        const std::size_t value = at + name.size() + 1;
        if (!begins || value >= challenge.size() || challenge[value - 1] != '=') continue;
        if (challenge[value] == '"') return challenge.substr(value + 1, challenge.find('"', value + 1) - value - 1);
        return challenge.substr(value, challenge.find_first_of(", ", value) - value);
    }
    return {};
}

}  // namespace

std::string digest_credentials(std::string_view challenge, const DigestClient& client) {
    if (!challenge.starts_with("Digest ")) return {};
    const std::string_view realm = parameter(challenge, "realm"), nonce = parameter(challenge, "nonce"),
                           named = parameter(challenge, "algorithm");
    const auto algorithm = digest_algorithm_from_text(named.empty() ? "MD5" : named);
    if (!algorithm || parameter(challenge, "qop") != "auth") return {};
    const std::string_view nc = "00000001", cnonce = "0a4f113b";
    const auto ha1 = digest_ha1(*algorithm, client.user, realm, client.password);
    const auto ha2 = digest_ha2(*algorithm, client.method, client.uri);
    const auto response = digest_response(*algorithm, ha1, nonce, nc, cnonce, ha2);
    std::string credentials = fmt::format(
        R"(Digest username="{}", realm="{}", nonce="{}", uri="{}", response="{}", algorithm={}, cnonce="{}", qop=auth, nc={})",
        client.user, realm, nonce, client.uri, response.view(), to_text(*algorithm), cnonce, nc);
    if (const auto opaque = parameter(challenge, "opaque"); !opaque.empty())
        credentials += fmt::format(R"(, opaque="{}")", opaque);
    return credentials;
}

}  // namespace viaduct::simulation
