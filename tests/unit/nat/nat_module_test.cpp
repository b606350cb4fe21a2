// nat_module_test: the adapter as the server constructs it: what fix() does to a request and to its responses.
// SPDX-License-Identifier: Apache-2.0
#include "modules/nat/nat_module.cpp"

#include <catch2/catch.hpp>

#include "support/fake_faces.hpp"

using namespace viaduct;
using namespace viaduct::nat;

namespace {

class OneBinding final : public Location {
public:
    std::vector<Binding> lookup(std::string_view address_of_record) const override {
        if (address_of_record != "sip:bob@example.test") return {};
        Binding bob;
        bob.target.uri = *Uri::parse("sip:bob@10.0.0.5:5060");
        bob.target.received = SocketAddress::from_text("203.0.113.9:40000");
        return {bob};
    }
    std::uint64_t size() const override { return 1; }
    void for_each(UniqueFunction<bool(const Binding&)>) const override {}
    bool remove(std::string_view, std::string_view, std::string_view) override { return false; }
};

class NatRequest final : public Request {
public:
    NatRequest(Message message, const char* source) : Request{std::move(message), flow_from(source)} {}
    bool is_for_proxy() const override { return false; }
    bool is_local(const Uri& uri) const override { return uri.host() == "example.test"; }
    void on_response(UniqueFunction<void(Message&)> edit) override { edits.push_back(std::move(edit)); }
    void on_response_waiting(WaitingEdit) override {}
    void on_branch(BranchEdit) override {}
    Registration follow_call(CallFollower&) override { return {}; }
    void on_end(UniqueFunction<void()>) override {}
    void trace(std::string_view) override {}
    std::vector<UniqueFunction<void(Message&)>> edits;

private:
    static Flow flow_from(const char* source) {
        Flow flow;
        flow.remote = *SocketAddress::from_text(source);
        return flow;
    }
};

// From alice, who is at 198.51.100.7:40000 and believes herself at 10.0.0.7.
NatRequest from_alice(Method method, const char* uri, const char* to = "<sip:bob@example.test>") {
    Message message = Message::request(method, *Uri::parse(uri));
    message.append(HeaderId::via, "SIP/2.0/UDP 10.0.0.7:5060;branch=z9hG4bK1;rport");
    message.append(HeaderId::to, to);
    message.append(HeaderId::contact, "<sip:alice@10.0.0.7:5060>");
    return {std::move(message), "198.51.100.7:40000"};
}

struct Fixture {
    Fixture() : offer{faces.services.offer<Location>(location)}, module{faces.load(viaduct_module)} {}
    bool calls(const char* function, Request& request) {
        return std::get<bool>((*faces.call(function, request))->at(0));
    }
    // bob's Contact in his 200, after what fix() attached to the request.
    static std::string answered(NatRequest& request, std::string_view contact) {
        Message response = Message::response(200);
        response.append(HeaderId::contact, contact);
        for (auto& edit : request.edits) edit(response);
        return std::string{response.header(HeaderId::contact).value()};
    }
    OneBinding location;
    test::FakeFaces faces;
    Registration offer;
    std::unique_ptr<Module> module;
};

}  // namespace

TEST_CASE("fix puts alice's source into the Contact of her INVITE, not into that of her REGISTER") {
    Fixture fixture;
    auto invite = from_alice(Method::invite, "sip:bob@example.test");
    CHECK(fixture.calls("is_behind_nat", invite));
    CHECK(fixture.calls("fix", invite));
    CHECK(invite.message().header(HeaderId::contact) == "<sip:alice@198.51.100.7:40000>");
    auto registration = from_alice(Method::register_, "sip:example.test");
    CHECK(fixture.calls("is_behind_nat", registration));
    CHECK_FALSE(fixture.calls("fix", registration));
    CHECK(registration.message().header(HeaderId::contact) == "<sip:alice@10.0.0.7:5060>");
}

TEST_CASE("bob's answer gets the address he registered from") {
    Fixture fixture;
    auto invite = from_alice(Method::invite, "sip:bob@example.test");
    fixture.calls("fix", invite);
    CHECK(Fixture::answered(invite, "<sip:bob@10.0.0.5:5060>") == "<sip:bob@203.0.113.9:40000>");
    CHECK(Fixture::answered(invite, "<sip:bob@10.0.0.6:5060>") == "<sip:bob@10.0.0.6:5060>");
    CHECK(fixture.faces.metrics.total("viaduct_nat_contacts_unresolved_total") == 1);
    CHECK(Fixture::answered(invite, "<sip:bob@192.0.2.9>") == "<sip:bob@192.0.2.9>");
}

TEST_CASE("within a dialog bob's answer keeps the address the dialog knows") {
    Fixture fixture;
    auto again = from_alice(Method::invite, "sip:bob@203.0.113.9:41000", "<sip:bob@example.test>;tag=2");
    fixture.calls("fix", again);
    CHECK(Fixture::answered(again, "<sip:bob@10.0.0.5:5060>") == "<sip:bob@203.0.113.9:41000>");
}
