// request_methods: what a script can do with a request: read and edit header fields, and order the proxy.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "script/message_lookup.hpp"
#include "script/object_kinds.hpp"
#include "script/relay_arguments.hpp"
#include "script/request_object.hpp"
#include "script/sip_text.hpp"

namespace viaduct::script {

namespace {

using proxy::Answer;
using proxy::RequestContext;

int header(lua_State* L) {
    const Message& message = check_request(L, 1).message();
    return push_header(L, message, check_text(L, 2));
}
int headers(lua_State* L) {
    const Message& message = check_request(L, 1).message();
    return push_headers(L, message, check_text(L, 2));
}

std::string_view check_header_name(lua_State* L) {
    const auto name = check_text(L, 2);
    if (!is_token(name)) fail(L, fmt::format("'{}' is no name of a header field", name));
    if (const auto why = why_not_settable(name); !why.empty()) fail(L, std::string{why});
    return name;
}
std::string_view check_header_value(lua_State* L, std::string_view name) {
    const auto value = check_text(L, 3);
    if (!is_one_line(value)) fail(L, fmt::format("the value of {} has a line break", name));
    return value;
}

int set_header(lua_State* L) {
    Message& message = check_request(L, 1).message();
    const auto name = check_header_name(L);
    message.set(name, check_header_value(L, name));
    return 0;
}
int add_header(lua_State* L) {
    Message& message = check_request(L, 1).message();
    const auto name = check_header_name(L);
    message.append(name, check_header_value(L, name));
    return 0;
}
int remove_header(lua_State* L) {
    Message& message = check_request(L, 1).message();
    lua_pushboolean(L, static_cast<int>(message.remove(check_header_name(L)) > 0));
    return 1;
}
int set_body(lua_State* L) {
    Message& message = check_request(L, 1).message();
    const auto type = check_text(L, 2);
    if (!is_one_line(type)) fail(L, "the content type has a line break");
    message.set_body(type, check_text(L, 3));
    return 0;
}

void check_unanswered(lua_State* L, const RequestContext& context) {
    if (context.finished()) fail(L, "the request has been answered or forwarded already");
}

// RFC 3261 section 16.5: an empty target set is answered 480.
int push_no_target(lua_State* L) {
    push_answer(
        L,
        std::make_unique<Answer>(Answer{
            .response = Message::response(480, default_reason(480)), .forwarded = false, .local = true, .target = {}}));
    return 1;
}

int relay(lua_State* L) {
    RequestContext& context = check_request(L, 1);
    auto targets = read_targets(L, 2);
    const auto options = read_relay_options(L, 3);
    check_unanswered(L, context);
    check_can_wait(L);
    if (targets && targets->empty()) return push_no_target(L);
    return wait(L, [&](Wake wake) {
        context.relay(targets ? std::move(*targets) : Targets{}, options, [wake = std::move(wake)](Answer answer) {
            wake([answer = std::make_unique<Answer>(std::move(answer))](lua_State* resumed) mutable {
                push_answer(resumed, std::move(answer));
                return 1;
            });
        });
    });
}

int forward(lua_State* L) {
    RequestContext& context = check_request(L, 1);
    auto target = lua_isnoneornil(L, 2) ? std::nullopt : std::optional<Target>{read_target(L, 2)};
    check_unanswered(L, context);
    context.forward(std::move(target));
    return 0;
}

int reply_provisional(lua_State* L) {
    RequestContext& context = check_request(L, 1);
    const Response response = check_response(L, 2, 100);
    check_unanswered(L, context);
    context.respond_provisional(response);
    return 0;
}

int response(lua_State* L) {
    check_request(L, 1);
    push_response(L, check_response(L, 2, 200));
    return 1;
}

int is_local(lua_State* L) {
    const RequestContext& context = check_request(L, 1);
    return push_is_local(L, context.is_local(check_uri(L, 2)));
}

constexpr Function kMethods[]{
    {"header(name: string): string?", "The first line of that header field; names in any case, short or long.",
     guarded<header>},
    {"headers(name: string): string[]", "All values of that header field, in order.", guarded<headers>},
    {"set_header(name: string, value: string)", "Replaces all lines of that header field by one.", guarded<set_header>},
    {"add_header(name: string, value: string)", "Adds a line.", guarded<add_header>},
    {"remove_header(name: string): boolean", "Removes all lines; true when there were any.", guarded<remove_header>},
    {"set_body(content_type: string, body: string)", "Replaces the body; \"\", \"\" removes it.", guarded<set_body>},
    {"relay(targets?: viaduct.Targets, options?: viaduct.RelayOptions): viaduct.Answer",
     "Sends the request on and waits for the final response. No targets: to where Request-URI and Route lead.",
     guarded<relay>},
    {"forward(target?: viaduct.Target|viaduct.Uri|string)",
     "Sends the request on statelessly and forgets it; what the handler returns after this is ignored.",
     guarded<forward>},
    {"reply_provisional(status: integer, reason?: string)", "Sends a 1xx at once; the handler goes on.",
     guarded<reply_provisional>},
    {"response(status: integer, reason?: string): viaduct.Response",
     "Makes a response to add header fields to and return.", guarded<response>},
    {"is_local(uri: viaduct.Uri|string): boolean",
     "Is its host a domain of ours ([server] domains, module domain), or an address of this server?",
     guarded<is_local>},
};

}  // namespace

std::span<const Function> request_methods() { return kMethods; }

}  // namespace viaduct::script
