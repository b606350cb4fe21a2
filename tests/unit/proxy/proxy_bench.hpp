// proxy_bench: the real Proxy, Stack and TransportLayer on a network in memory, with phones around it, a hand-turned
// clock, names that mean what the test says, and a C++ function in the script's place.
//
//   ProxyBench bench;
//   bench.relays({"sip:bob@192.0.2.2:5060"});
//   bench.alice.sends("INVITE", "sip:bob@example.test");
//   CHECK(bench.bob.receives("INVITE"));
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "proxy/proxy.hpp"
#include "simulation/memory_network.hpp"
#include "simulation/phone.hpp"
#include "stack/stack.hpp"
#include "support/manual_workers.hpp"

namespace viaduct::proxy {

// Answers at once: addresses are what they are, names are what the test entered. Keeps what it is told.
class TableResolver final : public transport::Resolver {
public:
    void resolve(const Uri& next_hop, Completion<Result<transport::Destinations>> done) override {
        if (later)
            return waiting.push_back([done = std::move(done), this, uri = next_hop]() mutable { done(look_up(uri)); });
        done(look_up(next_hop));
    }
    void report(const transport::Destination& destination, bool worked) override {
        reports += (worked ? "+" : "-") + destination.address.ip() + " ";
    }

    std::map<std::string, std::vector<std::string>, std::less<>> names;  // "host" -> {"udp 192.0.2.2:5060", ...}
    bool later = false;
    std::vector<UniqueFunction<void()>> waiting;
    std::string reports;

private:
    Result<transport::Destinations> look_up(const Uri& uri) const {
        transport::Destinations found;
        if (auto address = uri.address()) {
            address->set_port(uri.port_or_default());
            found.push_back({uri.transport().value_or(Transport::udp), *address, {}, {}});
            return found;
        }
        const auto entry = names.find(uri.host());
        if (entry == names.end()) return transport::ResolveErrc::not_found;
        for (const std::string& place : entry->second) {
            const auto blank = place.find(' ');
            found.push_back({*transport_from_text(place.substr(0, blank)),
                             *SocketAddress::from_text(place.substr(blank + 1)),
                             {},
                             {}});
        }
        return found;
    }
};

class FunctionHandler final : public RequestHandler {
public:
    using Context = std::shared_ptr<RequestContext>;
    void handle(const Context& context) override { script(context); }
    void cancelled(RequestContext&) override { ++cancellations; }

    std::function<void(const Context&)> script;
    int cancellations = 0;
};

class ProxyBench {
public:
    using Context = FunctionHandler::Context;
    using Phone = simulation::Phone;
    static constexpr const char* kProxy = "192.0.2.10:5060";

    explicit ProxyBench(ProxySettings settings = {}, Tracer* tracer = nullptr) {
        if (settings.domains.empty()) settings.domains = {"example.test"};
        proxy_ = std::make_unique<Proxy>(
            Proxy::Dependencies{workers, workers.timers(), transport, resolver, metrics, std::move(settings), tracer});
        stack_ = std::make_unique<stack::Stack>(
            stack::Stack::Dependencies{workers, workers.timers(), transport, *proxy_, metrics, {}});
        proxy_->attach(*stack_, handler);
        up_.to = stack_.get();
        const auto own = *SocketAddress::from_text(kProxy), inside = *SocketAddress::from_text("10.0.0.10:5060");
        transport.start({{.transport = Transport::udp, .address = own},
                         {.transport = Transport::tcp, .address = own},
                         {.transport = Transport::udp, .address = inside},
                         {.transport = Transport::udp, .address = *SocketAddress::from_text("[2001:db8::10]:5060")}});
        wire.set_conditions({.refuse_udp_to_nobody = true});
    }
    ~ProxyBench() { proxy_.reset(); }

    // -- what the script does
    static std::vector<Target> targets(const std::vector<std::string>& uris) {
        std::vector<Target> all;
        for (const std::string& uri : uris) all.emplace_back().uri = Uri::parse(uri).value();
        return all;
    }
    void relays(const std::vector<std::string>& uris, const RelayOptions& options = {}) {
        handler.script = [this, uris, options](const Context& context) { relay(context, targets(uris), options); };
    }
    void relays_to(const std::vector<Target>& to, const RelayOptions& options = {}) {
        handler.script = [this, to, options](const Context& context) { relay(context, to, options); };
    }
    // Serial forking: each list in turn until one answers with 2xx.
    void tries_in_turn(std::vector<std::vector<std::string>> lists) {
        handler.script = [this, lists = std::move(lists)](const Context& context) { try_from(context, lists, 0); };
    }
    void answers_with(int status) {
        handler.script = [status](const Context& context) { context->finish_with(Response{status}); };
    }

    // -- the world
    void run() {
        for (bool moved = true; moved;) {
            moved = network.deliver_due() != 0;
            for (Phone* phone : phones()) {
                const auto before = phone->history().size();
                phone->deliver_due();
                moved = moved || phone->history().size() != before;
            }
            if (also) also();
            workers.run();
            const auto due = wire.next_due();
            moved = moved || (due && *due <= workers.now());
        }
    }
    void passes(Duration time) {
        run();
        const TimePoint end = workers.now() + time;
        while (workers.now() < end) {
            workers.advance(std::min<Duration>(500ms, end - workers.now()));
            run();
        }
    }
    std::uint64_t counted(std::string_view name) const { return metrics.total(name); }
    Proxy& proxy() { return *proxy_; }
    stack::Stack& stack() { return *stack_; }
    void shuts_down() { proxy_.reset(); }
    static std::string via_of_proxy(const Message& message) { return std::string{message.top_via()->text}; }

    test::ManualWorkers workers;
    Metrics metrics;
    simulation::MemoryWire wire{[this] { return workers.now(); }};
    simulation::MemoryNetwork network{wire};
    std::function<void()> also;  // delivers to what else a test has put on the wire
    TableResolver resolver;
    FunctionHandler handler;
    std::vector<int> answers;  // what relays came to

    Phone alice{wire, place("alice", "192.0.2.1:5060", Transport::udp), [this] { run(); }};
    Phone bob{wire, place("bob", "192.0.2.2:5060", Transport::udp), [this] { run(); }};
    Phone carol{wire, place("carol", "192.0.2.3:5060", Transport::udp), [this] { run(); }};
    Phone dave{wire, place("dave", "192.0.2.4:5060", Transport::tcp), [this] { run(); }};

private:
    static Phone::Place place(std::string name, const char* own, Transport transport) {
        return {std::move(name), transport, *SocketAddress::from_text(own), *SocketAddress::from_text(kProxy),
                "example.test",  {}};
    }
    std::vector<Phone*> phones() { return {&alice, &bob, &carol, &dave}; }

    void relay(const Context& context, const std::vector<Target>& to, const RelayOptions& options) {
        context->relay(to, options, [this, context](Answer answer) {
            answers.push_back(answer.response.status());
            context->finish_with(std::move(answer));
        });
    }
    void try_from(const Context& context, const std::vector<std::vector<std::string>>& lists, std::size_t at) {
        context->relay(targets(lists[at]), {}, [this, context, lists, at](Answer answer) {
            answers.push_back(answer.response.status());
            if (answer.forwarded || at + 1 == lists.size()) return context->finish_with(std::move(answer));
            try_from(context, lists, at + 1);
        });
    }

    // TransportLayer and Stack need each other; this one is there first.
    struct Up final : transport::TransportUser {
        void on_message(Message message, const Flow& flow) override { to->on_message(std::move(message), flow); }
        void on_faulty_request(Message message, const Flow& flow, error_code fault) override {
            to->on_faulty_request(std::move(message), flow, fault);
        }
        void on_connection_closed(const Flow& flow) override { to->on_connection_closed(flow); }
        void on_keep_alive(const Flow& flow) override { to->on_keep_alive(flow); }
        stack::Stack* to = nullptr;
    };
    Up up_;

public:
    transport::TransportLayer transport{{workers, network, up_, metrics, workers.timers()}};

private:
    std::unique_ptr<Proxy> proxy_;
    std::unique_ptr<stack::Stack> stack_;
};

inline constexpr const char* kBob = "sip:bob@192.0.2.2:5060";
inline constexpr const char* kCarol = "sip:carol@192.0.2.3:5060";
inline constexpr const char* kDave = "sip:dave@192.0.2.4:5060;transport=tcp";

}  // namespace viaduct::proxy
