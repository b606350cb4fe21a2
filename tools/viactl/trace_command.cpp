// trace_command: prints what a live call does until Ctrl-C, --timeout, or the end of the server.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <csignal>

#include <fmt/format.h>

#include "command_error.hpp"
#include "commands.hpp"
#include "trace_text.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

volatile std::sig_atomic_t interrupted = 0;

// Ctrl-C ends the trace, not the sentence in the middle.
void end_on_interrupt() {
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = 1; };
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

void print_events(const Output& output, TraceText& text, const json& notification) {
    const json& params = notification.at("params");
    if (const auto dropped = params.at("dropped").get<std::uint64_t>(); dropped > 0 && !output.is_json()) {
        output.print_line(fmt::format("({} events were lost: they came faster than they could be shown)", dropped));
    }
    for (const json& event : params.at("events")) {
        if (output.is_json())
            output.print_line(event);
        else
            output.print_line(text.text(event));
    }
}

}  // namespace

void trace(Session& session, const TraceOptions& options) {
    if (options.call_id.empty() == options.user.empty()) {
        throw CommandError{Exit::usage, "say what to trace: a Call-ID, or --user NAME"};
    }
    json params{{"full", options.full}};
    if (options.user.empty())
        params["call_id"] = options.call_id;
    else
        params["user"] = options.user;
    session.call("trace.start", params);
    end_on_interrupt();
    TraceText text{!options.user.empty()};
    const auto end = options.timeout ? Clock::now() + std::chrono::seconds{*options.timeout} : Clock::time_point::max();
    constexpr std::chrono::milliseconds kLook{
        500};  // an interrupt between two waits is noticed after this at the latest
    for (auto now = Clock::now(); interrupted == 0 && now < end; now = Clock::now()) {
        const auto wait = std::min(kLook, std::chrono::ceil<std::chrono::milliseconds>(end - now));
        if (const auto notification = session.server().next_notification(wait)) {
            print_events(session.output(), text, *notification);
        }
    }
}

}  // namespace viaduct::viactl
