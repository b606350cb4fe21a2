// ng_commands: does what an ng command says and makes the reply, in rtpengine's words.
//
// The reply comes on a thread of the relay's, or at once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <viaduct/unique_function.hpp>

#include "ng/ng_message.hpp"
#include "relay/relay.hpp"

namespace viaduct::media_relay {

class NgCommands {
public:
    using Reply = UniqueFunction<void(std::string dictionary)>;

    explicit NgCommands(Relay& relay) : relay_{relay} {}
    void run(NgMessage message, Reply reply);

private:
    void exchange(NgMessage message, Reply reply, bool is_offer);
    void remove(NgMessage message, Reply reply);
    void query(NgMessage message, Reply reply);
    void list(std::size_t limit, Reply reply);
    void change(NgMessage message, Reply reply, bool (Call::*what)(std::string_view, bool), bool on);
    std::string statistics() const;

    Relay& relay_;
};

std::string ng_error(std::string_view reason);

}  // namespace viaduct::media_relay
