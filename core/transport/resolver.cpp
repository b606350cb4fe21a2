// resolver: the words for what can go wrong.
// SPDX-License-Identifier: Apache-2.0
#include "transport/resolver.hpp"

namespace viaduct::transport {

namespace {

// Boost's category has no virtual destructor and is never deleted through its base.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class ResolveCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "resolve"; }
    std::string message(int value) const override {
        switch (static_cast<ResolveErrc>(value)) {
            case ResolveErrc::not_found: return "no such host or service";
            case ResolveErrc::timeout: return "the DNS did not answer in time";
            case ResolveErrc::server_failure: return "the DNS failed";
            case ResolveErrc::no_usable_transport: return "no transport this server can use";
            case ResolveErrc::too_many: return "too many lookups under way";
        }
        return "unknown";
    }
};
#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& resolve_category() {
    static const ResolveCategory category;
    return category;
}

error_code make_error_code(ResolveErrc error) { return {static_cast<int>(error), resolve_category()}; }

}  // namespace viaduct::transport
