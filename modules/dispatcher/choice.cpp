// choice: see choice.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "choice.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "spread.hpp"

namespace viaduct::dispatcher {
namespace {

using Candidates = std::vector<const Destination*>;

constexpr std::array<std::string_view, 9> kAlgorithmNames{
    "priority", "round_robin", "weight", "random", "hash_call_id", "hash_from", "hash_to", "hash_request_user", "hash"};

// The one on which `point`, 0 up to 1, falls when all lie side by side, each as wide as its weight.
Candidates::iterator on_point(Candidates::iterator begin, Candidates::iterator end, double point) {
    double total = 0;
    for (auto one = begin; one != end; ++one) total += (*one)->weight();
    if (total == 0) return begin + static_cast<std::ptrdiff_t>(point * static_cast<double>(end - begin));
    double left = point * total;
    for (auto one = begin; one != end; ++one) {
        if (left < (*one)->weight()) return one;
        left -= (*one)->weight();
    }
    return begin;
}

// Draws one after the other. The first falls evenly: multiples of the golden section hit every stretch of 0 to 1 as
// often as it is long, nearly, however few they are.
void draw(Candidates& candidates, std::uint64_t turn) {
    double point = fraction(turn * 0x9e3779b97f4a7c15U);
    for (auto place = candidates.begin(); place != candidates.end(); ++place) {
        const auto drawn = on_point(place, candidates.end(), point);
        std::rotate(place, drawn, drawn + 1);
        point =
            fraction(mixed(turn * 0x9e3779b97f4a7c15U + static_cast<std::uint64_t>(place - candidates.begin()) + 1));
    }
}

// Each destination gets a lot for that number; the highest is first (rendezvous hashing).
void by_lot(Candidates& candidates, std::uint64_t number) {
    std::vector<std::pair<std::uint64_t, const Destination*>> lots;
    lots.reserve(candidates.size());
    for (const Destination* one : candidates) lots.emplace_back(mixed(one->hash() ^ number), one);
    std::stable_sort(lots.begin(), lots.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::transform(lots.begin(), lots.end(), candidates.begin(), [](const auto& lot) { return lot.second; });
}

}  // namespace

std::optional<Algorithm> algorithm_from_text(std::string_view name) {
    const auto found = std::find(kAlgorithmNames.begin(), kAlgorithmNames.end(), name);
    if (found == kAlgorithmNames.end()) return std::nullopt;
    return static_cast<Algorithm>(found - kAlgorithmNames.begin());
}

std::string algorithm_names() {
    std::string text;
    for (const std::string_view name : kAlgorithmNames) text.append(text.empty() ? "" : ", ").append(name);
    return text;
}

std::vector<const Destination*> in_order(Algorithm algorithm, std::vector<const Destination*> candidates,
                                         std::uint64_t number) {
    if (candidates.size() < 2 || algorithm == Algorithm::priority) return candidates;
    if (algorithm == Algorithm::round_robin) {
        const auto first = static_cast<std::ptrdiff_t>(number % candidates.size());
        std::rotate(candidates.begin(), candidates.begin() + first, candidates.end());
    } else if (algorithm == Algorithm::weight) {
        draw(candidates, number);
    } else {
        by_lot(candidates, number);
    }
    return candidates;
}

}  // namespace viaduct::dispatcher
