// node_watch: which of the other nodes answer (OPTIONS, RFC 3261 section 11), so that phones connected to one that is
// gone are not tried.
//
// Nodes are learned from the Path values in their bindings. Each is asked every second; one that refuses, or is silent
// for a second and a half, is suspended until it answers again. Pings run on worker 0; the rest from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string_view>
#include <vector>

#include <viaduct/client_api.hpp>
#include <viaduct/location.hpp>
#include <viaduct/logger.hpp>
#include <viaduct/workers.hpp>

namespace viaduct::registrar {

class NodeWatch {
public:
    NodeWatch(std::uint32_t own_node, ClientApi& client, Workers& workers, const Logger& log)
        : own_node_{own_node}, client_{client}, workers_{workers}, log_{log} {}

    // Worker 0.
    void start();
    // Remembers how the binding's node is reached. Beyond kMostNodes nothing is.
    void learn(const Binding& binding);
    std::vector<std::uint32_t> suspended() const;

    struct State {
        std::uint32_t number;
        std::string uri;
        bool suspended;
    };
    std::vector<State> nodes() const;

    static constexpr std::size_t kMostNodes = 256;

private:
    struct Node {
        Uri uri;
        bool suspended = false;
    };
    static constexpr Duration kEvery = 1s;
    static constexpr Duration kPatience = 1500ms;
    static constexpr unsigned kSparedRounds = 5;  // a suspended node is asked in every fifth only

    void round();
    void ask(std::uint32_t number, const Uri& uri, std::uint64_t ping);
    void answered(std::uint32_t number, std::uint64_t ping, bool alive);
    void waited(std::uint32_t number, std::uint64_t ping);
    void set_suspended(std::uint32_t number, Node& node, bool suspended);

    const std::uint32_t own_node_;
    ClientApi& client_;
    Workers& workers_;
    const Logger& log_;
    std::uint64_t rounds_ = 0;
    Registration timer_;
    std::map<std::uint64_t, Registration> patience_;  // by the number of the ping; worker 0
    std::uint64_t pings_ = 0;

    mutable std::mutex mutex_;
    std::map<std::uint32_t, Node> nodes_;
    std::atomic<unsigned> suspended_{0};
};

}  // namespace viaduct::registrar
