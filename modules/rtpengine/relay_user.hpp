// relay_user: one worker's use of the relays: which one a call gets, the next when that one fails, and deletes that are
// repeated until a relay has heard them.
//
// An offer goes to the call's relay, or to the best that is up; when it says nothing for `failover_after` the next one
// is asked as well, and whoever is not needed is told to delete. An answer can only go where the offer went. Lives on
// its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include <viaduct/media_service.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/workers.hpp>

#include "ng_client.hpp"
#include "ng_message.hpp"
#include "relay_calls.hpp"
#include "relays.hpp"

namespace viaduct::rtpengine {

struct RelayUserSettings {
    Duration timeout = 2s;
    Duration failover_after = 300ms;
    Duration delete_retry = 5min;
    std::size_t most_deletes = 10000;
    std::size_t most_calls = 100000;
    unsigned set = 0;
    NgSettings ng;
};

struct RelayUserCounters {
    Counter &offers, &answers, &deletes, &failovers, &unavailable, &refused, &deletes_dropped, &calls_forgotten;
};

class RelayUser {
public:
    // What a relay said no with, to be logged.
    using Complaint = UniqueFunction<void(const Relay& relay, std::string_view call_id, std::string_view reason)>;
    RelayUser(Workers& workers, NgWire& wire, Relays& relays, const RelayUserSettings& settings,
              RelayUserCounters counters, std::string identity, Complaint complain);
    ~RelayUser();

    void offer(MediaDescription offer, Completion<Result<std::string>> rewritten);
    void answer(MediaDescription answer, Completion<Result<std::string>> rewritten);
    void remove(std::string_view call_id, std::string_view from_tag, std::string_view to_tag,
                std::string_view via_branch);
    void query(std::string_view call_id, std::int64_t now, Completion<Result<MediaCallFigures>> figures);
    void list(std::size_t limit, Completion<Result<std::vector<std::string>>> call_ids);
    void ping(unsigned relay, Completion<bool> answered);

    NgClient& client() { return client_; }
    std::size_t calls() const { return calls_.size(); }
    std::size_t deletes_waiting() const { return deletes_; }

private:
    struct Offering;
    struct Delete;
    struct Listing;

    unsigned set_of(MediaDescription& description) const;
    std::vector<unsigned> candidates(std::string_view call_id, unsigned set);
    // Where the call is, as far as anybody knows; size() when its set is empty.
    unsigned relay_of(std::string_view call_id, unsigned set);
    void ask_next(const std::shared_ptr<Offering>& offering);
    void on_offered(const std::shared_ptr<Offering>& offering, unsigned relay, Result<Bencode> reply);
    void finish(Offering& offering, unsigned relay, Result<std::string> outcome);
    void say_delete(std::unique_ptr<Delete> one);
    void on_deleted(std::unique_ptr<Delete> one, const Result<Bencode>& reply);
    template <class Outcome>
    void fail_later(Completion<Outcome> done, MediaErrc error);

    Workers& workers_;
    Relays& relays_;
    RelayUserSettings settings_;
    RelayUserCounters counters_;
    Complaint complain_;
    RelayCalls calls_;
    std::size_t deletes_ = 0;  // being said, or resting until the next try
    std::list<std::unique_ptr<Delete>> resting_;
    NgClient client_;
};

}  // namespace viaduct::rtpengine
