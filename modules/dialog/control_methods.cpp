// control_methods: see control_methods.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "control_methods.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace viaduct::dialog {
namespace {

using nlohmann::json;

constexpr int kInvalidParameters = -32602, kNotFound = -32004;
constexpr std::size_t kMost = 10'000;

json described(const FollowedCall& call, TimePoint now) {
    const CallRecord& record = call.record();
    const auto seconds = [](Duration one) { return std::chrono::duration_cast<std::chrono::seconds>(one).count(); };
    return {{"call_id", record.call_id()},
            {"from", record.from()},
            {"to", record.to()},
            {"request_uri", record.request_uri()},
            {"state", to_text(record.state())},
            {"since", record.since().time_since_epoch().count()},
            {"duration", seconds(record.duration(now))},
            {"expires", seconds(record.expires() - now)},
            {"session_timer", record.has_session_timer()},
            {"dialogs", record.dialogs()},
            {"profile", call.profile()}};
}

struct Found {
    json calls = json::array();
    std::size_t total = 0;
};

// Of this worker: those of `call_id`, or all when it is "".
Found find(const Calls& calls, const std::string& call_id, std::size_t limit, TimePoint now) {
    Found found;
    found.total = calls.size();
    auto one = call_id.empty() ? calls.all().begin() : calls.all().lower_bound({call_id, {}});
    for (; one != calls.all().end() && found.calls.size() < limit; ++one) {
        if (!call_id.empty() && one->first.first != call_id) break;
        found.calls.push_back(described(*one->second, now));
    }
    return found;
}

// Asks every worker; `done` on worker 0, with the oldest calls first.
void gather(Workers& workers, const std::function<const Calls&()>& here, const std::string& call_id, std::size_t limit,
            UniqueFunction<void(Found)> done) {
    struct Gathered {
        Gathered(unsigned workers_asked, UniqueFunction<void(Found)> when_done)
            : missing{workers_asked}, done{std::move(when_done)} {}
        Found all;
        unsigned missing;
        UniqueFunction<void(Found)> done;
    };
    // Shared by the answers of the workers, all of which come to worker 0.
    const auto gathered = std::make_shared<Gathered>(workers.count(), std::move(done));
    for (unsigned worker = 0; worker < workers.count(); ++worker) {
        workers.post(worker, [&workers, here, call_id, limit, gathered] {
            workers.post(0, [gathered, limit, found = find(here(), call_id, limit, workers.now())]() mutable {
                Found& all = gathered->all;
                all.total += found.total;
                for (json& call : found.calls) all.calls.push_back(std::move(call));
                if (--gathered->missing != 0) return;
                std::stable_sort(all.calls.begin(), all.calls.end(),
                                 [](const json& a, const json& b) { return a["since"] < b["since"]; });
                if (all.calls.size() > limit)
                    all.calls.erase(all.calls.begin() + static_cast<std::ptrdiff_t>(limit), all.calls.end());
                gathered->done(std::move(all));
            });
        });
    }
}

}  // namespace

void add_control_methods(std::vector<Registration>& registrations, ControlApi& control, Workers& workers,
                         std::function<const Calls&()> here) {
    registrations.push_back(
        control.add("dialog.list", "[limit]", "The calls that are followed, the oldest first.",
                    [&workers, here](const json& parameters, ControlReplyPtr reply) {
                        std::size_t limit = kMost;
                        if (const auto wanted = parameters.find("limit"); wanted != parameters.end()) {
                            if (!wanted->is_number_unsigned())
                                return reply->error({kInvalidParameters, "limit is a number"});
                            limit = std::min<std::size_t>(wanted->get<std::size_t>(), kMost);
                        }
                        gather(workers, here, {}, limit, [reply = std::move(reply)](Found found) {
                            reply->result({{"calls", std::move(found.calls)}, {"total", found.total}});
                        });
                    }));
    registrations.push_back(control.add(
        "dialog.show", "call_id", "The call of that Call-ID; several where a proxy before this one forked.",
        [&workers, here](const json& parameters, ControlReplyPtr reply) {
            const auto call_id = parameters.find("call_id");
            if (call_id == parameters.end() || !call_id->is_string() || call_id->get_ref<const std::string&>().empty())
                return reply->error({kInvalidParameters, "call_id is needed"});
            gather(workers, here, call_id->get<std::string>(), kMost, [reply = std::move(reply)](Found found) {
                if (found.calls.empty()) return reply->error({kNotFound, "no such call is followed"});
                reply->result({{"calls", std::move(found.calls)}});
            });
        }));
}

}  // namespace viaduct::dialog
