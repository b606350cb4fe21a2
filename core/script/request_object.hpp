// request_object: viaduct.Request, the `req` of a handler.
//
// The userdata names a coroutine and its generation, no address of a request: a script that keeps `req` beyond its
// handler gets an error, never somebody else's request.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "script/coroutine.hpp"
#include "script/object.hpp"

namespace viaduct::script {

struct RequestHandle {
    Coroutine* coroutine;
    std::uint64_t generation;
};

void push_request(lua_State* L, Coroutine& coroutine);
// The request at `argument`; raises an error for other values and when its handler has ended.
proxy::RequestContext& check_request(lua_State* L, int argument);

// request_methods.cpp
std::span<const Function> request_methods();

}  // namespace viaduct::script
