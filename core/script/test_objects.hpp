// test_objects: what test files handle: the test (`t`), phones and received messages.
//
// They live for one test; the bench outlives them. A failed expectation is a Lua error with the test's file:line.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "script/object.hpp"
#include "script/test_bench.hpp"

namespace viaduct::script {

extern const ObjectKind kTestKind, kTestPhoneKind, kTestMessageKind;
std::span<const ObjectKind* const> test_object_kinds();

// For the file's state, once.
void define_test_objects(lua_State* L);
// Pushes the `t` of a test on this bench.
void push_test(lua_State* L, TestBench& bench);

// test_phone_object.cpp
void push_phone(lua_State* L, TestPhone& phone);
TestPhone& check_phone(lua_State* L, int argument);
void push_test_message(lua_State* L, Message message);
// "alice received: 100, 180, 486"
std::string received_by(const TestPhone& phone);

}  // namespace viaduct::script
