// coroutine: see the header.
// SPDX-License-Identifier: Apache-2.0
#include "script/coroutine.hpp"

#include <utility>

#include "script/loaded_script.hpp"

namespace viaduct::script {

namespace {

bool can_wait(lua_State* L, const Coroutine& coroutine) {
    return coroutine.thread == L && coroutine.in_use && !coroutine.closing && lua_isyieldable(L) != 0;
}

[[noreturn]] void fail_to_wait(lua_State* L, const Coroutine& coroutine) {
    if (coroutine.closing) fail(L, "a request that has ended cannot wait: this runs in the __close of one");
    if (script_of(L).loading())
        fail(L,
             "this has to wait, which is not possible while the script is loaded: call it in on_start or in a handler");
    fail(L, "this has to wait, which is not possible inside coroutine.wrap, table.sort, string.gsub or a metamethod");
}

// Runs as continuation, on the resumed coroutine.
int finish_wait(lua_State* L, int /*status*/, lua_KContext /*context*/) {
    try {
        WaitResult result = std::move(coroutine_of(L).result);
        return result(L);
    } catch (const std::exception& error) {
        fail(L, error.what());
    }
}

// Begins a wait; forgets it again unless it is kept, whatever is thrown on the way.
class Waiting {
public:
    Waiting(Coroutine& coroutine, std::uint64_t number) : coroutine_{coroutine} {
        coroutine.result = nullptr;
        coroutine.wait = number;
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() {
        if (!kept_) coroutine_.wait = 0;
    }
    void keep() { kept_ = true; }

private:
    Coroutine& coroutine_;
    bool kept_ = false;
};

}  // namespace

void Wake::operator()(WaitResult result) const {
    if (const auto script = script_.lock()) script->wake(*coroutine_, wait_, std::move(result));
}

void check_can_wait(lua_State* L) {
    const Coroutine& coroutine = coroutine_of(L);
    if (!can_wait(L, coroutine)) fail_to_wait(L, coroutine);
}

int wait(lua_State* L, UniqueFunction<void(Wake)> start) {
    Coroutine& coroutine = coroutine_of(L);
    LoadedScript& script = coroutine.script;
    {
        Waiting waiting{coroutine, script.next_wait()};
        start(Wake{script.weak_from_this(), coroutine, coroutine.wait});
        if (!coroutine.result) {
            if (!can_wait(L, coroutine)) fail_to_wait(L, coroutine);
            waiting.keep();
        }
    }
    if (coroutine.result) return finish_wait(L, LUA_OK, 0);
    return kWaits;
}

int yield_waiting(lua_State* L) { return lua_yieldk(L, 0, 0, finish_wait); }

}  // namespace viaduct::script
