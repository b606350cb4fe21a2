// options_test: what the proxy says of itself (RFC 3261 section 11.2).
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "modules/options/capabilities.hpp"

using namespace viaduct;
using namespace viaduct::options;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

}  // namespace

TEST_CASE("the answer to OPTIONS is a 200 naming what is welcome (RFC 3261 section 11.2)") {
    const Capabilities capabilities{{.allow = {"INVITE", "ACK", "BYE"},
                                     .accept = {"application/sdp"},
                                     .accept_encoding = {"gzip"},
                                     .accept_language = {"en", "de"},
                                     .supported = {"path"}}};
    CHECK(capabilities.answer().status == 200);
    CHECK(capabilities.answer().stateless);
    CHECK(capabilities.answer().header_fields == Fields{{"Allow", "INVITE, ACK, BYE"},
                                                        {"Accept", "application/sdp"},
                                                        {"Accept-Encoding", "gzip"},
                                                        {"Accept-Language", "en, de"},
                                                        {"Supported", "path"}});
}

TEST_CASE("an empty Allow is left out, other empty lists have a meaning (RFC 3261 sections 20.1 to 20.5, 20.37)") {
    CHECK(Capabilities{{}}.answer().header_fields ==
          Fields{{"Accept", ""}, {"Accept-Encoding", ""}, {"Accept-Language", ""}, {"Supported", ""}});
}
