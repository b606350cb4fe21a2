// test_phone_object: a phone of a test file, and the messages it received.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "script/message_lookup.hpp"
#include "script/object_kinds.hpp"
#include "script/test_objects.hpp"

namespace viaduct::script {

namespace {

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

// { Name = "value", ... } at `argument`, or nothing.
HeaderFields check_header_fields(lua_State* L, int argument) {
    HeaderFields fields;
    if (lua_isnoneornil(L, argument)) return fields;
    luaL_checktype(L, argument, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, argument) != 0) {
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            fail(L, "header fields are a table: { Name = \"value\" }");
        fields.emplace_back(text_at(L, -2), text_at(L, -1));
        lua_pop(L, 1);
    }
    return fields;
}

// A URI's text, or a phone, whose contact is meant.
std::string check_destination(lua_State* L, int argument) {
    if (auto* const* phone = to_object<TestPhone*>(L, argument, kTestPhoneKind)) return (*phone)->contact();
    return std::string{check_text(L, argument)};
}

int name(lua_State* L) {
    push_text(L, self<TestPhone*>(L)->name());
    return 1;
}
int contact(lua_State* L) {
    push_text(L, self<TestPhone*>(L)->contact());
    return 1;
}

int register_phone(lua_State* L) {
    TestPhone& phone = check_phone(L, 1);
    const std::string domain{check_text(L, 2)}, password{optional_text(L, 3).value_or("")};
    const int status = phone.register_now(domain, password, static_cast<int>(luaL_optinteger(L, 4, 3600)));
    lua_pushinteger(L, status);
    return 1;
}
int registers(lua_State* L) {
    register_phone(L);
    const auto status = lua_tointeger(L, -1);
    if (status != 200)
        fail(L, fmt::format("{} could not register: {}", check_phone(L, 1).name(),
                            status == 0 ? "no answer" : std::to_string(status)));
    return 0;
}
int set_password(lua_State* L) {
    check_phone(L, 1).set_password(std::string{check_text(L, 2)});
    return 0;
}

int sends(lua_State* L) {
    check_phone(L, 1).send_request(check_text(L, 2), check_destination(L, 3), check_header_fields(L, 4));
    return 0;
}
int invite(lua_State* L) {
    check_phone(L, 1).send_request("INVITE", check_destination(L, 2), check_header_fields(L, 3));
    return 0;
}
int responds(lua_State* L) {
    const auto status = luaL_checkinteger(L, 2);
    if (status < 100 || status > 699) luaL_argerror(L, 2, "a status code");
    check_phone(L, 1).respond(static_cast<int>(status), check_header_fields(L, 3));
    return 0;
}
int sends_in_dialog(lua_State* L) {
    check_phone(L, 1).send_in_dialog(check_text(L, 2));
    return 0;
}
int acks(lua_State* L) {
    check_phone(L, 1).send_in_dialog("ACK");
    return 0;
}
int hangs_up(lua_State* L) {
    check_phone(L, 1).send_in_dialog("BYE");
    return 0;
}
int cancels(lua_State* L) {
    check_phone(L, 1).cancel();
    return 0;
}

// "INVITE" or 486.
std::optional<Message> take(lua_State* L, TestPhone& phone, int argument) {
    if (lua_isinteger(L, argument) != 0) return phone.take_response(static_cast<int>(lua_tointeger(L, argument)));
    return phone.take_request(check_text(L, argument));
}

int receives(lua_State* L) {
    TestPhone& phone = check_phone(L, 1);
    auto message = take(L, phone, 2);
    if (!message)
        fail(L, fmt::format("{} expected {}; {}", phone.name(), luaL_tolstring(L, 2, nullptr), received_by(phone)));
    push_test_message(L, *std::move(message));
    return 1;
}

int history(lua_State* L) {
    const auto entries = check_phone(L, 1).history();
    lua_createtable(L, static_cast<int>(entries.size()), 0);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        push_text(L, entries[i]);
        lua_rawseti(L, -2, static_cast<lua_Integer>(i + 1));
    }
    return 1;
}

int method(lua_State* L) {
    push_text(L, self<Message>(L).method_text());
    return 1;
}
int status(lua_State* L) {
    lua_pushinteger(L, self<Message>(L).status());
    return 1;
}
int reason(lua_State* L) {
    push_text(L, self<Message>(L).reason());
    return 1;
}
int request_uri(lua_State* L) {
    push_text(L, self<Message>(L).request_uri_text());
    return 1;
}
int body(lua_State* L) {
    push_text(L, self<Message>(L).body());
    return 1;
}
int text(lua_State* L) {
    push_text(L, self<Message>(L).text());
    return 1;
}
int header(lua_State* L) {
    const Message& message = check_object<Message>(L, 1, kTestMessageKind);
    return push_header(L, message, check_text(L, 2));
}
int headers(lua_State* L) {
    const Message& message = check_object<Message>(L, 1, kTestMessageKind);
    return push_headers(L, message, check_text(L, 2));
}

constexpr Field kPhoneFields[]{
    {"name", "string", "As given to t:phone().", name},
    {"contact", "string", "Its own URI: \"sip:bob@198.51.100.7:5060\".", contact},
};
constexpr Function kPhoneMethods[]{
    {"register(domain: string, password?: string, expires?: integer): integer",
     "Sends REGISTER; returns the final status, 0 for none.", guarded<register_phone>},
    {"registers(domain: string, password?: string, expires?: integer)", "As register, and the answer must be 200.",
     guarded<registers>},
    {"set_password(password: string)", "Requests that are challenged are sent again with credentials.",
     guarded<set_password>},
    {"sends(method: string, uri: string, header_fields?: table<string, string>)",
     "Sends a request outside of a dialog.", guarded<sends>},
    {"invite(uri: string, header_fields?: table<string, string>)",
     "Sends an INVITE; it becomes the phone's current call.", guarded<invite>},
    {"responds(status: integer, header_fields?: table<string, string>)",
     "Answers the newest request it has not answered.", guarded<responds>},
    {"sends_in_dialog(method: string)", "Sends a request in its current call.", guarded<sends_in_dialog>},
    {"acks()", "Sends the ACK of a 2xx.", guarded<acks>},
    {"hangs_up()", "Sends BYE.", guarded<hangs_up>},
    {"cancels()", "Cancels its INVITE.", guarded<cancels>},
    {"receives(what: string|integer): viaduct.test.Message",
     "Takes the oldest message with that method or status; the test fails without.", guarded<receives>},
    {"history(): string[]", "Everything it received so far: \"100\", \"INVITE\", ...", guarded<history>},
};
constexpr Field kMessageFields[]{
    {"method", "string", "Of a response, the method in its CSeq.", method},
    {"status", "integer", "0 for a request.", status},
    {"reason", "string", "The reason phrase of a response.", reason},
    {"uri", "string", "The Request-URI of a request.", request_uri},
    {"body", "string", "\"\" when there is none.", body},
    {"text", "string", "The whole message.", text},
};
constexpr Function kMessageMethods[]{
    {"header(name: string): string?", "The first line of that header field.", guarded<header>},
    {"headers(name: string): string[]", "All values of that header field.", guarded<headers>},
};

}  // namespace

void push_phone(lua_State* L, TestPhone& phone) { push_object(L, kTestPhoneKind, &phone); }

TestPhone& check_phone(lua_State* L, int argument) { return *check_object<TestPhone*>(L, argument, kTestPhoneKind); }

void push_test_message(lua_State* L, Message message) { push_object(L, kTestMessageKind, std::move(message)); }

std::string received_by(const TestPhone& phone) {
    const auto entries = phone.history();
    if (entries.empty()) return phone.name() + " received nothing";
    std::string line = phone.name() + " received:";
    for (std::size_t i = 0; i < entries.size(); ++i) line += (i == 0 ? " " : ", ") + entries[i];
    return line;
}

const ObjectKind kTestPhoneKind{"viaduct.test.Phone", "A phone. It answers nothing by itself.", kPhoneFields,
                                kPhoneMethods};
const ObjectKind kTestMessageKind{
    "viaduct.test.Message", "A message a phone received.", kMessageFields, kMessageMethods, nullptr, nullptr,
    destroy_object<Message>};

}  // namespace viaduct::script
