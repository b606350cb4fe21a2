// trace_test: decisions and messages are told to the tracer of a watched call, and to nobody else.
// SPDX-License-Identifier: Apache-2.0
#include "proxy_bench.hpp"

using namespace viaduct;
using namespace viaduct::proxy;

namespace {

class Notebook final : public Tracer {
public:
    bool watches(std::string_view call_id) const override { return call_id == watched; }
    void message(bool incoming, const Message& message, const Flow&) override {
        notes += (incoming ? "<" : ">") +
                 (message.is_request() ? std::string{message.method_text()} : std::to_string(message.status())) + " ";
    }
    void decision(std::string_view, std::string_view where, std::string_view what) override {
        decisions.push_back(std::string{where} + ": " + std::string{what});
    }
    std::string watched, notes;
    std::vector<std::string> decisions;
};

}  // namespace

TEST_CASE("the tracer of a watched call hears its messages, where it was sent, and the script's own lines") {
    Notebook notebook;
    notebook.watched = "watched";
    ProxyBench bench{{}, &notebook};
    bench.handler.script = [](const ProxyBench::Context& context) {
        context->where = [] { return std::string{"main.lua:7"}; };
        context->trace("calls bob");
        context->relay(ProxyBench::targets({kBob}), {},
                       [context](Answer answer) { context->finish_with(std::move(answer)); });
    };
    bench.alice.sends("MESSAGE", "sip:bob@example.test", {{"Call-ID", "another"}});
    bench.bob.responds(200);
    bench.run();
    CHECK(notebook.notes.empty());
    CHECK(notebook.decisions.empty());

    bench.alice.sends("MESSAGE", "sip:bob@example.test", {{"Call-ID", "watched"}});
    bench.bob.responds(200);
    bench.run();
    CHECK(notebook.notes == "<MESSAGE >MESSAGE <200 >200 ");
    CHECK(notebook.decisions ==
          std::vector<std::string>{"main.lua:7: calls bob", "main.lua:7: relay to 1 target",
                                   "proxy: MESSAGE to sip:bob@192.0.2.2:5060 by udp 192.0.2.2:5060"});
}
