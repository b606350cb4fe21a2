// allowed_methods: see allowed_methods.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "allowed_methods.hpp"

namespace viaduct::registrar {

namespace {

std::uint32_t bit(Method method) {
    switch (method) {
        case Method::invite: return 1U << 0;
        case Method::cancel: return 1U << 1;
        case Method::ack: return 1U << 2;
        case Method::bye: return 1U << 3;
        case Method::info: return 1U << 4;
        case Method::register_: return 1U << 5;
        case Method::subscribe: return 1U << 6;
        case Method::notify: return 1U << 7;
        case Method::message: return 1U << 8;
        case Method::options: return 1U << 9;
        case Method::prack: return 1U << 10;
        case Method::update: return 1U << 11;
        case Method::refer: return 1U << 12;
        case Method::publish: return 1U << 13;
        case Method::other: break;
    }
    return 1U << 14;
}

}  // namespace

std::uint32_t allowed_methods(const Message& message) {
    if (!message.has(HeaderId::allow)) return kAllMethods;
    std::uint32_t methods = 0;
    for (const std::string_view method : message.values(HeaderId::allow)) methods |= bit(method_from_text(method));
    return methods;
}

}  // namespace viaduct::registrar
