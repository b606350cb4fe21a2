// control_methods: see control_methods.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "control_methods.hpp"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "packed_binding.hpp"
#include "register_answer.hpp"
#include "register_request.hpp"

namespace viaduct::registrar {

namespace {

using nlohmann::json;

constexpr int kInvalidParameters = -32602, kFailed = -32000, kNotFound = -32004;

// A parameter that is wrong; caught once, below.
struct BadParameter {
    std::string message;
};

std::string text_parameter(const json& params, const char* name) {
    const auto found = params.find(name);
    if (found == params.end()) return {};
    if (!found->is_string()) throw BadParameter{fmt::format("'{}' must be a text", name)};
    return found->get<std::string>();
}

std::string aor_parameter(const json& params) {
    std::string aor = canonical_address_of_record(text_parameter(params, "aor"));
    if (aor.empty()) throw BadParameter{"'aor' must be an address of record, e.g. sip:alice@example.test"};
    return aor;
}

json to_json(const Binding& binding, WallTime now) {
    const Target& target = binding.target;
    json shown{{"aor", binding.address_of_record},
               {"contact", target.uri.text()},
               {"expires", binding.expires >= kNever ? 0 : (binding.expires - now).count()},
               {"q", std::round(static_cast<double>(target.q) * 1000) / 1000},
               {"received", target.received ? json{target.received->text()} : json{}},
               {"path", target.route},
               {"user_agent", binding.user_agent},
               {"instance", target.instance},
               {"reg_id", binding.reg_id},
               {"last_modified", binding.last_modified.time_since_epoch().count()},
               {"call_id", binding.call_id},
               {"cseq", binding.cseq},
               {"id", binding.id},
               {"behind_nat", binding.behind_nat},
               {"node", binding.node}};
    const auto transport = target.flow ? target.flow->transport : target.uri.transport().value_or(Transport::udp);
    shown["transport"] = to_text(transport);
    return shown;
}

constexpr std::uint64_t kShownAtMost = 10'000;  // unless asked for more: worker 0 has calls to carry, too

std::uint64_t limit_parameter(const json& params) {
    const json limit = params.value("limit", json(kShownAtMost));
    if (!limit.is_number_integer() || limit.get<std::int64_t>() < 0)
        throw BadParameter{"'limit' must be a number; 0: all"};
    return limit.get<std::uint64_t>();
}

json load(const Registrar& registrar) {
    const LocationLoad::Progress progress = registrar.load_progress();
    const double seconds = std::chrono::duration<double>(progress.took).count();
    return {{"done", progress.done},
            {"rows", progress.rows},
            {"expected", progress.expected},
            {"seconds", std::round(seconds * 1000) / 1000}};
}

void show_user(Registrar& registrar, const std::string& aor, WallTime now, const ControlReplyPtr& reply) {
    registrar.find_bindings(aor, [now, reply](const Result<std::vector<Binding>>& found) {
        if (found.has_error()) return reply->error({kFailed, found.error().message()});
        json bindings = json::array();
        for (const Binding& binding : *found) bindings.push_back(to_json(binding, now));
        const auto total = bindings.size();
        reply->result({{"bindings", std::move(bindings)}, {"total", total}});
    });
}

json show_all(const Registrar& registrar, const json& params, WallTime now) {
    json bindings = json::array();
    const auto limit = limit_parameter(params);
    registrar.for_each([&](const Binding& binding) {
        bindings.push_back(to_json(binding, now));
        return limit == 0 || bindings.size() < limit;
    });
    json shown{{"bindings", std::move(bindings)}, {"total", registrar.size()}};
    if (registrar.is_loading()) shown["loading"] = load(registrar);
    return shown;
}

Binding binding_from(const json& params, WallTime now) {
    Binding binding;
    binding.address_of_record = aor_parameter(params);
    auto contact = Uri::parse(text_parameter(params, "contact"));
    if (!contact || !contact->is_sip())
        throw BadParameter{"'contact' must be a SIP URI, e.g. sip:alice@192.0.2.4:5060"};
    binding.target.uri = std::move(*contact);
    const json expires = params.value("expires", json(0));
    if (!expires.is_number_unsigned() && !(expires.is_number_integer() && expires.get<std::int64_t>() >= 0)) {
        throw BadParameter{"'expires' must be a number of seconds; 0: never"};
    }
    const auto seconds = expires.get<std::int64_t>();
    binding.expires = seconds == 0 ? kNever : std::min(now + std::chrono::seconds{seconds}, kNever);
    const json q = params.value("q", json(1.0));
    if (!q.is_number() || q.get<double>() < 0 || q.get<double>() > 1)
        throw BadParameter{"'q' must be a number from 0 to 1"};
    binding.target.q = q.get<float>();
    binding.target.route = split_path(text_parameter(params, "path"));
    binding.methods = 0xffffffff;
    return binding;
}

ControlMethod guarded(UniqueFunction<void(const json&, const ControlReplyPtr&)> run) {
    return [run = std::move(run)](const json& params, ControlReplyPtr reply) mutable {
        try {
            run(params, reply);
        } catch (const BadParameter& bad) {
            reply->error({kInvalidParameters, bad.message});
        }
    };
}

}  // namespace

std::vector<Registration> add_control_methods(ControlApi& control, Registrar& registrar, Workers& workers) {
    std::vector<Registration> methods;
    methods.push_back(control.add("registrar.show", "[aor] [limit]",
                                  "Shows the bindings of an address of record, or of all.",
                                  guarded([&](const json& params, const ControlReplyPtr& reply) {
                                      const WallTime now = workers.wall_now();
                                      if (params.contains("aor"))
                                          return show_user(registrar, aor_parameter(params), now, reply);
                                      reply->result(show_all(registrar, params, now));
                                  })));
    methods.push_back(control.add("registrar.count", "", "Counts the bindings.",
                                  guarded([&](const json&, const ControlReplyPtr& reply) {
                                      reply->result({{"bindings", registrar.size()}});
                                  })));
    methods.push_back(
        control.add("registrar.load", "", "How far the bindings of the database are in memory.",
                    guarded([&](const json&, const ControlReplyPtr& reply) { reply->result(load(registrar)); })));
    methods.push_back(control.add("registrar.add", "aor contact [expires] [q] [path]",
                                  "Puts a binding in place by hand; without expires it stays until it is removed.",
                                  guarded([&](const json& params, const ControlReplyPtr& reply) {
                                      registrar.add(binding_from(params, workers.wall_now()),
                                                    [reply](Result<std::string> id) {
                                                        if (id.has_error())
                                                            return reply->error({kFailed, id.error().message()});
                                                        reply->result({{"id", *id}});
                                                    });
                                  })));
    methods.push_back(
        control.add("registrar.remove", "aor [contact]", "Removes one binding of an address of record, or all of them.",
                    guarded([&](const json& params, const ControlReplyPtr& reply) {
                        registrar.forget(aor_parameter(params), text_parameter(params, "contact"),
                                         [reply](Result<std::uint64_t> removed) {
                                             if (removed.has_error())
                                                 return reply->error({kFailed, removed.error().message()});
                                             if (*removed == 0)
                                                 return reply->error({kNotFound, "there is no such binding"});
                                             reply->result({{"removed", *removed}});
                                         });
                    })));
    return methods;
}

}  // namespace viaduct::registrar
