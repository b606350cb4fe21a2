// branches: see branches.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "stack/branches.hpp"

#include <array>
#include <charconv>

#include <viaduct/digest.hpp>

namespace viaduct::stack {
namespace {

constexpr std::string_view kCookie = "z9hG4bK";  // section 8.1.1.7
constexpr char kStateful = 'v', kStateless = 's';
constexpr std::size_t kDigits = 16;
constexpr std::size_t kUnique = kCookie.size() + 1, kDot = kUnique + kDigits, kLength = kDot + 1 + kDigits;

void write_hex(std::uint64_t value, char* to) {
    for (std::size_t i = kDigits; i-- > 0; value >>= 4) to[i] = "0123456789abcdef"[value & 15];
}

std::optional<std::uint64_t> read_hex(std::string_view digits) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

constexpr std::size_t kUsualText = 240;

std::string make_branch(char kind, std::uint64_t unique, std::uint64_t loop_hash) {
    std::string branch(kLength, '.');
    kCookie.copy(branch.data(), kCookie.size());
    branch[kCookie.size()] = kind;
    write_hex(unique, branch.data() + kUnique);
    write_hex(loop_hash, branch.data() + kDot + 1);
    return branch;
}

bool is_ours(std::string_view branch, char kind) {
    return branch.size() == kLength && branch.starts_with(kCookie) && branch[kCookie.size()] == kind &&
           branch[kDot] == '.' && read_hex(branch.substr(kUnique, kDigits)).has_value();
}

void add(std::string& text, std::string_view field) {
    text.append(field);
    text.push_back('\0');
}

void add(std::string& text, std::uint32_t number) {
    std::array<char, 10> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    add(text, std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())});
}

// What names a request across its retransmissions, its CANCEL and its failure's ACK, and is in its responses, too:
// neither method nor To tag. True: and nothing else is needed.
bool add_common(const Message& message, std::string& text) {
    text.reserve(kUsualText);
    if (const auto via = message.top_via()) {
        add(text, via->branch);
        add(text, via->host);
        add(text, via->port);
        if (via->has_magic_cookie()) return true;
    }
    add(text, message.from_tag());
    add(text, message.call_id());
    if (const auto cseq = message.cseq()) add(text, cseq->number);
    return false;
}

std::string transaction_text(const Message& request) {
    std::string text;
    if (!add_common(request, text)) add(text, request.request_uri_text());
    return text;
}

constexpr std::uint64_t kProof = 0xffff'ffff'0000'0000;  // the half of a stateless branch's number a response proves

}  // namespace

Branches::Branches(const KeyedHash& hash) : hash_{hash}, count_{random_u64()} {}

std::string Branches::next(std::uint64_t loop_hash) {
    const std::uint64_t number = count_++;
    return make_branch(kStateful, hash_({reinterpret_cast<const char*>(&number), sizeof number}), loop_hash);
}

std::string Branches::stateless(const Message& request, std::uint64_t loop_hash) const {
    std::string common;
    const bool whole = add_common(request, common);
    const std::uint64_t proof = hash_(common);
    const std::uint64_t number = whole ? proof : (proof & kProof) | (hash_(transaction_text(request)) & ~kProof);
    return make_branch(kStateless, number, loop_hash);
}

bool Branches::is_answer(const Message& response, std::string_view branch) const {
    if (!is_ours(branch, kStateless)) return false;
    std::string common;
    add_common(response, common);
    return ((*read_hex(branch.substr(kUnique, kDigits)) ^ hash_(common)) & kProof) == 0;
}

bool Branches::is_stateless(std::string_view branch) { return is_ours(branch, kStateless); }

std::optional<std::uint64_t> Branches::loop_hash_of(std::string_view branch) {
    if (!is_ours(branch, kStateful) && !is_ours(branch, kStateless)) return std::nullopt;
    return read_hex(branch.substr(kDot + 1));
}

std::string local_tag(const KeyedHash& hash, const Message& request) {
    std::string text = transaction_text(request);
    add(text, request.call_id());
    add(text, request.from_tag());
    if (const auto cseq = request.cseq()) add(text, cseq->number);
    std::string tag(kDigits, '0');
    write_hex(hash(text), tag.data());
    return tag;
}

}  // namespace viaduct::stack
