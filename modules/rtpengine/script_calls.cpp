// script_calls: see script_calls.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "script_calls.hpp"

#include "flag_words.hpp"

namespace viaduct::rtpengine {
namespace {

constexpr std::string_view kSdp = "application/sdp";

// Flags alone say what is wanted; the needs stay at "as received".
MediaDescription describe(const Message& message, const Flow& flow, std::string_view words) {
    MediaDescription description;
    description.call_id = message.call_id();
    description.sdp = message.body();
    description.received_from = flow.remote;
    auto& needs = description.needs;
    needs.replace_origin = needs.replace_session_connection = needs.trust_address = false;
    auto all = split_words(words);
    if (take_own_words(all).via_branch) {
        if (const auto via = message.top_via()) description.via_branch = via->branch;
    }
    for (const std::string_view word : split_words(words)) {
        if (!word.starts_with("via-branch=")) needs.flags.emplace_back(word);
    }
    return description;
}

Completion<Result<std::string>> into(Request& request, Completion<error_code> done) {
    return [&request, done = std::move(done)](Result<std::string> rewritten) mutable {
        if (!rewritten) return done(rewritten.error());
        request.message().set_body(kSdp, *rewritten);
        done({});
    };
}

}  // namespace

bool has_sdp(const Message& message) { return !message.body().empty() && message.content_type().starts_with(kSdp); }

void offer_now(MediaService& relays, Request& request, std::string_view words, Completion<error_code> done) {
    auto description = describe(request.message(), request.flow(), words);
    description.from_tag = request.message().from_tag();
    description.to_tag = request.message().to_tag();
    relays.offer(std::move(description), into(request, std::move(done)));
}

void answer_now(MediaService& relays, Request& request, std::string_view words, Completion<error_code> done) {
    auto description = describe(request.message(), request.flow(), words);
    description.from_tag = request.message().to_tag();  // who offered
    description.to_tag = request.message().from_tag();
    relays.answer(std::move(description), into(request, std::move(done)));
}

void rewrite_responses(MediaService& relays, Request& request, std::string_view words, bool as_offer) {
    auto like = describe(request.message(), request.flow(), words);
    like.received_from.reset();
    like.sdp.clear();
    request.on_response_waiting(
        [&relays, like = std::move(like), as_offer](Message response, const RequestBranch&, Completion<Message> done) {
            if (response.status() >= 300 || !has_sdp(response)) return done(std::move(response));
            MediaDescription description = like;
            description.sdp = response.body();
            description.from_tag = as_offer ? response.to_tag() : response.from_tag();
            description.to_tag = as_offer ? response.from_tag() : response.to_tag();
            auto put = [response = std::move(response), done = std::move(done)](Result<std::string> rewritten) mutable {
                if (rewritten) response.set_body(kSdp, *rewritten);
                done(std::move(response));
            };
            if (as_offer) return relays.offer(std::move(description), std::move(put));
            relays.answer(std::move(description), std::move(put));
        });
}

void delete_now(MediaService& relays, const Request& request) {
    const Message& message = request.message();
    relays.remove(message.call_id(), message.from_tag(), {}, {});
}

}  // namespace viaduct::rtpengine
