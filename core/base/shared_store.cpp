// shared_store: what the error codes of <viaduct/shared_store.hpp> are called.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/shared_store.hpp>

namespace viaduct {

namespace {

// Boost's category has no virtual destructor on purpose: a category is never deleted through its base.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class SharedCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "viaduct.shared"; }
    std::string message(int value) const override {
        switch (static_cast<SharedErrc>(value)) {
            case SharedErrc::full: return "full";
            case SharedErrc::exists: return "exists";
            case SharedErrc::not_an_integer: return "not an integer";
            case SharedErrc::unavailable: return "unavailable";
        }
        return "unknown";
    }
};
#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& shared_category() {
    static const SharedCategory category;
    return category;
}

boost::system::error_code make_error_code(SharedErrc error) { return {static_cast<int>(error), shared_category()}; }

}  // namespace viaduct
