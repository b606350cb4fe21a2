// object_kinds: the classes scripts meet, and how to push each. One file per class: uri_object.cpp, request_object.cpp,
// ...
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>

#include <viaduct/response.hpp>
#include <viaduct/target.hpp>
#include <viaduct/uri.hpp>

#include "proxy/request_context.hpp"
#include "script/object.hpp"

namespace viaduct::script {

struct Address;  // address_object.hpp
struct Source;   // address_object.cpp
struct Path;     // flow_object.cpp

extern const ObjectKind kUriKind, kTargetKind, kResponseKind, kAnswerKind, kRequestKind, kAddressKind, kSourceKind,
    kFlowKind, kCertificateKind;

std::span<const ObjectKind* const> object_kinds();
// "viaduct.Uri", or Lua's word for other types: for error messages.
std::string to_object_name(lua_State* L, int index);

void push_uri(lua_State* L, Uri uri);
// A viaduct.Uri or the text of one; raises an error that says what is wrong.
Uri check_uri(lua_State* L, int argument);
void push_target(lua_State* L, Target target);
// By pointer: an answer holds a whole message, two kilobytes to move.
using AnswerPtr = std::unique_ptr<proxy::Answer>;
void push_answer(lua_State* L, AnswerPtr answer);
void push_response(lua_State* L, Response response);
// The result of is_local(); raises 503 when domains that could not be read yet may say otherwise.
int push_is_local(lua_State* L, bool local);
// status [, reason] at `argument`; `least`: 100 or 200.
Response check_response(lua_State* L, int argument, int least);
// A From or To value.
void push_address(lua_State* L, std::string_view value);
void push_source(lua_State* L, const Flow& flow);
using DetailsPtr = std::shared_ptr<const ConnectionDetails>;  // shared with the transport, which may forget it first
void push_flow(lua_State* L, const Flow& flow, DetailsPtr details);

}  // namespace viaduct::script
