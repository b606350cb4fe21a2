// stateless_forwarding: RFC 3261 section 16.11, and the ACK of a 2xx, which no transaction carries (section 16.7, last
// paragraph).
//
// The branch value is a function of the request, so retransmissions, the CANCEL and a failure's ACK get the same one.
// Where an INVITE went is remembered for as long as those may come, because only the script knew the way. Owned by the
// Proxy; lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "proxy/proxy_core.hpp"

namespace viaduct::proxy {

class StatelessForwarding {
public:
    explicit StatelessForwarding(std::shared_ptr<ProxyCore> core) : core_{std::move(core)} {}

    // The handler's order. `loop_hash`: of the request as received; `listener`: the one it had best leave by.
    void forward(const Message& request, std::uint64_t loop_hash, Target target, std::uint16_t listener);
    // Along its Route set or Request-URI; dropped when that leads nowhere but here.
    void on_ack(Message&& ack, const Flow& flow);
    // The CANCEL of an INVITE that went this way.
    void on_cancel(Message&& cancel, const Flow& flow);
    // Ours is taken off, the next Via says where to.
    void on_response(Message&& response);

private:
    struct Letter;  // one request on its way out
    struct Way {
        Target target;
        transport::Destination to;
    };
    // False: it leads nowhere but here, or belongs to nothing that was let in.
    bool follow(Message&& request, const Flow& flow);
    void find_way(std::unique_ptr<Letter> letter);
    void send(Letter& letter, const transport::Destinations& destinations);
    bool send_to(const Letter& letter, transport::Destination to);
    void remember(const Letter& letter, const transport::Destination& to);

    std::shared_ptr<ProxyCore> core_;
    boost::unordered_flat_map<std::string, Way> ways_;  // by branch
    bool forwards_ = false;                             // the script does: an ACK may be of a call that bears no mark
    std::deque<std::pair<TimePoint, std::string>> forget_;
};

}  // namespace viaduct::proxy
