// ng_commands: see ng_commands.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ng/ng_commands.hpp"

#include <map>

#include <fmt/format.h>

#include "ng/bencode.hpp"

namespace viaduct::media_relay {
namespace {

constexpr std::string_view kUnknownCall{"Unknown call-id"};

std::string simple_reply(std::string_view result) {
    return BencodeWriter{}.begin_dictionary().entry("result", result).end().take();
}

std::int64_t whole_seconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

void write_totals(BencodeWriter& writer, std::string_view key, std::uint64_t packets, std::uint64_t bytes) {
    writer.text(key).begin_dictionary();
    writer.entry("packets", static_cast<std::int64_t>(packets)).entry("bytes", static_cast<std::int64_t>(bytes));
    writer.entry("errors", std::int64_t{0}).end();
}

void write_stream(BencodeWriter& writer, const MediaStreamFigures& stream) {
    writer.begin_dictionary();
    writer.entry("local address", stream.local.ip()).entry("local port", std::int64_t{stream.local.port()});
    writer.text("endpoint").begin_dictionary();
    writer.entry("family", stream.remote.is_v6() ? "IPv6" : "IPv4").entry("address", stream.remote.ip());
    writer.entry("port", std::int64_t{stream.remote.port()}).end();
    writer.text("stats").begin_dictionary();
    writer.entry("packets", static_cast<std::int64_t>(stream.packets));
    writer.entry("bytes", static_cast<std::int64_t>(stream.bytes));
    writer.entry("errors", static_cast<std::int64_t>(stream.dropped)).end();
    writer.entry("crypto suite", stream.security);
    writer.entry("last packet age", whole_seconds(stream.last_packet_age));
    writer.end();
}

void write_tag(BencodeWriter& writer, const std::string& tag, const std::vector<const MediaStreamFigures*>& streams) {
    writer.text(tag).begin_dictionary().entry("tag", tag);
    writer.text("medias").begin_list();
    std::int64_t index = 0;
    for (const MediaStreamFigures* stream : streams) {
        writer.begin_dictionary().entry("index", ++index).entry("type", stream->media);
        writer.text("streams").begin_list();
        write_stream(writer, *stream);
        writer.end().end();
    }
    writer.end().end();
}

// The tags with their streams, and totals: of query and delete.
std::string call_reply(const MediaCallFigures& figures) {
    std::map<std::string, std::vector<const MediaStreamFigures*>> tags;
    std::uint64_t packets = 0, bytes = 0;
    for (const MediaStreamFigures& stream : figures.streams) {
        tags[stream.side].push_back(&stream);
        packets += stream.packets;
        bytes += stream.bytes;
    }
    BencodeWriter writer;
    writer.begin_dictionary().entry("result", "ok");
    writer.entry("created", whole_seconds(std::chrono::system_clock::now().time_since_epoch() - figures.age));
    writer.text("tags").begin_dictionary();
    for (const auto& [tag, streams] : tags) write_tag(writer, tag, streams);
    writer.end();
    writer.text("totals").begin_dictionary();
    write_totals(writer, "RTP", packets, bytes);
    return writer.end().end().take();
}

std::string exchange_reply(const Result<std::string>& rewritten) {
    if (!rewritten) {
        const bool unknown = rewritten.error() == MediaErrc::unknown_call;
        return ng_error(unknown ? std::string{kUnknownCall} : rewritten.error().message());
    }
    return BencodeWriter{}.begin_dictionary().entry("result", "ok").entry("sdp", *rewritten).end().take();
}

}  // namespace

std::string ng_error(std::string_view reason) {
    return BencodeWriter{}.begin_dictionary().entry("result", "error").entry("error-reason", reason).end().take();
}

void NgCommands::run(NgMessage message, Reply reply) {
    if (message.unknown_flags != 0) relay_.counters().unknown_flags.add(message.unknown_flags);
    const std::string& command = message.command;
    if (command == "ping") return reply(simple_reply("pong"));
    if (command == "list") return list(message.limit, std::move(reply));
    if (command == "statistics") return reply(statistics());
    if (message.exchange.call_id.empty()) return reply(ng_error("No call-id in message"));
    if (command == "offer") return exchange(std::move(message), std::move(reply), true);
    if (command == "answer") return exchange(std::move(message), std::move(reply), false);
    if (command == "delete") return remove(std::move(message), std::move(reply));
    if (command == "query") return query(std::move(message), std::move(reply));
    if (command == "block media" || command == "stop media" || command == "stop forwarding") {
        return change(std::move(message), std::move(reply), &Call::set_blocked, true);
    }
    if (command == "unblock media" || command == "start media" || command == "start forwarding") {
        return change(std::move(message), std::move(reply), &Call::set_blocked, false);
    }
    if (command == "silence media") return change(std::move(message), std::move(reply), &Call::set_silenced, true);
    if (command == "unsilence media") return change(std::move(message), std::move(reply), &Call::set_silenced, false);
    reply(ng_error("Unrecognized command"));
}

void NgCommands::exchange(NgMessage message, Reply reply, bool is_offer) {
    const Exchange& said = message.exchange;
    if (said.sdp.empty()) return reply(ng_error("No SDP body in message"));
    if (said.from_tag.empty()) return reply(ng_error("No from-tag in message"));
    if (!is_offer && said.to_tag.empty()) return reply(ng_error("No to-tag in message"));
    const std::string call_id = said.call_id;
    relay_.with(call_id,
                [message = std::move(message), reply = std::move(reply), is_offer](MediaThread& thread) mutable {
                    const Exchange& here = message.exchange;
                    reply(exchange_reply(here.wishes.fragment ? thread.candidates(here)
                                         : is_offer           ? thread.offer(here)
                                                              : thread.answer(here)));
                });
}

void NgCommands::remove(NgMessage message, Reply reply) {
    const std::string call_id = message.exchange.call_id;
    relay_.with(call_id, [this, message = std::move(message), reply = std::move(reply)](MediaThread& thread) mutable {
        const Exchange& named = message.exchange;
        Call* call = thread.find(named.call_id);
        if (call == nullptr) {
            return reply(BencodeWriter{}
                             .begin_dictionary()
                             .entry("result", "ok")
                             .entry("warning", "Call-ID not found")
                             .end()
                             .take());
        }
        const MediaCallFigures figures = figures_of(*call, thread.now());
        const Duration delay = message.delete_delay.value_or(relay_.settings().delete_delay);
        thread.remove(named.call_id, named.from_tag, named.to_tag, named.via_branch, delay);
        reply(call_reply(figures));
    });
}

void NgCommands::query(NgMessage message, Reply reply) {
    const std::string call_id = message.exchange.call_id;
    relay_.with(call_id, [call_id, reply = std::move(reply)](MediaThread& thread) mutable {
        const Call* call = thread.find(call_id);
        reply(call == nullptr ? ng_error(kUnknownCall) : call_reply(figures_of(*call, thread.now())));
    });
}

void NgCommands::list(std::size_t limit, Reply reply) {
    relay_.list(limit, [reply = std::move(reply)](const std::vector<std::string>& ids) mutable {
        BencodeWriter writer;
        writer.begin_dictionary().entry("result", "ok").text("calls").begin_list();
        for (const std::string& id : ids) writer.text(id);
        reply(writer.end().end().take());
    });
}

void NgCommands::change(NgMessage message, Reply reply, bool (Call::*what)(std::string_view, bool), bool on) {
    const std::string call_id = message.exchange.call_id;
    relay_.with(call_id,
                [message = std::move(message), reply = std::move(reply), what, on](MediaThread& thread) mutable {
                    Call* call = thread.find(message.exchange.call_id);
                    if (call == nullptr) return reply(ng_error(kUnknownCall));
                    const std::string& label = message.exchange.wishes.label;
                    const std::string_view who = message.all     ? std::string_view{}
                                                 : label.empty() ? message.exchange.from_tag
                                                                 : label;
                    const bool done = (call->*what)(who, on);
                    reply(done ? simple_reply("ok") : ng_error("No such party"));
                });
}

std::string NgCommands::statistics() const {
    BencodeWriter writer;
    const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    RelayCounters& events = relay_.counters();
    writer.begin_dictionary().entry("result", "ok").text("statistics").begin_dictionary();
    writer.text("currentstatistics").begin_dictionary();
    writer.entry("sessionsown", number(relay_.sum(&ThreadCounters::calls)));
    writer.entry("sessionsforeign", std::int64_t{0});
    writer.entry("sessionstotal", number(relay_.sum(&ThreadCounters::calls)));
    writer.entry("transcodedmedia", std::int64_t{0});
    writer.entry("portsinuse", number(relay_.interfaces().ports_in_use())).end();
    writer.text("totalstatistics").begin_dictionary();
    writer.entry("managedsessions", number(events.calls.value()));
    writer.entry("silenttimeoutsessions", number(events.silent_calls.value()));
    writer.entry("rejectedsessions", number(events.refused_full.value() + events.refused_no_ports.value()));
    writer.entry("relayedpackets", number(relay_.sum(&ThreadCounters::packets)));
    writer.entry("relayedbytes", number(relay_.sum(&ThreadCounters::bytes)));
    writer.entry("onewaystreams", number(events.one_way_calls.value())).end();
    writer.text("controlstatistics").begin_dictionary();
    writer.entry("offers", number(events.offers.value())).entry("answers", number(events.answers.value()));
    writer.entry("deletes", number(events.deletes.value())).end();
    return writer.end().end().take();
}

}  // namespace viaduct::media_relay
