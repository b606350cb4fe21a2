// script_api: the conversions of <viaduct/script_api.hpp> that are more than a look at the type.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/script_api.hpp>

#include <cmath>

#include <fmt/format.h>

namespace viaduct {

ScriptArgumentError::ScriptArgumentError(std::size_t index, std::string_view expected)
    : std::runtime_error{fmt::format("bad argument #{} ({} expected)", index + 1, expected)} {}

namespace script_detail {

namespace {

std::optional<Target> target_of(ScriptValue& value) {
    if (auto* target = std::get_if<Target>(&value)) return std::move(*target);
    Target made;
    if (auto* uri = std::get_if<Uri>(&value)) {
        made.uri = std::move(*uri);
        return made;
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        if (auto uri = Uri::parse(*text)) {
            made.uri = *std::move(uri);
            return made;
        }
    }
    return std::nullopt;
}

}  // namespace

std::int64_t Convert<std::int64_t>::from(ScriptValue& v, std::size_t i) {
    if (const auto* integer = std::get_if<std::int64_t>(&v)) return *integer;
    const auto* number = std::get_if<double>(&v);
    if (number != nullptr && std::trunc(*number) == *number && std::abs(*number) < 9e15)
        return static_cast<std::int64_t>(*number);
    throw ScriptArgumentError(i, "integer");
}

double Convert<double>::from(ScriptValue& v, std::size_t i) {
    if (const auto* number = std::get_if<double>(&v)) return *number;
    if (const auto* integer = std::get_if<std::int64_t>(&v)) return static_cast<double>(*integer);
    throw ScriptArgumentError(i, "number");
}

std::string Convert<std::string>::from(ScriptValue& v, std::size_t i) {
    if (auto* text = std::get_if<std::string>(&v)) return std::move(*text);
    if (const auto* integer = std::get_if<std::int64_t>(&v)) return std::to_string(*integer);
    if (const auto* number = std::get_if<double>(&v)) return fmt::format("{}", *number);
    throw ScriptArgumentError(i, "string");
}

Uri Convert<Uri>::from(ScriptValue& v, std::size_t i) {
    if (auto* uri = std::get_if<Uri>(&v)) return std::move(*uri);
    if (const auto* text = std::get_if<std::string>(&v)) {
        if (auto uri = Uri::parse(*text)) return *std::move(uri);
    }
    throw ScriptArgumentError(i, "viaduct.Uri or the text of one");
}

Target Convert<Target>::from(ScriptValue& v, std::size_t i) {
    if (auto target = target_of(v)) return *std::move(target);
    throw ScriptArgumentError(i, "viaduct.Target, viaduct.Uri or the text of one");
}

Targets Convert<Targets>::from(ScriptValue& v, std::size_t i) {
    if (auto* targets = std::get_if<Targets>(&v)) return std::move(*targets);
    Targets targets;
    if (auto* list = std::get_if<ScriptList>(&v)) {
        for (ScriptValue& item : *list) {
            auto target = target_of(item);
            if (!target) throw ScriptArgumentError(i, "list of targets or URIs");
            targets.push_back(*std::move(target));
        }
        return targets;
    }
    auto single = target_of(v);
    if (!single) throw ScriptArgumentError(i, "list of targets or URIs");
    targets.push_back(*std::move(single));
    return targets;
}

Response Convert<Response>::from(ScriptValue& v, std::size_t i) {
    if (auto* response = std::get_if<Response>(&v)) return std::move(*response);
    const auto* status = std::get_if<std::int64_t>(&v);
    if (status != nullptr && *status >= 100 && *status <= 699) return Response{static_cast<int>(*status)};
    throw ScriptArgumentError(i, "viaduct.Response or a status code");
}

ScriptMap Convert<ScriptMap>::from(ScriptValue& v, std::size_t i) {
    const auto* list = std::get_if<ScriptList>(&v);
    if (list != nullptr && list->empty()) return {};
    return ConvertAlternative<ScriptMap>::from(v, i, "table");
}

}  // namespace script_detail
}  // namespace viaduct
