// memory_dns_client: a DNS of a few records in memory, for tests and the simulation.
//
// Answers at once; names that are not there do not exist. A name may be made to fail, or to stay silent until release()
// answers its questions. Counts what was asked.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "transport/dns_client.hpp"

namespace viaduct::transport {

class MemoryDnsClient final : public DnsClient {
public:
    void add_address(const std::string& name, std::string_view ip, Duration ttl = 60s) {
        const auto address = SocketAddress::from_ip(ip, 0);
        entry(address->is_v6() ? DnsType::aaaa : DnsType::a, name, ttl).addresses.push_back(*address);
    }
    void add_srv(const std::string& name, SrvRecord record, Duration ttl = 60s) {
        entry(DnsType::srv, name, ttl).services.push_back(std::move(record));
    }
    void add_naptr(const std::string& name, NaptrRecord record, Duration ttl = 60s) {
        entry(DnsType::naptr, name, ttl).pointers.push_back(std::move(record));
    }
    // All questions about the name end so from now on, whatever records it has; DnsStatus::found: normal again.
    void fail(const std::string& name, DnsStatus status) { failures_[name] = status; }
    // Questions about the name wait.
    void silence(const std::string& name) { silent_[name]; }
    void remove(const std::string& name) {
        std::erase_if(answers_, [&](const auto& item) { return item.first.second == name; });
    }
    // Answers what waits, and answers at once again.
    void release(const std::string& name) {
        for (auto& [type, done] : std::exchange(silent_[name], {})) done(answer(type, name));
        silent_.erase(name);
    }
    std::size_t queries() const { return queries_; }

    void query(DnsType type, const std::string& name, Completion<DnsAnswer> done) override {
        ++queries_;
        const auto waiting = silent_.find(name);
        if (waiting != silent_.end()) {
            waiting->second.emplace_back(type, std::move(done));
            return;
        }
        done(answer(type, name));
    }

private:
    using Key = std::pair<DnsType, std::string>;

    DnsAnswer& entry(DnsType type, const std::string& name, Duration ttl) {
        DnsAnswer& answer = answers_[Key{type, name}];
        answer.ttl = ttl;
        return answer;
    }
    DnsAnswer answer(DnsType type, const std::string& name) const {
        const auto failure = failures_.find(name);
        if (failure != failures_.end() && failure->second != DnsStatus::found) return {.status = failure->second};
        const auto found = answers_.find(Key{type, name});
        return found != answers_.end() ? found->second : DnsAnswer{.status = DnsStatus::no_such_name};
    }

    std::map<Key, DnsAnswer> answers_;
    std::map<std::string, DnsStatus> failures_;
    std::map<std::string, std::vector<std::pair<DnsType, Completion<DnsAnswer>>>> silent_;
    std::size_t queries_ = 0;
};

}  // namespace viaduct::transport
