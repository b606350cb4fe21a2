// edits_test: what modules do to branches and responses, and that it keeps its order while one of them waits
// (Request::on_branch, on_response_waiting, follow_call).
// SPDX-License-Identifier: Apache-2.0
#include "proxy_bench.hpp"

using namespace viaduct;
using namespace viaduct::proxy;

namespace {

// Relays to its targets with edits that finish when the test says so.
struct Editing : ProxyBench {
    struct HeldResponse {
        Message response;
        unsigned branch;
        Completion<Message> done;
    };
    struct HeldCopy {
        Message copy;
        RequestBranch branch;
        Completion<Message, int> done;
    };

    explicit Editing(std::vector<std::string> to) {
        handler.script = [this, to = std::move(to)](const Context& context) {
            if (hold_copies) {
                context->on_branch([this](Message copy, const RequestBranch& branch, Completion<Message, int> done) {
                    copies.push_back({std::move(copy), branch, std::move(done)});
                });
            }
            if (hold_responses) {
                context->on_response_waiting(
                    [this](Message response, const RequestBranch& branch, Completion<Message> done) {
                        responses.push_back({std::move(response), branch.number, std::move(done)});
                    });
            }
            context->on_response([](Message& response) { response.append("X-Edited", "yes"); });
            context->relay(targets(to), {}, [this, context](Answer answer) {
                answers.push_back(answer.response.status());
                context->finish_with(std::move(answer));
            });
        };
    }

    void release_response(std::size_t which = 0) {
        HeldResponse held = std::move(responses[which]);
        responses.erase(responses.begin() + static_cast<std::ptrdiff_t>(which));
        held.done(std::move(held.response));
        run();
    }
    void release_copy(int refusal = 0) {
        HeldCopy held = std::move(copies.front());
        copies.erase(copies.begin());
        held.copy.append("X-Branch", std::to_string(held.branch.number) + " " + held.branch.next_hop.remote.text());
        held.done(std::move(held.copy), refusal);
        run();
    }

    bool hold_copies = false, hold_responses = false;
    std::vector<HeldCopy> copies;
    std::vector<HeldResponse> responses;
};

}  // namespace

TEST_CASE("a response whose edit waits holds those behind it, and they go up in order (RFC 3261 section 16.7)") {
    Editing bench{std::vector<std::string>{kBob}};
    bench.hold_responses = true;
    bench.alice.sends("INVITE", kBob);
    REQUIRE(bench.bob.responds(180));
    REQUIRE(bench.bob.responds(183));
    REQUIRE(bench.bob.responds(200));
    CHECK_FALSE(bench.alice.receives(180));
    REQUIRE(bench.responses.size() == 1);
    bench.release_response();
    CHECK(bench.alice.receives(180)->header("X-Edited") == "yes");
    CHECK_FALSE(bench.alice.receives(183));
    bench.release_response();
    CHECK(bench.alice.receives(183));
    CHECK_FALSE(bench.alice.receives(200));
    CHECK(bench.answers.empty());
    bench.release_response();
    CHECK(bench.alice.receives(200));
    CHECK(bench.answers == std::vector{200});
}

TEST_CASE("a repeated 2xx waits like the first (RFC 6026 section 8.5)") {
    Editing bench{std::vector<std::string>{kBob}};
    bench.hold_responses = true;
    bench.alice.sends("INVITE", kBob);
    REQUIRE(bench.bob.responds(200));
    bench.bob.repeats();
    bench.run();
    bench.release_response();
    REQUIRE(bench.alice.receives(200));
    CHECK_FALSE(bench.alice.receives(200));
    REQUIRE(bench.responses.size() == 1);
    bench.release_response();
    CHECK(bench.alice.receives(200));
}

TEST_CASE("every branch gets the copy made for it, and modules learn where it goes (section 16.6)") {
    Editing bench{std::vector<std::string>{kBob, kCarol}};
    bench.hold_copies = true;
    bench.alice.sends("INVITE", kBob);
    bench.run();
    REQUIRE(bench.copies.size() == 2);
    CHECK_FALSE(bench.bob.receives("INVITE"));
    bench.release_copy();
    const auto first = bench.bob.receives("INVITE");
    REQUIRE(first);
    CHECK(first->header("X-Branch")->starts_with("1 192.0.2.2:"));
    CHECK_FALSE(bench.carol.receives("INVITE"));
    bench.release_copy();
    CHECK(bench.carol.receives("INVITE")->header("X-Branch")->starts_with("2 "));
}

TEST_CASE("a branch that its edit refuses comes to that status; the others go on (section 16.7 step 6)") {
    Editing bench{std::vector<std::string>{kBob, kCarol}};
    bench.hold_copies = true;
    bench.alice.sends("INVITE", kBob);
    bench.run();
    bench.release_copy(488);
    CHECK_FALSE(bench.bob.receives("INVITE"));
    CHECK_FALSE(bench.alice.receives(488));
    bench.release_copy();
    REQUIRE(bench.carol.receives("INVITE"));
    REQUIRE(bench.carol.responds(486));
    CHECK(bench.alice.receives(486));
}

TEST_CASE("a caller who gives up while a copy is made: nothing is sent, he hears 487 (section 16.10)") {
    Editing bench{std::vector<std::string>{kBob}};
    bench.hold_copies = true;
    bench.alice.sends("INVITE", kBob);
    bench.run();
    bench.alice.cancels();
    CHECK(bench.alice.receives(487));
    bench.release_copy();
    CHECK_FALSE(bench.bob.receives("INVITE"));
}

TEST_CASE("a CANCEL that crosses a 2xx whose edit waits comes too late: the 2xx goes up (sections 9.2 and 16.7)") {
    Editing bench{std::vector<std::string>{kBob}};
    bench.hold_responses = true;
    bench.alice.sends("INVITE", kBob);
    REQUIRE(bench.bob.responds(200));
    bench.alice.cancels();
    CHECK_FALSE(bench.alice.receives(487));
    bench.release_response();
    CHECK(bench.alice.receives(200));
    CHECK_FALSE(bench.alice.receives(487));
}

TEST_CASE("timer C goes on while a response waits, and what waited is late (section 16.8)") {
    Editing bench{std::vector<std::string>{kBob}};
    bench.hold_responses = true;
    bench.alice.sends("INVITE", kBob);
    REQUIRE(bench.bob.responds(180));
    bench.passes(181s);
    REQUIRE(bench.bob.receives("CANCEL"));
    REQUIRE(bench.bob.responds(200));
    REQUIRE(bench.bob.responds(487));
    bench.release_response();  // the 180
    CHECK(bench.alice.receives(180));
    CHECK_FALSE(bench.alice.receives(408));
    bench.release_response();
    CHECK(bench.alice.receives(408));
}

TEST_CASE("an edit that ends after the proxy has gone disturbs nobody") {
    std::vector<Editing::HeldResponse> left;
    {
        Editing bench{std::vector<std::string>{kBob}};
        bench.hold_responses = true;
        bench.alice.sends("INVITE", kBob);
        REQUIRE(bench.bob.responds(180));
        bench.run();
        left = std::move(bench.responses);
    }
    REQUIRE(left.size() == 1);
    left.front().done(std::move(left.front().response));
}

TEST_CASE("who waits too long gets no more provisional responses to hold") {
    Editing bench{std::vector<std::string>{kBob}};
    bench.hold_responses = true;
    bench.alice.sends("INVITE", kBob);
    for (int i = 0; i < 40; ++i) REQUIRE(bench.bob.responds(180));
    CHECK(bench.counted("viaduct_proxy_responses_dropped_total") > 0);
    REQUIRE(bench.bob.responds(200));
    while (!bench.responses.empty()) bench.release_response();
    CHECK(bench.alice.receives(200));
}

TEST_CASE("a follower hears of a call's later requests, and holds its ACK of the 2xx (section 13.2.2.4)") {
    struct Follower final : CallFollower {
        void on_later_request(Request& request) override { heard.emplace_back(request.message().method_text()); }
        void on_acknowledgement(Message acknowledgement, const Flow&, Completion<Message> then) override {
            ack = std::move(acknowledgement);
            done = std::move(then);
        }
        std::vector<std::string> heard;
        Message ack;
        Completion<Message> done;
    } follower;
    Registration follows;
    ProxyBench bench;
    bench.handler.script = [&](const ProxyBench::Context& context) {
        const bool first = !context->in_dialog();
        if (first) follows = context->follow_call(follower);
        context->relay(first ? ProxyBench::targets({kBob}) : std::vector<Target>{}, {},
                       [context](Answer answer) { context->finish_with(std::move(answer)); });
    };
    bench.alice.sends("INVITE", kBob);
    REQUIRE(bench.bob.responds(200));
    REQUIRE(bench.alice.receives(200));
    bench.alice.acknowledges();
    CHECK_FALSE(bench.bob.receives("ACK"));
    follower.ack.append("X-Edited", "yes");
    follower.done(std::move(follower.ack));
    bench.run();
    const auto ack = bench.bob.receives("ACK");
    REQUIRE(ack);
    CHECK(ack->header("X-Edited") == "yes");
    bench.alice.sends_in_dialog("INFO");
    bench.run();
    CHECK(follower.heard == std::vector<std::string>{"INFO"});
    REQUIRE(bench.bob.responds(200));
    follows.withdraw();
    bench.alice.hangs_up();
    CHECK(bench.bob.receives("BYE"));
    CHECK(follower.heard.size() == 1);
}

TEST_CASE("each follower of a call may edit its ACK, one after the other, and one that went is passed over") {
    struct Follower final : CallFollower {
        void on_later_request(Request&) override {}
        void on_acknowledgement(Message acknowledgement, const Flow&, Completion<Message> then) override {
            acknowledgement.append("X-Edited", name);
            if (goes != nullptr) goes->withdraw();
            then(std::move(acknowledgement));
        }
        std::string name;
        Registration* goes = nullptr;
    } one, other, third;
    one.name = "one", other.name = "other", third.name = "third";
    std::vector<Registration> follow;
    ProxyBench bench;
    bench.handler.script = [&](const ProxyBench::Context& context) {
        for (Follower* const follower : {&one, &other, &third}) follow.push_back(context->follow_call(*follower));
        context->relay(ProxyBench::targets({kBob}), {},
                       [context](Answer answer) { context->finish_with(std::move(answer)); });
    };
    bench.alice.sends("INVITE", kBob);
    REQUIRE(bench.bob.responds(200));
    REQUIRE(bench.alice.receives(200));
    third.goes = &follow.at(1);
    bench.alice.acknowledges();
    const auto ack = bench.bob.receives("ACK");
    REQUIRE(ack);
    std::string edits;
    for (const auto value : ack->values("X-Edited")) edits += std::string{value} + " ";
    CHECK(edits == "third one ");
}
