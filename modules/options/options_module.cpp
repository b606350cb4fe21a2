// options: answers OPTIONS sent to the proxy itself (RFC 3261 section 11.2).
//
//   script   local answer = options.answer(req)      nil unless it was for the proxy
//   config   [module.options]   see README.md
//
// The answer is made once; every worker copies it.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/metrics_api.hpp>
#include <viaduct/module.hpp>
#include <viaduct/script_api.hpp>

#include "capabilities.hpp"

namespace viaduct::options {
namespace {

CapabilityLists read_lists(const ConfigSection& config) {
    CapabilityLists lists;
    lists.allow = config.list("allow",
                              {"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "SUBSCRIBE", "NOTIFY",
                               "PUBLISH", "MESSAGE", "INFO", "PRACK", "UPDATE", "REFER"},
                              "Methods named in Allow.");
    lists.accept = config.list("accept", {"application/sdp"}, "Content types named in Accept.");
    lists.accept_encoding =
        config.list("accept_encoding", {}, "Encodings named in Accept-Encoding; none: identity only.");
    lists.accept_language = config.list("accept_language", {"en"}, "Languages named in Accept-Language.");
    lists.supported = config.list("supported", {"path", "outbound"}, "Option tags named in Supported.");
    lists.stateless = config.boolean("stateless", true,
                                     "Keep no transaction: a repeated OPTIONS is answered anew, with the same answer.");
    return lists;
}

class OptionsModule final : public Module {
public:
    explicit OptionsModule(ModuleContext& context)
        : capabilities_{read_lists(context.config)},
          answered_{context.metrics.counter("viaduct_options_answered_total", "OPTIONS answered by the proxy itself.")},
          answer_{context.script.add("answer(request: viaduct.Request): viaduct.Response?",
                                     "The 200 for an OPTIONS sent to the proxy itself; nil for anything else.",
                                     [this](Request& request) { return answer(request); })} {}

private:
    std::optional<Response> answer(const Request& request) {
        if (request.method() != Method::options || !request.is_for_proxy()) return std::nullopt;
        answered_.add();
        return capabilities_.answer();
    }

    Capabilities capabilities_;
    Counter& answered_;
    Registration answer_;  // declared last, so withdrawn first
};

}  // namespace
}  // namespace viaduct::options

VIADUCT_MODULE(viaduct::options::OptionsModule, "options", "answers OPTIONS sent to the proxy itself", "", "");
