// uri_fuzz: URIs from the network.
//
// Promises: an accepted URI keeps its text and is equivalent to itself; edits leave a URI that is read again as what
// was set.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include <viaduct/uri.hpp>

#include "tests/fuzz/require.hpp"

using namespace viaduct;
using fuzz::require;

namespace {

void check_whole(const Uri& uri) {
    const auto again = Uri::parse(uri.text());
    require(again.has_value());
    require(again->equivalent(uri) && uri.equivalent(*again));
    require(again->user() == uri.user() && again->host() == uri.host() && again->port() == uri.port());
    require(again->parameters() == uri.parameters() && again->headers() == uri.headers());
}

void check_edits(Uri uri, std::string_view text) {
    const auto scheme = uri.scheme();
    uri.set_parameter("lr", "");
    check_whole(uri);
    if (scheme != Uri::Scheme::other) require(uri.is_loose_route());
    uri.set_user(text);
    check_whole(uri);
    uri.set_host(text);
    check_whole(uri);
    uri.set_port(5062);
    check_whole(uri);
    if (uri.is_sip()) require(uri.port() == 5062);
    uri.remove_parameter("lr");
    require(!uri.is_loose_route() || scheme == Uri::Scheme::other);
    uri.remove_headers();
    uri.set_port(0);
    check_whole(uri);
    require(uri.scheme() == scheme);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto uri = Uri::parse(text);
    if (!uri) return 0;
    require(uri->text() == text);
    check_whole(*uri);
    (void)uri->address_of_record();
    (void)uri->address();
    (void)uri->transport();
    check_edits(*uri, text);
    return 0;
}
