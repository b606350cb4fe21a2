// statistics_method: see statistics_method.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "statistics_method.hpp"

#include <nlohmann/json.hpp>

namespace viaduct::media_relay {
namespace {

using nlohmann::json;

json stats(Relay& relay) {
    json drops = json::object();
    for (std::size_t reason = 1; reason < kDrops; ++reason) {
        drops[std::string{to_text(static_cast<Drop>(reason))}] = relay.drops(static_cast<Drop>(reason));
    }
    return {{"calls", relay.sum(&ThreadCounters::calls)}, {"transports", relay.sum(&ThreadCounters::transports)},
            {"threads", relay.threads().size()},          {"ports_in_use", relay.interfaces().ports_in_use()},
            {"ports", relay.interfaces().ports()},        {"packets", relay.sum(&ThreadCounters::packets)},
            {"bytes", relay.sum(&ThreadCounters::bytes)}, {"dropped", std::move(drops)}};
}

}  // namespace

Registration add_statistics_method(ControlApi& control, Relay& relay) {
    return control.add("media.stats", "", "Shows what the relay does, and what it drops.",
                       [&relay](const json&, ControlReplyPtr reply) { reply->result(stats(relay)); });
}

}  // namespace viaduct::media_relay
