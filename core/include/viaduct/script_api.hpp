// viaduct/script_api: how a module gives functions to the operator's Lua script.
//
//   script.add("lookup(uri: viaduct.Uri|string): viaduct.Target[]", "Contacts registered for a URI.",
//              [this](const Uri& aor) { return store_.lookup(aor); })
//
// The Lua conversion follows from the callable's parameter and result types; the text is for editors and `config
// explain`. A callable that must wait takes a ScriptReturn as its last parameter and returns void: the script's
// coroutine sleeps until it is called (once, on the same worker; calling it before returning is fine and costs no
// yield). Arguments that do not fit raise a Lua error with file:line. A thrown std::exception becomes a Lua error, too.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <viaduct/registration.hpp>
#include <viaduct/request.hpp>
#include <viaduct/response.hpp>
#include <viaduct/target.hpp>
#include <viaduct/uri.hpp>

namespace viaduct {

struct ScriptValue;
using ScriptList = std::vector<ScriptValue>;
using ScriptMap = std::map<std::string, ScriptValue>;
using Targets = std::vector<Target>;

// Given as a result: the function has no answer to give. It raises `answer` as an error in the script; a handler that
// does not catch it with pcall is answered so.
struct ScriptRaise {
    Response answer;
};

struct ScriptValue : std::variant<std::monostate, bool, std::int64_t, double, std::string, Uri, Target, Response,
                                  Targets, ScriptList, ScriptMap, Request*, ScriptRaise> {
    using variant::variant;
    bool is_nil() const { return index() == 0; }
};
using ScriptResults = std::vector<ScriptValue>;
using ScriptReturn = Completion<ScriptResults>;

// What the engine calls. `arguments` has as many as the script gave.
using ScriptFunction = std::function<void(std::vector<ScriptValue>& arguments, ScriptReturn done)>;

// Thrown by conversions: "bad argument #1 (viaduct.Request expected, got nil)".
class ScriptArgumentError : public std::runtime_error {
public:
    ScriptArgumentError(std::size_t index, std::string_view expected);
};

namespace script_detail {

template <class T>
struct Convert;  // specialised below

template <class T>
std::remove_cvref_t<T> argument(std::vector<ScriptValue>& arguments, std::size_t index) {
    ScriptValue nil;
    ScriptValue& value = index < arguments.size() ? arguments[index] : nil;
    return Convert<std::remove_cvref_t<T>>::from(value, index);
}

template <class T>
struct ConvertAlternative {
    static T from(ScriptValue& value, std::size_t index, std::string_view expected) {
        if (auto* held = std::get_if<T>(&value)) return std::move(*held);
        throw ScriptArgumentError(index, expected);
    }
};
template <>
struct Convert<bool> {
    static bool from(ScriptValue& v, std::size_t i) { return ConvertAlternative<bool>::from(v, i, "boolean"); }
};
template <>
struct Convert<std::int64_t> {
    static std::int64_t from(ScriptValue& v, std::size_t i);
};
template <>
struct Convert<double> {
    static double from(ScriptValue& v, std::size_t i);
};
template <>
struct Convert<std::string> {
    static std::string from(ScriptValue& v, std::size_t i);  // numbers too
};
template <>
struct Convert<Uri> {
    static Uri from(ScriptValue& v, std::size_t i);  // or a string
};
template <>
struct Convert<Target> {
    static Target from(ScriptValue& v, std::size_t i);  // or a URI or string
};
template <>
struct Convert<Targets> {
    static Targets from(ScriptValue& v, std::size_t i);  // or a list of the above
};
template <>
struct Convert<Response> {
    static Response from(ScriptValue& v, std::size_t i);  // or a status code
};
template <>
struct Convert<ScriptList> {
    static ScriptList from(ScriptValue& v, std::size_t i) { return ConvertAlternative<ScriptList>::from(v, i, "list"); }
};
template <>
struct Convert<ScriptMap> {
    static ScriptMap from(ScriptValue& v, std::size_t i);  // or the empty list: Lua's {} is both
};
template <>
struct Convert<ScriptValue> {
    static ScriptValue from(ScriptValue& v, std::size_t) { return std::move(v); }
};
template <class T>
struct Convert<std::optional<T>> {
    static std::optional<T> from(ScriptValue& v, std::size_t i) {
        if (v.is_nil()) return std::nullopt;
        return Convert<T>::from(v, i);
    }
};
template <>
struct Convert<Request> {
    static Request& from(ScriptValue& v, std::size_t i) {
        return *ConvertAlternative<Request*>::from(v, i, "viaduct.Request");
    }
};

template <class T>
decltype(auto) take(std::vector<ScriptValue>& arguments, std::size_t index) {
    if constexpr (std::is_same_v<std::remove_cvref_t<T>, Request>) {
        ScriptValue nil;
        return Convert<Request>::from(index < arguments.size() ? arguments[index] : nil, index);
    } else {
        return argument<T>(arguments, index);
    }
}

template <class T>
ScriptValue to_value(T&& value) {
    using Plain = std::remove_cvref_t<T>;
    if constexpr (std::is_same_v<Plain, ScriptValue>)
        return std::forward<T>(value);
    else if constexpr (std::is_same_v<Plain, bool>)
        return ScriptValue{value};
    else if constexpr (std::is_integral_v<Plain>)
        return ScriptValue{static_cast<std::int64_t>(value)};
    else if constexpr (std::is_convertible_v<T, std::string_view>)
        return ScriptValue{std::string{std::string_view{value}}};
    else
        return ScriptValue{std::forward<T>(value)};
}
template <class T>
ScriptValue to_value(std::optional<T>&& value) {
    return value ? to_value(std::move(*value)) : ScriptValue{};
}
inline void pack(ScriptResults& results, ScriptResults&& values) { results = std::move(values); }
template <class... T>
void pack(ScriptResults& results, std::tuple<T...>&& values) {
    std::apply([&](auto&... v) { (results.push_back(to_value(std::move(v))), ...); }, values);
}
template <class T>
void pack(ScriptResults& results, T&& value) {
    results.push_back(to_value(std::forward<T>(value)));
}

template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const> {
    using Result = R;
    using Arguments = std::tuple<A...>;
};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...)> : Signature<R (C::*)(A...) const> {};

template <class F, class... A, std::size_t... I>
void call(F& function, std::vector<ScriptValue>& arguments, ScriptReturn& done, std::tuple<A...>*,
          std::index_sequence<I...>) {
    using Result = typename Signature<F>::Result;
    if constexpr (std::is_void_v<Result>) {
        function(take<A>(arguments, I)...);
        done(ScriptResults{});
    } else {
        ScriptResults results;
        pack(results, function(take<A>(arguments, I)...));
        done(std::move(results));
    }
}

template <class Tuple, std::size_t... I>
auto drop_last(std::index_sequence<I...>) -> std::tuple<std::tuple_element_t<I, Tuple>...>;

template <class F, class... A, std::size_t... I>
void call_waiting(F& function, std::vector<ScriptValue>& arguments, ScriptReturn& done, std::tuple<A...>*,
                  std::index_sequence<I...>) {
    function(take<A>(arguments, I)..., std::move(done));
}

template <class F>
constexpr bool waits() {
    using Arguments = typename Signature<F>::Arguments;
    if constexpr (std::tuple_size_v<Arguments> == 0)
        return false;
    else
        return std::is_same_v<std::remove_cvref_t<std::tuple_element_t<std::tuple_size_v<Arguments> - 1, Arguments>>,
                              ScriptReturn>;
}

}  // namespace script_detail

// What became of a hook. Its results are the script's, of any type: their judge is the module.
struct ScriptHookOutcome {
    bool defined = false;  // the script has that function
    bool failed = false;   // it raised an error; the log has file:line
    ScriptResults results{};
};

// A global function the operator's script may define, for a module to call: on_handshake(handshake). It may wait like
// any handler. Destroying this withdraws the name; calls under way still end.
class ScriptHook {
public:
    virtual ~ScriptHook() = default;
    // Calls it in the script in force on this worker; `done` there, too, possibly before this returns.
    virtual void call(std::vector<ScriptValue> arguments, Completion<ScriptHookOutcome> done) = 0;
};

class ScriptApi {
public:
    virtual ~ScriptApi() = default;

    // `declaration`: "name(parameter: type, ...): type", LuaLS style. The function appears in `require
    // "viaduct.MODULE"`.
    template <class F>
    Registration add(std::string_view declaration, std::string_view help, F function) {
        return add_raw(
            declaration, help,
            [function = std::move(function)](std::vector<ScriptValue>& arguments, ScriptReturn done) mutable {
                using namespace script_detail;
                using Arguments = typename Signature<F>::Arguments;
                if constexpr (waits<F>()) {
                    constexpr auto n = std::make_index_sequence<std::tuple_size_v<Arguments> - 1>{};
                    call_waiting(function, arguments, done, static_cast<decltype(drop_last<Arguments>(n))*>(nullptr),
                                 n);
                } else {
                    call(function, arguments, done, static_cast<Arguments*>(nullptr),
                         std::make_index_sequence<std::tuple_size_v<Arguments>>{});
                }
            });
    }

    virtual Registration add_raw(std::string_view declaration, std::string_view help, ScriptFunction function) = 0;
    // `declaration`: "on_handshake(handshake: table): boolean|integer?". The name begins with "on_". Throws
    // std::logic_error when it is taken.
    virtual std::unique_ptr<ScriptHook> add_hook(std::string_view declaration, std::string_view help) = 0;
};

}  // namespace viaduct
