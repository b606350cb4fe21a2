// packed_binding: see packed_binding.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "packed_binding.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "flow_bytes.hpp"

namespace viaduct::registrar {

namespace {

constexpr std::size_t kLongestText = std::numeric_limits<std::uint16_t>::max();

std::uint32_t seconds(WallTime time) {
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(time.time_since_epoch().count(), 0, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

std::string join_path(const std::vector<std::string>& path) {
    std::string all;
    for (const std::string& hop : path) {
        if (!all.empty()) all += ',';
        all += hop;
    }
    return all;
}

std::vector<std::string> split_path(std::string_view text) {
    std::vector<std::string> path;
    bool in_quotes = false, in_angles = false;
    std::size_t begin = 0;
    const auto take = [&](std::size_t end) {
        std::string_view hop = text.substr(begin, end - begin);
        while (!hop.empty() && hop.front() == ' ') hop.remove_prefix(1);
        while (!hop.empty() && hop.back() == ' ') hop.remove_suffix(1);
        if (!hop.empty()) path.emplace_back(hop);
        begin = end + 1;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"' && !in_angles) in_quotes = !in_quotes;
        if (!in_quotes && (text[i] == '<' || text[i] == '>')) in_angles = text[i] == '<';
        if (text[i] == ',' && !in_quotes && !in_angles) take(i);
    }
    take(text.size());
    return path;
}

void PackedBinding::Release::operator()(PackedBinding* binding) const {
    ::operator delete(static_cast<void*>(binding));
}

PackedBinding::Owned PackedBinding::make(const PackedBinding& numbers, const Texts& texts) {
    std::size_t total = sizeof(PackedBinding);
    for (const std::string_view text : texts) total += std::min(text.size(), kLongestText);
    auto* binding = new (::operator new(total)) PackedBinding(numbers);
    binding->next = binding->expires_before = binding->expires_after = nullptr;
    char* to = reinterpret_cast<char*>(binding + 1);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::size_t length = std::min(texts[i].size(), kLongestText);
        binding->lengths_[i] = static_cast<std::uint16_t>(length);
        if (length != 0) std::memcpy(to, texts[i].data(), length);
        to += length;
    }
    return Owned{binding};
}

PackedBinding::Owned PackedBinding::pack(const Binding& binding) {
    PackedBinding numbers;
    numbers.expires_ = seconds(binding.expires);
    numbers.last_modified_ = seconds(binding.last_modified);
    numbers.cseq_ = binding.cseq;
    numbers.reg_id_ = binding.reg_id;
    numbers.flags_ = binding.flags;
    numbers.branch_flags_ = binding.branch_flags;
    numbers.methods_ = binding.methods;
    numbers.node_ = binding.node;
    numbers.q_thousandths_ = static_cast<std::uint16_t>(std::lround(std::clamp(binding.target.q, 0.0F, 1.0F) * 1000));
    numbers.behind_nat_ = binding.behind_nat;
    const std::string path = join_path(binding.target.route);
    const std::string flow = binding.target.flow ? to_bytes(*binding.target.flow) : std::string{};
    const std::string received = binding.target.received ? to_bytes(*binding.target.received) : std::string{};
    return make(numbers, {binding.address_of_record, binding.id, binding.target.uri.text(), path, binding.call_id,
                          binding.user_agent, binding.target.instance, flow, received});
}

PackedBinding::Owned PackedBinding::clone() const {
    Texts texts;
    for (std::size_t i = 0; i < kTexts; ++i) texts[i] = text(i);
    return make(*this, texts);
}

std::string_view PackedBinding::text(std::size_t which) const {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < which; ++i) begin += lengths_[i];
    return {bytes() + begin, lengths_[which]};
}

ConnectionId PackedBinding::connection() const {
    const auto flow = flow_from_bytes(text(kFlow));
    return flow && is_stream(flow->transport) ? flow->connection : ConnectionId{};
}

Target PackedBinding::target() const {
    Target target;
    if (auto uri = Uri::parse(text(kContact))) target.uri = std::move(*uri);
    target.route = split_path(text(kPath));
    target.flow = flow_from_bytes(text(kFlow));
    target.received = address_from_bytes(text(kReceived));
    target.q = static_cast<float>(q_thousandths_) / 1000.0F;
    target.instance = text(kInstance);
    return target;
}

Binding PackedBinding::unpack() const {
    Binding binding;
    binding.id = text(kId);
    binding.address_of_record = text(kAor);
    binding.target = target();
    binding.call_id = text(kCallId);
    binding.cseq = cseq_;
    binding.expires = WallTime{std::chrono::seconds{expires_}};
    binding.last_modified = WallTime{std::chrono::seconds{last_modified_}};
    binding.user_agent = text(kUserAgent);
    binding.reg_id = reg_id_;
    binding.behind_nat = behind_nat_;
    binding.flags = flags_;
    binding.branch_flags = branch_flags_;
    binding.methods = methods_;
    binding.node = node_;
    return binding;
}

}  // namespace viaduct::registrar
