// node_watch: see node_watch.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "node_watch.hpp"

#include <utility>

namespace viaduct::registrar {

namespace {

// 408 and 503 are what a client transaction says when nobody answered (RFC 3261 section 8.1.3.1).
bool is_alive(const Message& response) { return response.status() != 408 && response.status() != 503; }

}  // namespace

void NodeWatch::start() {
    timer_ = workers_.after(kEvery, [this] { round(); });
}

void NodeWatch::learn(const Binding& binding) {
    if (binding.node == 0 || binding.node == own_node_ || binding.target.route.empty()) return;
    const auto hop = NameAddress::parse(binding.target.route.front());
    auto uri = hop ? Uri::parse(hop->uri) : Result<Uri>{make_error_code(SipErrc::bad_uri)};
    if (!uri) return;
    uri->set_user("");
    uri->remove_parameter("lr");
    const std::lock_guard lock{mutex_};
    if (nodes_.size() >= kMostNodes && !nodes_.contains(binding.node)) return;
    nodes_[binding.node].uri = std::move(*uri);
}

std::vector<std::uint32_t> NodeWatch::suspended() const {
    std::vector<std::uint32_t> numbers;
    if (suspended_.load(std::memory_order_relaxed) == 0) return numbers;
    const std::lock_guard lock{mutex_};
    for (const auto& [number, node] : nodes_) {
        if (node.suspended) numbers.push_back(number);
    }
    return numbers;
}

std::vector<NodeWatch::State> NodeWatch::nodes() const {
    std::vector<State> states;
    const std::lock_guard lock{mutex_};
    for (const auto& [number, node] : nodes_) states.push_back({number, node.uri.text(), node.suspended});
    return states;
}

void NodeWatch::round() {
    ++rounds_;
    std::vector<std::pair<std::uint32_t, Uri>> due;
    {
        const std::lock_guard lock{mutex_};
        for (const auto& [number, node] : nodes_) {
            if (!node.suspended || rounds_ % kSparedRounds == 0) due.emplace_back(number, node.uri);
        }
    }
    for (const auto& [number, uri] : due) ask(number, uri, ++pings_);
    timer_ = workers_.after(kEvery, [this] { round(); });
}

void NodeWatch::ask(std::uint32_t number, const Uri& uri, std::uint64_t ping) {
    Target target;
    target.uri = uri;
    patience_[ping] = workers_.after(kPatience, [this, number, ping] { waited(number, ping); });
    client_.send(Message::request(Method::options, uri), target,
                 [this, number, ping](const Message& response) { answered(number, ping, is_alive(response)); });
}

void NodeWatch::answered(std::uint32_t number, std::uint64_t ping, bool alive) {
    const bool in_time = patience_.erase(ping) != 0;
    const std::lock_guard lock{mutex_};
    Node& node = nodes_[number];
    // A late silence says nothing that waited() did not.
    if (alive || in_time) set_suspended(number, node, !alive);
}

void NodeWatch::waited(std::uint32_t number, std::uint64_t ping) {
    patience_.erase(ping);
    const std::lock_guard lock{mutex_};
    set_suspended(number, nodes_[number], true);
}

void NodeWatch::set_suspended(std::uint32_t number, Node& node, bool suspended) {
    if (node.suspended == suspended) return;
    node.suspended = suspended;
    suspended ? suspended_.fetch_add(1) : suspended_.fetch_sub(1);
    if (suspended) {
        log_.warning("node {} at {} does not answer: phones connected to it are passed over", number, node.uri.text());
    } else {
        log_.info("node {} at {} answers again", number, node.uri.text());
    }
}

}  // namespace viaduct::registrar
