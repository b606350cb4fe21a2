// call_record: see call_record.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "call_record.hpp"

#include <algorithm>
#include <array>

#include <viaduct/header_values.hpp>

namespace viaduct::dialog {
namespace {

constexpr Duration kGrace = 32s;           // a refresh may need as long as a transaction repeats itself
constexpr std::size_t kLongestText = 255;  // of what is only shown
constexpr std::uint32_t kLongestSession = 7 * 86'400;

std::string uri_of(const Result<NameAddress>& address) {
    return address ? std::string{address->uri.substr(0, kLongestText)} : std::string{};
}

std::optional<std::uint32_t> session_expires(const Message& message) {
    const auto value = message.header(HeaderId::session_expires);
    if (!value) return std::nullopt;
    const auto parsed = SessionExpires::parse(*value);
    if (!parsed || parsed->seconds == 0) return std::nullopt;
    return std::min(parsed->seconds, kLongestSession);
}

}  // namespace

std::string_view to_text(CallState state) {
    constexpr std::array<std::string_view, 4> kNames{"calling", "early", "confirmed", "over"};
    return kNames[static_cast<std::size_t>(state)];
}

CallRecord::CallRecord(const Message& invite, Duration longest, TimePoint now, WallTime since)
    : call_id_{invite.call_id()},
      caller_tag_{invite.from_tag()},
      from_{uri_of(invite.from())},
      to_{uri_of(invite.to())},
      request_uri_{invite.request_uri_text().substr(0, kLongestText)},
      longest_{longest},
      since_{since},
      last_heard_{now} {
    if (const auto cseq = invite.cseq()) cseq_ = cseq->number;
}

void CallRecord::invite_began(TimePoint now) {
    ++invites_;
    last_heard_ = now;
}

void CallRecord::invite_answered(const Message& response, TimePoint now) {
    last_heard_ = now;
    const int status = response.status();
    if (status > 100 && status < 200 && !response.to_tag().empty()) early_ = true;
    if (status < 200 || status >= 300) return;
    read_session_timer(response, now);
    if (!answered_) answered_ = now;
    const bool known = std::find(tags_.begin(), tags_.end(), response.to_tag()) != tags_.end();
    if (!known && tags_.size() < kMostDialogs) tags_.emplace_back(response.to_tag());
}

void CallRecord::invite_ended() {
    if (invites_ > 0) --invites_;
}

void CallRecord::later_answered(Method method, std::string_view callee_tag, const Message& response, TimePoint now) {
    last_heard_ = now;
    if (method != Method::invite && method != Method::update) return;
    if (response.status() == 481) return bye_ended(callee_tag);
    if (response.status() >= 200 && response.status() < 300) read_session_timer(response, now);
}

void CallRecord::bye_ended(std::string_view callee_tag) { std::erase(tags_, callee_tag); }

// Once a dialog is confirmed the INVITE's own end, seconds later, says nothing any more.
CallState CallRecord::state() const {
    if (!tags_.empty()) return CallState::confirmed;
    if (answered_ || invites_ == 0) return CallState::over;
    return early_ ? CallState::early : CallState::calling;
}

TimePoint CallRecord::expires() const {
    const TimePoint silent = last_heard_ + longest_;
    return session_ends_ ? std::min(silent, *session_ends_) : silent;
}

std::string_view CallRecord::callee_tag(const Message& request) const {
    return request.from_tag() == caller_tag_ ? request.to_tag() : request.from_tag();
}

bool CallRecord::is_same_invite(const Message& invite) const {
    const auto cseq = invite.cseq();
    return cseq && cseq->number == cseq_;
}

// Without the header field there is no session timer (any more): RFC 4028 section 7.2.
void CallRecord::read_session_timer(const Message& response, TimePoint now) {
    const auto seconds = session_expires(response);
    session_ends_ = seconds ? std::optional{now + std::chrono::seconds{*seconds} + kGrace} : std::nullopt;
}

}  // namespace viaduct::dialog
