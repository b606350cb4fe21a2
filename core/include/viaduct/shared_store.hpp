// viaduct/shared_store: where the scripts' viaduct.shared keeps its values.
//
// Offered by a module that keeps them outside of this process (redis); without one the server keeps them in its memory.
// Every call answers exactly once, on the calling worker, possibly before it returns; deadlines and bounded queues are
// the provider's work. Worker threads only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <viaduct/result.hpp>
#include <viaduct/time.hpp>
#include <viaduct/unique_function.hpp>

namespace viaduct {

using SharedValue = std::variant<bool, std::int64_t, double, std::string>;

// `message()` is the word that scripts see. After `unavailable` nobody knows whether a change was made.
enum class SharedErrc { full = 1, exists, not_an_integer, unavailable };
const boost::system::error_category& shared_category();
boost::system::error_code make_error_code(SharedErrc error);
// Spelled out, for a Result<bool> cannot be made of an error code.
template <class T>
Result<T> refused(SharedErrc error) {
    return {boost::system::in_place_error, make_error_code(error)};
}

class SharedStore {
public:
    static constexpr const char* kServiceName = "shared_store";
    virtual ~SharedStore() = default;

    // nullopt: there is no such value.
    virtual void get(std::string_view key, Completion<Result<std::optional<SharedValue>>> done) = 0;
    // `ttl`: nullopt keeps it until it is removed.
    virtual void set(std::string_view key, SharedValue value, std::optional<Duration> ttl,
                     Completion<Result<void>> done) = 0;
    // Only when the key is not there: SharedErrc::exists otherwise.
    virtual void add(std::string_view key, SharedValue value, std::optional<Duration> ttl,
                     Completion<Result<void>> done) = 0;
    // Adds to an integer; a missing one starts at 0 and gets the time to live. Answers the sum.
    virtual void increment(std::string_view key, std::int64_t by, std::optional<Duration> ttl,
                           Completion<Result<std::int64_t>> done) = 0;
    virtual void remove(std::string_view key, Completion<Result<bool>> done) = 0;  // true when it was there
    virtual void count(Completion<Result<std::int64_t>> done) = 0;

    // Its settings were read and nothing more: the server's memory takes its place. Scripts may wait for values only
    // where they could wait for those of the real one, so that a rehearsal shows what would fail.
    virtual bool is_rehearsal() const { return false; }
};

}  // namespace viaduct

template <>
struct boost::system::is_error_code_enum<viaduct::SharedErrc> : std::true_type {};
