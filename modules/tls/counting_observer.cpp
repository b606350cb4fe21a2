// counting_observer: see counting_observer.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "counting_observer.hpp"

#include <fmt/format.h>

namespace viaduct::tls {

CountingObserver::CountingObserver(MetricsApi& metrics, Workers& workers, Logger& log)
    : workers_{workers}, log_{log}, sides_{counters(metrics, "server"), counters(metrics, "client")} {}

CountingObserver::Counters CountingObserver::counters(MetricsApi& metrics, const char* side) {
    const auto handshakes = [&](const char* kind) {
        return &metrics.counter("viaduct_tls_handshakes_total", "TLS handshakes completed.",
                                fmt::format("side=\"{}\",kind=\"{}\"", side, kind));
    };
    Counters made{.full = handshakes("full"), .resumed = handshakes("resumed"), .failures = {}};
    for (std::size_t i = 0; i < kReasons; ++i) {
        made.failures[i] =
            &metrics.counter("viaduct_tls_failures_total", "TLS connections that failed, by our side and reason.",
                             fmt::format("side=\"{}\",reason=\"{}\"", side, to_text(static_cast<Reason>(i))));
    }
    return made;
}

void CountingObserver::on_ready(Side side, bool resumed) {
    const Counters& counters = sides_[static_cast<std::size_t>(side)];
    (resumed ? counters.resumed : counters.full)->add();
}

void CountingObserver::on_failure(Side side, const Failure& failure, const SocketAddress& peer,
                                  const std::string& server_name, bool before) {
    sides_[static_cast<std::size_t>(side)].failures[static_cast<std::size_t>(failure.reason)]->add();
    if (!limit_.allows(peer.ip(), workers_.now())) return;
    const std::string named = server_name.empty() ? "" : fmt::format(" ({})", server_name);
    // Strangers at our door are everyday; a server we cannot reach is not.
    log_.log(side == Side::client ? LogLevel::warning : LogLevel::info, "{}{}: {}{}", peer.text(), named, failure.text,
             before ? "" : ", after the handshake");
}

}  // namespace viaduct::tls
