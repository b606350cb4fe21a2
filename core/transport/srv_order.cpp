// srv_order: see srv_order.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "transport/srv_order.hpp"

#include <algorithm>
#include <span>

namespace viaduct::transport {

namespace {

// Moves the drawn ones to the front, one by one. RFC 2782: those of weight 0 stand first, so they have a small chance.
void draw(std::span<SrvRecord> records, RandomUpTo& random) {
    for (std::size_t first = 0; first + 1 < records.size(); ++first) {
        const auto rest = records.subspan(first);
        std::stable_partition(rest.begin(), rest.end(), [](const SrvRecord& record) { return record.weight == 0; });
        std::uint32_t sum = 0;
        for (const SrvRecord& record : rest) sum += record.weight;
        const std::uint32_t drawn = random(sum);
        std::uint32_t running = 0;
        const auto chosen = std::find_if(rest.begin(), rest.end(), [&](const SrvRecord& record) {
            running += record.weight;
            return running >= drawn;
        });
        std::rotate(rest.begin(), chosen, chosen + 1);
    }
}

}  // namespace

std::vector<SrvRecord> order_srv(std::vector<SrvRecord> records, RandomUpTo& random) {
    std::erase_if(records, [](const SrvRecord& record) { return record.target.empty(); });
    std::stable_sort(records.begin(), records.end(),
                     [](const SrvRecord& a, const SrvRecord& b) { return a.priority < b.priority; });
    for (auto begin = records.begin(); begin != records.end();) {
        const auto end = std::find_if(begin, records.end(),
                                      [&](const SrvRecord& record) { return record.priority != begin->priority; });
        draw({begin, end}, random);
        begin = end;
    }
    return records;
}

}  // namespace viaduct::transport
