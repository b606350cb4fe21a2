// cares_client: DnsClient over c-ares on a worker's io_context.
//
// Each server has a channel of its own, so that one that does not answer is passed over by later questions for a while
// instead of costing each of them a timeout. Truncated answers are asked for again over TCP. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "transport/dns_client.hpp"

namespace boost::asio {
class io_context;
}

namespace viaduct::transport {

struct DnsServerSettings {
    std::vector<std::string>
        servers;            // "192.0.2.1", "192.0.2.1:5353", "[2001:db8::1]:53"; none: those of /etc/resolv.conf
    Duration timeout = 1s;  // of one attempt at one server
    unsigned attempts = 2;  // at each server
    Duration avoid = 30s;   // a server that did not answer is asked last for so long
};

class CaresClient final : public DnsClient {
public:
    // Throws std::runtime_error when the servers cannot be understood.
    CaresClient(boost::asio::io_context& context, const DnsServerSettings& settings);
    ~CaresClient() override;  // drops what is under way without calling back

    void query(DnsType type, const std::string& name, Completion<DnsAnswer> done) override;

private:
    class Channel;
    struct Question;
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace viaduct::transport
