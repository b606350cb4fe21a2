// ng_client: see ng_client.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ng_client.hpp"

#include <algorithm>
#include <charconv>

namespace viaduct::rtpengine {

NgClient::NgClient(Workers& workers, NgWire& wire, Relays& relays, NgSettings settings, std::string identity)
    : workers_{workers}, wire_{wire}, relays_{relays}, settings_{settings}, identity_{std::move(identity)} {}

void NgClient::request(unsigned relay, const BencodeDictionary& message, Duration timeout,
                       Completion<Result<Bencode>> done) {
    if (waiting_.size() >= settings_.most_outstanding) {
        return workers_.post(workers_.current(),
                             [done = std::move(done)]() mutable { done(make_error_code(MediaErrc::unavailable)); });
    }
    const std::string cookie = std::to_string(workers_.current()) + '_' + identity_ + '_' + std::to_string(++count_);
    Waiting& one = waiting_[cookie];
    one.relay = relay;
    one.bytes = cookie + ' ';
    write_bencode(message, one.bytes);
    one.deadline = workers_.now() + timeout;
    one.repeat = settings_.repeat_after;
    one.done = std::move(done);
    relays_[relay].counts().requests.fetch_add(1, std::memory_order_relaxed);
    if (!wire_.send(relay, one.bytes)) {
        relays_[relay].refused();
        return workers_.post(workers_.current(), [this, cookie] { give_up(cookie); });
    }
    arm(cookie, one);
}

void NgClient::arm(const std::string& cookie, Waiting& one) {
    const Duration left = one.deadline - workers_.now();
    one.timer = workers_.after(std::min(one.repeat, left), [this, cookie] { on_timer(cookie); });
}

void NgClient::on_timer(const std::string& cookie) {
    const auto found = waiting_.find(cookie);
    if (found == waiting_.end()) return;
    Waiting& one = found->second;
    Relay& relay = relays_[one.relay];
    if (workers_.now() >= one.deadline) {
        relay.failed();
        return give_up(cookie);
    }
    one.repeat *= 2;
    relay.counts().repeated.fetch_add(1, std::memory_order_relaxed);
    if (!wire_.send(one.relay, one.bytes)) {
        relay.refused();
        return give_up(cookie);
    }
    arm(cookie, one);
}

void NgClient::give_up(const std::string& cookie) {
    const auto found = waiting_.find(cookie);
    if (found == waiting_.end()) return;
    Waiting one = std::move(found->second);
    waiting_.erase(found);
    one.done(make_error_code(MediaErrc::unavailable));
}

bool NgClient::on_datagram(unsigned relay, std::string_view bytes) {
    const auto space = bytes.find(' ');
    if (space == std::string_view::npos) return false;
    const auto found = waiting_.find(std::string{bytes.substr(0, space)});
    if (found == waiting_.end() || found->second.relay != relay) return false;
    auto reply = read_bencode(bytes.substr(space + 1));
    if (!reply || reply->dictionary() == nullptr) return false;
    Waiting one = std::move(found->second);
    waiting_.erase(found);
    one.timer.withdraw();
    relays_[relay].answered();
    one.done(*std::move(reply));
    return true;
}

void NgClient::on_refused(unsigned relay) {
    std::vector<std::string> cookies;
    for (const auto& [cookie, one] : waiting_) {
        if (one.relay == relay) cookies.push_back(cookie);
    }
    for (const std::string& cookie : cookies) give_up(cookie);
}

unsigned NgClient::worker_of(std::string_view bytes, unsigned count) {
    unsigned worker = count;
    const auto parsed = std::from_chars(bytes.data(), bytes.data() + bytes.size(), worker);
    if (parsed.ec != std::errc{} || parsed.ptr == bytes.data() + bytes.size() || *parsed.ptr != '_') return count;
    return std::min(worker, count);
}

}  // namespace viaduct::rtpengine
