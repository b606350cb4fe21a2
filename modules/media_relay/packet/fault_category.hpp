// fault_category: what an error enum of this module needs to become an error_code: its name and its words.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <boost/system/error_category.hpp>

namespace viaduct::media_relay {

// Boost's category has no virtual destructor and is never deleted through its base.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
template <class Fault>
class FaultCategory final : public boost::system::error_category {
public:
    FaultCategory(const char* name, const char* (*words)(Fault)) : name_{name}, words_{words} {}
    const char* name() const noexcept override { return name_; }
    std::string message(int value) const override { return words_(static_cast<Fault>(value)); }

private:
    const char* name_;
    const char* (*words_)(Fault);
};
#pragma GCC diagnostic pop

}  // namespace viaduct::media_relay
