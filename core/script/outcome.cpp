// outcome: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/outcome.hpp"

#include <fmt/format.h>

#include "script/object_kinds.hpp"
#include "script/sip_text.hpp"

namespace viaduct::script {

namespace {

Outcome status_outcome(lua_State* L, int index, bool has_reason) {
    const lua_Integer status = lua_tointeger(L, index);
    if (status < 200 || status > 699)
        return BadOutcome{fmt::format("returned {}: a final status code is 200 to 699", status)};
    if (!has_reason) return Response{static_cast<int>(status)};
    if (lua_type(L, index + 1) != LUA_TSTRING)
        return BadOutcome{fmt::format("returned {} and a {}: the second value is the reason phrase", status,
                                      luaL_typename(L, index + 1))};
    const auto reason = text_at(L, index + 1);
    if (!is_one_line(reason)) return BadOutcome{"returned a reason phrase with a line break"};
    return Response{static_cast<int>(status), std::string{reason}};
}

// One that relay made because there was no target never had a branch: the proxy makes the response.
Outcome answer_outcome(proxy::Answer& answer) {
    if (answer.local && !answer.response.has(HeaderId::via)) return Response{answer.response.status()};
    return std::move(answer);
}

}  // namespace

Outcome read_outcome(lua_State* L, int results) {
    if (results == 0 || lua_isnil(L, -results)) return BadOutcome{"returned nothing: a handler returns its answer"};
    const int first = lua_absindex(L, -results);
    if (lua_isinteger(L, first) != 0) return status_outcome(L, first, results > 1 && !lua_isnil(L, first + 1));
    if (auto* response = to_object<Response>(L, first, kResponseKind)) return *response;
    if (auto* answer = to_object<AnswerPtr>(L, first, kAnswerKind)) return answer_outcome(**answer);
    return BadOutcome{
        fmt::format("returned a {}: a status code, a response or an answer is expected", to_object_name(L, first))};
}

}  // namespace viaduct::script
