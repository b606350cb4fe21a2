// ng_client: one worker's conversations with the relays: a request, its repetitions with the same cookie, its answer
// or the end of patience.
//
// The relay remembers cookies, so a repeated request is answered again and not done again. Sends through an NgWire and
// is told what comes; reads no socket. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include <viaduct/media_service.hpp>
#include <viaduct/workers.hpp>

#include "bencode.hpp"
#include "relays.hpp"

namespace viaduct::rtpengine {

class NgWire {
public:
    // False: the relay's host refuses.
    virtual bool send(unsigned relay, std::string_view bytes) = 0;

protected:
    ~NgWire() = default;
};

struct NgSettings {
    Duration repeat_after = 100ms;  // then twice as long, and so on
    std::size_t most_outstanding = 10000;
};

class NgClient {
public:
    // `identity`: of this process; what comes first in a cookie is the worker, see worker_of().
    NgClient(Workers& workers, NgWire& wire, Relays& relays, NgSettings settings, std::string identity);

    // `done` gets the answer's dictionary, or MediaErrc::unavailable; never within this call.
    void request(unsigned relay, const BencodeDictionary& message, Duration timeout, Completion<Result<Bencode>> done);
    // Whether somebody waits for it.
    bool on_datagram(unsigned relay, std::string_view bytes);
    // Nobody listens there: whoever waits for that relay is told now.
    void on_refused(unsigned relay);
    std::size_t outstanding() const { return waiting_.size(); }

    // The worker whose cookie a datagram begins with; `count` when there is none.
    static unsigned worker_of(std::string_view bytes, unsigned count);

private:
    struct Waiting {
        unsigned relay = 0;
        std::string bytes;
        TimePoint deadline;
        Duration repeat;
        Completion<Result<Bencode>> done;
        Registration timer;
    };
    void arm(const std::string& cookie, Waiting& one);
    void on_timer(const std::string& cookie);
    void give_up(const std::string& cookie);

    Workers& workers_;
    NgWire& wire_;
    Relays& relays_;
    NgSettings settings_;
    std::string identity_;
    std::uint64_t count_ = 0;
    boost::unordered_flat_map<std::string, Waiting> waiting_;  // by cookie
};

}  // namespace viaduct::rtpengine
