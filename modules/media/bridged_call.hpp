// bridged_call: one call whose media may go through a relay: its branches, then its dialogs, and which session
// descriptions in them are offers, which answers (RFC 3264, RFC 6337 section 2.2).
//
// Begins with an INVITE that the script hands to media.bridge(), hears of all that follows (CallFollower), and ends
// when its last dialog does, or when the relay has forgotten it. Shared: its Calls hold it, and completions of the
// relay and edits of requests that come late find it through weak pointers. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <viaduct/media_service.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/request.hpp>
#include <viaduct/workers.hpp>

#include "description_body.hpp"
#include "leg.hpp"

namespace viaduct::media {

// What the script may say instead of the module's own judgement.
struct BridgeOptions {
    bool always = false;
    std::optional<LegKind> caller, callee;
    std::vector<std::string> flags;  // for the relay, as they are, in every description
};

struct CallCounters {
    Counter &relayed, &passed, &no_codec, &bad_description, &no_ports, &unavailable, &refused, &answers_failed, &full;
};

// What an INVITE without a To tag has to do with a call that has its Call-ID.
enum class Relation : std::uint8_t { spiral, another_try, fork };

class BridgedCall final : public CallFollower, public std::enable_shared_from_this<BridgedCall> {
public:
    struct Surroundings {
        MediaService& relays;
        Workers& workers;
        CallCounters& counters;
        // One line about a failure, bounded.
        std::function<void(std::string_view call_id, std::string_view line)> complain;
        // No other call has this Call-ID.
        std::function<bool(const std::string& call_id)> is_alone;
        // The call is over: it may be destroyed.
        std::function<void(const BridgedCall& call)> ended;
    };
    BridgedCall(Surroundings& surroundings, const Request& invite, BridgeOptions options);
    ~BridgedCall() { follows_.withdraw(); }

    // Attaches itself to the INVITE it was made of.
    void begin(Request& invite);
    // The relay has no such call any more, or a person wants it to end.
    void end();

    const std::string& call_id() const { return call_id_; }
    TimePoint last_activity() const { return last_activity_; }
    void touch() { last_activity_ = surroundings_.workers.now(); }
    bool is_relayed() const;
    Relation relation_of(const Message& invite) const;
    // For people: "browser (why) calls phone (why): relayed, why".
    std::vector<std::string> reasons() const;

    void on_later_request(Request& request) override;
    void on_acknowledgement(Message acknowledgement, const Flow& from, Completion<Message> done) override;

private:
    bool is_here_again(const Message& later);

    using CopyDone = Completion<Message, int>;

    // A branch of the INVITE; once somebody answered it, a dialog.
    struct Side {
        unsigned number = 0;
        std::string via_branch, tag;  // "" until the callee has one
        Leg leg;
        Bridging bridging;
        bool confirmed = false;
        std::string offered_by;  // tag of who offered and has no answer yet, when a request must bring it
        // What the relay made of the description last: a repeated response is no second answer.
        std::string last_read, last_written;
    };
    using Sides = std::list<Side>;

    void on_branch(Message copy, const RequestBranch& branch, CopyDone done, const Flow& from);
    void on_response(Message response, const RequestBranch& branch, bool offered, Completion<Message> done);
    void on_invite_end();
    void answered(Side& side);
    void drop(Sides::iterator side);
    void leave_relay(const Side& side);
    void end_dialog(const std::string& tag);

    void attach_to(Request& request, const std::string& callee_tag);
    void later_copy(Message copy, const std::string& callee_tag, Method method, CopyDone done);
    void later_response(Message response, const std::string& callee_tag, bool offered, Completion<Message> done);

    // Within a dialog the tags say it all; before, the branch goes with it.
    MediaDescription describe(const Message& message, std::string_view from_tag, std::string_view to_tag,
                              const MediaLegNeeds& needs) const;
    void rewrite_request(MediaDescription description, bool is_answer, Message copy, CopyDone done);
    void rewrite_response(Side& side, MediaDescription description, bool is_answer, Message response,
                          Completion<Message> done);
    int refusal(error_code error, std::string_view what);
    std::string via_branch(unsigned number) const { return top_branch_ + "." + std::to_string(number); }
    Side* side_of_branch(unsigned number);
    Side* side_of_tag(std::string_view tag);

    Surroundings& surroundings_;
    BridgeOptions options_;
    std::string call_id_, caller_tag_, top_branch_;
    std::uint32_t number_ = 0;  // of the INVITE's CSeq
    std::string later_branch_;  // of the newest later request
    Leg caller_;
    bool offers_;  // the INVITE has a description
    bool over_ = false;
    Sides sides_;
    TimePoint last_activity_;
    Registration follows_;
};

// The request was here with that top branch, went to another server and came back: a spiral.
bool has_come_back(const Message& request, const std::string& branch);

}  // namespace viaduct::media
