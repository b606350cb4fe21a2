// followed_call: one call that is followed from its INVITE to its end: hears what passes and tells its record.
//
// Changes no message. Shared: its Calls hold it, and hooks of requests find it through weak pointers. Lives on its
// worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <viaduct/request.hpp>
#include <viaduct/workers.hpp>

#include "call_record.hpp"

namespace viaduct::dialog {

class FollowedCall final : public CallFollower, public std::enable_shared_from_this<FollowedCall> {
public:
    // After each input: the call may be over, or in another state.
    using Changed = std::function<void(FollowedCall& call)>;

    FollowedCall(const Request& invite, std::string profile, Duration longest, Workers& workers, const Changed& changed)
        : workers_{workers},
          changed_{changed},
          profile_{std::move(profile)},
          record_{invite.message(), longest, workers.now(), workers.wall_now()} {}
    ~FollowedCall() { follows_.withdraw(); }

    // The INVITE, at its first and at every further coming.
    void attach(Request& invite);
    const CallRecord& record() const { return record_; }
    const std::string& profile() const { return profile_; }  // "": none

    void on_later_request(Request& request) override;
    void on_acknowledgement(Message acknowledgement, const Flow& from, Completion<Message> done) override;

    CallState counted_as = CallState::over;  // by Calls

private:
    void on_bye(Request& bye, const std::string& tag);

    Workers& workers_;
    const Changed& changed_;
    const std::string profile_;
    CallRecord record_;
    Registration follows_;
    bool follows_call_ = false;
};

}  // namespace viaduct::dialog
