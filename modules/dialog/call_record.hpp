// call_record: what is known of one call: the dialogs its INVITE has made (RFC 3261 section 12), and when it is over.
//
// No I/O, no clock: messages and time go in. A call is over when its last dialog is, or when its INVITE ended without
// one; or, as a BYE may never come, when its session has expired (RFC 4028 section 10) or nothing was heard of it for
// long. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/message.hpp>
#include <viaduct/time.hpp>

namespace viaduct::dialog {

enum class CallState : std::uint8_t { calling, early, confirmed, over };
std::string_view to_text(CallState state);

class CallRecord {
public:
    // `longest`: without a word.
    CallRecord(const Message& invite, Duration longest, TimePoint now, WallTime since);

    // -- the INVITE that began it. It may come by more than once: a proxy before us forked, or it came back (RFC 3261
    // section 16.3).
    void invite_began(TimePoint now);
    void invite_answered(const Message& response, TimePoint now);
    void invite_ended();
    // -- within its dialogs
    void later_request(TimePoint now) { last_heard_ = now; }
    // To a request with these tags. What ends a dialog, a BYE and a 481 (RFC 3261 sections 15.1.1 and 12.2.1.2), and
    // what says how long the session lasts now.
    void later_answered(Method method, std::string_view callee_tag, const Message& response, TimePoint now);
    // A BYE has ended, whatever was answered, if anything.
    void bye_ended(std::string_view callee_tag);

    CallState state() const;
    bool has_expired(TimePoint now) const { return now >= expires(); }
    TimePoint expires() const;
    bool has_session_timer() const { return session_ends_.has_value(); }
    // The other party's tag, of a request within one of the dialogs.
    std::string_view callee_tag(const Message& request) const;
    // An INVITE without a To tag is this one once more, not a further try after a challenge, say.
    bool is_same_invite(const Message& invite) const;

    const std::string& call_id() const { return call_id_; }
    const std::string& caller_tag() const { return caller_tag_; }
    const std::string& from() const { return from_; }
    const std::string& to() const { return to_; }
    const std::string& request_uri() const { return request_uri_; }
    WallTime since() const { return since_; }
    Duration duration(TimePoint now) const { return answered_ ? now - *answered_ : Duration::zero(); }
    std::size_t dialogs() const { return tags_.size(); }

private:
    static constexpr std::size_t kMostDialogs = 16;

    void read_session_timer(const Message& response, TimePoint now);

    std::string call_id_, caller_tag_, from_, to_, request_uri_;
    std::uint32_t cseq_ = 0;
    const Duration longest_;
    const WallTime since_;
    TimePoint last_heard_;
    std::optional<TimePoint> answered_, session_ends_;
    std::vector<std::string> tags_;  // the callee's, of confirmed dialogs
    unsigned invites_ = 0;           // under way
    bool early_ = false;
};

}  // namespace viaduct::dialog
