// value_text: a script's value as the text Redis keeps, and back.
//
// An integer is its decimal digits, as INCRBY wants them; a text is itself, so that people and other programs can read
// and write it with redis-cli. Only what would be mistaken for something else bears a mark: "b:true", "f:0.5", and
// "s:42" for the text of an integer or one that begins with a mark. Decoding takes any bytes: what is nothing of this
// is a text. No state.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <viaduct/shared_store.hpp>

namespace viaduct::redis {

std::string text_of(const SharedValue& value);
SharedValue value_of(std::string_view text);

// The only way Redis writes an integer of 64 bits: no sign but "-", no leading zero.
std::optional<std::int64_t> integer_of(std::string_view text);

}  // namespace viaduct::redis
