// example: refuses unwanted clients by their User-Agent header field (RFC 3261 section 20.41).
//
//   script   if not example.is_welcome(req) then return 403 end
//   config   [module.example]  unwanted = "friendly-scanner"
//
// One object, used from every worker: what it holds is const, the counter is thread-safe.
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/metrics_api.hpp>
#include <viaduct/module.hpp>
#include <viaduct/script_api.hpp>

#include "example.hpp"

namespace viaduct::example {

class ExampleModule final : public Module {
public:
    explicit ExampleModule(ModuleContext& context)
        : example_{context.config.text("unwanted", "friendly-scanner", "Part of the User-Agent of unwanted clients.")},
          refused_{context.metrics.counter("viaduct_example_unwelcome_total", "Requests of unwanted clients.")},
          is_welcome_{context.script.add("is_welcome(request: viaduct.Request): boolean",
                                         "Whether the request's User-Agent is none of the unwanted.",
                                         [this](Request& request) { return is_welcome(request.message()); })} {}

private:
    bool is_welcome(const Message& message) {
        const bool welcome = example_.is_welcome(message.header(HeaderId::user_agent).value_or(""));
        if (!welcome) refused_.add();
        return welcome;
    }

    Example example_;
    Counter& refused_;
    Registration is_welcome_;  // declared last, so withdrawn first
};

}  // namespace viaduct::example

VIADUCT_MODULE(viaduct::example::ExampleModule, "example", "refuses unwanted clients by their User-Agent", "", "");
