// refusal: an answer that refuses a REGISTER, and the word by which it is counted.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/response.hpp>

namespace viaduct::registrar {

struct Refusal {
    Response response;
    const char* why;  // label of the counter: "interval_too_brief"
};

}  // namespace viaduct::registrar
