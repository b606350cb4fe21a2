// The table of domains: names, the copy every worker reads, and the module around them.
// SPDX-License-Identifier: Apache-2.0
#include "modules/domain/domain_module.cpp"

#include <catch2/catch.hpp>

#include "support/fake_database.hpp"
#include "support/fake_faces.hpp"

using namespace viaduct;

namespace {

struct Fixture {
    Fixture() { offer = faces.services.offer<Database>(database); }
    void load() {
        module = faces.load(viaduct_module);
        for (unsigned worker = 0; worker < faces.workers.count(); ++worker)
            faces.workers.as(worker, [&] { module->worker_started(); });
    }
    void add(const std::string& name) {
        const std::lock_guard lock{database.mutex};
        database.table.push_back({{"domain", name}, {"did", name}});
    }
    bool is_local(const std::string& uri, unsigned worker = 0) {
        bool local = false;
        faces.workers.as(worker, [&] {
            const auto results = faces.call("is_local", {ScriptValue{Uri::parse(uri).value()}});
            local = std::get<bool>((*results)->at(0));
        });
        return local;
    }
    // The status of the answer that is raised instead.
    int raised(const std::string& uri) {
        const auto results = faces.call("is_local", {ScriptValue{Uri::parse(uri).value()}});
        return std::get<ScriptRaise>((*results)->at(0)).answer.status;
    }
    nlohmann::json command(const std::string& method) {
        const auto reply = faces.command(method, nlohmann::json::object());
        faces.workers.run();
        return *reply;
    }

    test::FakeDatabase database;
    test::FakeFaces faces;
    Registration offer;
    std::unique_ptr<Module> module;
};

}  // namespace

TEST_CASE("domain names compare without case, and whole (RFC 3261 section 19.1.4)") {
    domain::DomainNames names;
    names.add("Example.TEST");
    names.add("[2001:db8::1]");
    names.add("");
    CHECK(names.size() == 2);
    CHECK(names.contains("example.test"));
    CHECK(names.contains("EXAMPLE.test"));
    CHECK(names.contains("[2001:DB8::1]"));
    CHECK_FALSE(names.contains("sub.example.test"));
    CHECK_FALSE(names.contains("example.tes"));
    CHECK_FALSE(names.contains(""));
    CHECK_FALSE(names.contains(std::string(100'000, 'a')));
    CHECK(names.sorted() == std::vector<std::string>{"[2001:db8::1]", "example.test"});
}

TEST_CASE("what is in the table is ours, on every worker, and offered to all modules") {
    Fixture fixture;
    fixture.add("customer.test");
    fixture.load();
    CHECK(fixture.is_local("sip:bob@customer.test", 0));
    CHECK(fixture.is_local("sips:bob@Customer.Test:5071", 1));
    CHECK_FALSE(fixture.is_local("sip:bob@elsewhere.test"));
    CHECK_FALSE(fixture.is_local("tel:+1555"));
    auto* domains = static_cast<ServiceApi&>(fixture.faces.services).find<Domains>();
    REQUIRE(domains != nullptr);
    CHECK(domains->is_ours("customer.test"));
    CHECK(fixture.command("domain.dump")["result"] == nlohmann::json::array({"customer.test"}));
}

TEST_CASE("a reload shows every worker the table as it is now") {
    Fixture fixture;
    fixture.load();
    CHECK_FALSE(fixture.is_local("sip:new.test", 1));
    fixture.add("new.test");
    CHECK(fixture.command("domain.reload") == nlohmann::json{{"result", {{"domains", 1}}}});
    CHECK(fixture.is_local("sip:new.test", 0));
    CHECK(fixture.is_local("sip:new.test", 1));
}

TEST_CASE("a reload that fails says why and leaves what was known") {
    Fixture fixture;
    fixture.add("known.test");
    fixture.load();
    fixture.database.down = true;
    CHECK(fixture.command("domain.reload")["error"] == -32000);
    CHECK(fixture.is_local("sip:known.test"));
}

TEST_CASE("a change while the table is being read is seen: whoever asked then waits for the next reading") {
    Fixture fixture;
    fixture.add("first.test");
    fixture.load();
    std::shared_ptr<nlohmann::json> second;
    const auto first = fixture.faces.command("domain.reload", nlohmann::json::object());
    fixture.add("second.test");
    second = fixture.faces.command("domain.reload", nlohmann::json::object());
    fixture.faces.workers.run();
    CHECK_FALSE(first->is_null());
    CHECK((*second)["result"]["domains"] == 2);
}

TEST_CASE(
    "a table that could not be read at start is read as soon as the database is there, and nobody is refused "
    "meanwhile") {
    Fixture fixture;
    fixture.add("late.test");
    fixture.database.down = true;
    fixture.load();
    CHECK(fixture.raised("sip:late.test") == 503);
    fixture.faces.workers.advance(6s);
    CHECK(fixture.raised("sip:late.test") == 503);
    auto* domains = static_cast<ServiceApi&>(fixture.faces.services).find<Domains>();
    CHECK_FALSE(domains->are_known());
    fixture.database.down = false;
    fixture.faces.workers.advance(6s);
    fixture.faces.workers.run();
    CHECK(domains->are_known());
    CHECK(fixture.is_local("sip:late.test", 1));
    CHECK_FALSE(fixture.is_local("sip:elsewhere.test"));
}

TEST_CASE("the table is read again every `refresh`, for changes nobody tells of") {
    Fixture fixture;
    fixture.load();
    fixture.add("quiet.test");
    fixture.faces.workers.advance(4min);
    CHECK_FALSE(fixture.is_local("sip:quiet.test"));
    fixture.faces.workers.advance(2min);
    fixture.faces.workers.run();
    CHECK(fixture.is_local("sip:quiet.test"));
}
