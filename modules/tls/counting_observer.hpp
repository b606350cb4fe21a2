// counting_observer: handshakes and failures as counters by reason, failures in the log once per peer and interval.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include <viaduct/logger.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/workers.hpp>

#include "log_limit.hpp"
#include "tls_layer.hpp"

namespace viaduct::tls {

class CountingObserver final : public TlsObserver {
public:
    CountingObserver(MetricsApi& metrics, Workers& workers, Logger& log);

    void on_ready(Side side, bool resumed) override;
    void on_failure(Side side, const Failure& failure, const SocketAddress& peer, const std::string& server_name,
                    bool before) override;

private:
    struct Counters {
        Counter *full, *resumed;
        std::array<Counter*, kReasons> failures;
    };
    static Counters counters(MetricsApi& metrics, const char* side);

    Workers& workers_;
    Logger& log_;
    LogLimit limit_{60s, 100};
    std::array<Counters, 2> sides_;
};

}  // namespace viaduct::tls
