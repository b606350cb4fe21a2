// connection_list: which transactions the end of one connection concerns: those that wait for an answer over it, those
// whose caller is at its other end. So that it can be told to them at once.
//
// An intrusive list per connection, streams only: the end of a connection with nothing under way costs one look-up,
// however many transactions there are. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <boost/container_hash/hash.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <viaduct/flow.hpp>

namespace viaduct::stack {

// Base of what is listed. Not listed while `connection` is none.
template <class Item>
struct OnConnection {
    ConnectionId connection;
    Item* previous = nullptr;
    Item* next = nullptr;
};

template <class Item>
class ConnectionList {
public:
    // REQUIRES: `item` is not listed.
    void add(Item& item, const ConnectionId& connection) {
        if (!connection) return;
        Item*& head = heads_[connection];
        item.connection = connection;
        item.previous = nullptr;
        item.next = head;
        if (head != nullptr) head->previous = &item;
        head = &item;
    }

    // Harmless when it is not listed.
    void remove(Item& item) {
        if (!item.connection) return;
        if (item.next != nullptr) item.next->previous = item.previous;
        if (item.previous != nullptr) {
            item.previous->next = item.next;
        } else if (item.next != nullptr) {
            heads_[item.connection] = item.next;
        } else {
            heads_.erase(item.connection);
        }
        item.connection = {};
    }

    std::vector<Item*> on(const ConnectionId& connection) const {
        std::vector<Item*> items;
        const auto found = heads_.find(connection);
        if (found == heads_.end()) return items;
        for (Item* item = found->second; item != nullptr; item = item->next) items.push_back(item);
        return items;
    }

private:
    struct Hash {
        std::size_t operator()(const ConnectionId& id) const {
            std::size_t seed = id.worker;
            boost::hash_combine(seed, id.slot);
            boost::hash_combine(seed, id.generation);
            return seed;
        }
    };
    boost::unordered_flat_map<ConnectionId, Item*, Hash> heads_;
};

}  // namespace viaduct::stack
