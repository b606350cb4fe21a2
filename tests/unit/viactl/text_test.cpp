// What viactl prints: tables, statistics, bindings, traces.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cstdlib>
#include <ctime>

#include "tools/viactl/bindings.hpp"
#include "tools/viactl/output.hpp"
#include "tools/viactl/statistics.hpp"
#include "tools/viactl/table.hpp"
#include "tools/viactl/trace_text.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

// Local times of these tests are UTC.
struct Utc {
    Utc() {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
    }
};

}  // namespace

TEST_CASE("columns are as wide as their widest cell, in characters") {
    Table table{{{"NAME"}, {"N", Table::Align::right}, {"LAST"}}};
    CHECK(table.empty());
    table.add({"J\xc3\xb6rg", "5", "a"});
    table.add({"x", "123", "bb"});
    CHECK(table.text() ==
          "NAME    N  LAST\n"
          "J\xc3\xb6rg    5  a\n"
          "x     123  bb\n");
}

TEST_CASE("what a phone sent cannot steer the terminal") {
    CHECK(printable("evil\x1b[2J\r\n\x7f") == "evil?[2J???");
    Table table{{{"UA"}}};
    table.add({"a\nb"});
    CHECK(table.text() == "UA\na?b\n");
}

TEST_CASE("numbers, ages, sizes and times are short") {
    CHECK(number_text(3) == "3");
    CHECK(number_text(0.25) == "0.25");
    CHECK(number_text(2.0) == "2");
    CHECK(age_text(59) == "59s");
    CHECK(age_text(200) == "3m 20s");
    CHECK(age_text(7500) == "2h 5m");
    CHECK(age_text(1'000'000) == "11d 13h");
    CHECK(bytes_text(512) == "512 B");
    CHECK(bytes_text(65536) == "64.0 KiB");
    CHECK(bytes_text(1'572'864) == "1.5 MiB");
    const Utc utc;
    CHECK(clock_text(1'767'225'600'123) == "00:00:00.123");
}

TEST_CASE("statistics are chosen by the beginning of their name, ours without its prefix") {
    const json answer{
        {"counters",
         {{{"name", "viaduct_transport_messages_total"},
           {"labels", "transport=\"udp\""},
           {"help", "messages"},
           {"value", 7}},
          {{"name", "viaduct_auth_failures_total"}, {"labels", ""}, {"help", "failures"}, {"value", 0}}}},
        {"gauges",
         {{{"name", "viaduct_transport_connections"}, {"labels", ""}, {"help", "open now"}, {"value", 1.5}}}}};
    CHECK(select_statistics(answer, "").size() == 3);
    CHECK(select_statistics(answer, "auth").size() == 1);
    CHECK(select_statistics(answer, "viaduct_transport").size() == 2);
    CHECK(select_statistics(answer, "nothing").empty());
    const json all = select_statistics(answer, "");
    CHECK(all[0]["name"] == "viaduct_auth_failures_total");
    CHECK(all[0]["kind"] == "counter");
    CHECK(all[1]["kind"] == "gauge");
    CHECK(statistics_text(all, false) ==
          "VALUE  NAME                                       MEANING\n"
          "  1.5  transport_connections                      open now\n"
          "    7  transport_messages_total{transport=\"udp\"}  messages\n"
          "1 more are zero; --all shows them.\n");
    CHECK(statistics_text(all, true).find("auth_failures_total") != std::string::npos);
}

TEST_CASE("a stored binding is read with any of the times in use; an expired one is none") {
    const Utc utc;
    const std::int64_t now = 1'767'225'600;  // 2026-01-01 00:00:00
    const auto row = [](DatabaseValue expires, DatabaseValue domain = std::string{"example.test"}) {
        return DatabaseRow{std::string{"bob"},
                           std::move(domain),
                           std::string{"sip:bob@192.0.2.7"},
                           std::move(expires),
                           0.5,
                           std::monostate{},
                           std::string{"phone"},
                           std::monostate{}};
    };
    CHECK(binding_of_row(row(now + 60), "", now) == json{{"aor", "sip:bob@example.test"},
                                                         {"contact", "sip:bob@192.0.2.7"},
                                                         {"expires", 60},
                                                         {"q", 0.5},
                                                         {"received", nullptr},
                                                         {"user_agent", "phone"},
                                                         {"instance", ""}});
    CHECK(binding_of_row(row(2'461'041.5 + 60.0 / 86400), "", now)->at("expires") == 60);
    CHECK(binding_of_row(row(std::string{"2026-01-01 00:01:00"}), "", now)->at("expires") == 60);
    CHECK(binding_of_row(row(std::int64_t{4'102'444'800}), "", now)->at("expires") == 0);
    CHECK_FALSE(binding_of_row(row(now), "", now));
    CHECK_FALSE(binding_of_row(row(std::string{"rubbish"}), "", now));
    CHECK(binding_of_row(row(now + 60, std::monostate{}), "default.test", now)->at("aor") == "sip:bob@default.test");
}

TEST_CASE("bindings are listed by address of record") {
    CHECK(bindings_text(json::array()) == "Nobody is registered.\n");
    const json bindings{{{"aor", "sip:bob@x"},
                         {"contact", "sip:bob@192.0.2.7"},
                         {"expires", 0},
                         {"q", 1.0},
                         {"received", nullptr},
                         {"user_agent", "p"}},
                        {{"aor", "sip:alice@x"},
                         {"contact", "sip:a@192.0.2.8"},
                         {"expires", 90},
                         {"q", 0.5},
                         {"received", "192.0.2.9:5060"}}};
    CHECK(bindings_text(bindings) ==
          "ADDRESS OF RECORD  CONTACT            EXPIRES    Q  SEEN AT         USER AGENT\n"
          "sip:alice@x        sip:a@192.0.2.8     1m 30s  0.5  192.0.2.9:5060  \n"
          "sip:bob@x          sip:bob@192.0.2.7    never    1                  p\n");
}

TEST_CASE("a trace line has time, time passed, direction, what and where") {
    const Utc utc;
    TraceText text{false};
    const json received{{"time", 1'767'225'600'123},
                        {"call_id", "a@x"},
                        {"kind", "received"},
                        {"where", "udp a -> b"},
                        {"what", "INVITE sip:bob@x"}};
    json decision{{"time", 1'767'225'600'125},
                  {"call_id", "a@x"},
                  {"kind", "decision"},
                  {"where", "main.lua:12"},
                  {"what", "relay"}};
    CHECK(text.text(received) == "00:00:00.123    +0ms >> INVITE sip:bob@x   [udp a -> b]\n");
    CHECK(text.text(decision) == "00:00:00.125    +2ms -- relay   [main.lua:12]\n");
    decision["where"] = "";
    CHECK(text.text(decision) == "00:00:00.125    +0ms -- relay\n");
}

TEST_CASE("a trace of several calls names each; a whole message is indented and harmless") {
    const Utc utc;
    TraceText text{true};
    const json sent{{"time", 1'767'225'600'000},
                    {"call_id", "a@x"},
                    {"kind", "sent"},
                    {"where", ""},
                    {"what", "200 OK"},
                    {"message", "SIP/2.0 200 OK\r\nSubject: \x1b[2J\r\n\r\n"}};
    CHECK(text.text(sent) ==
          "00:00:00.000    +0ms << 200 OK   a@x\n"
          "        SIP/2.0 200 OK\n"
          "        Subject: ?[2J\n"
          "        \n");
}

}  // namespace viaduct::viactl
