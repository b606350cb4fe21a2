// prober: sends the probes that Liveness asks for, and says in the log what became of them.
//
// One for the whole server: lives on worker 0.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include <viaduct/client_api.hpp>
#include <viaduct/logger.hpp>
#include <viaduct/workers.hpp>

#include "destination_sets.hpp"
#include "status_classes.hpp"

namespace viaduct::dispatcher {

class Prober {
public:
    // `sets`: the table in force.
    Prober(Workers& workers, ClientApi& client, const Logger& log, StatusClasses alive, std::string from,
           std::function<const DestinationSets&()> sets)
        : workers_{workers},
          client_{client},
          log_{log},
          alive_{alive},
          from_{std::move(from)},
          sets_{std::move(sets)} {}

    void start() { turn_later(); }

private:
    static constexpr Duration kTurn = 1s;

    void turn_later();
    void turn();
    void ask(const DestinationSets::Entry& entry, std::uint64_t probe);
    Message request_to(const Destination& destination) const;

    Workers& workers_;
    ClientApi& client_;
    const Logger& log_;
    const StatusClasses alive_;
    const std::string from_;  // "": this server's address
    std::function<const DestinationSets&()> sets_;
    Registration timer_;
};

// A line when there is something to say. Any thread.
void log_change(const Logger& log, const Destination& destination, const Standing::Change& change,
                std::string_view why);

}  // namespace viaduct::dispatcher
