// address_commands: address show, dump, add, rm, reload: table `address`; a running server is told to read it again.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <viaduct/socket_address.hpp>

#include "command_error.hpp"
#include "commands.hpp"
#include "rows.hpp"
#include "table.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestTag = 64;  // column tag
enum Column : std::size_t { kId, kGroup, kIp, kMask, kPort, kTag };

struct Network {
    SocketAddress address;
    std::int64_t mask;
};

// "192.0.2.0/24", or an address with `mask` beside it; without either a single address.
Network parse_network(const std::string& text, const std::optional<std::int64_t>& mask) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const auto address = SocketAddress::from_ip(text.substr(0, slash), 0);
    if (!address) throw CommandError{Exit::usage, fmt::format("'{}' is no IP address", text)};
    const std::int64_t longest = address->is_v6() ? 128 : 32;
    std::int64_t bits = mask.value_or(longest);
    if (slash < text.size()) {
        if (mask) throw CommandError{Exit::usage, fmt::format("'{}' has a mask already", text)};
        const auto [end, error] = std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits);
        if (error != std::errc{} || end != text.data() + text.size()) bits = -1;
    }
    if (bits < 0 || bits > longest) {
        throw CommandError{Exit::usage, fmt::format("the mask of {} is from 0 to {} bits", address->ip(), longest)};
    }
    return {*address, bits};
}

json described(std::int64_t group, const std::string& ip, std::int64_t mask, std::int64_t port,
               const std::string& tag) {
    return {{"group", group}, {"ip", ip}, {"mask", mask}, {"port", port}, {"tag", tag}};
}

DatabaseRows stored_rows(Session& session, const std::vector<ColumnValue>& where) {
    return session.on_database([&] {
        return session.database().select_now({.table = "address",
                                              .columns = {"id", "grp", "ip_addr", "mask", "port", "tag"},
                                              .where = where,
                                              .order_by = "id",
                                              .limit = 0});
    });
}

// The address of the row, however it is spelled there.
bool is_row_of(const DatabaseRow& row, const SocketAddress& address) {
    const auto stored = SocketAddress::from_ip(text_at(row, kIp), 0);
    return stored && stored->same_ip(address);
}

void print_addresses(Session& session, const json& found) {
    using Align = Table::Align;
    Table table{{{"GROUP", Align::right}, {"ADDRESS"}, {"MASK", Align::right}, {"PORT", Align::right}, {"TAG"}}};
    for (const json& one : found) {
        const auto port = one.at("port").get<std::int64_t>();
        table.add({one.at("group").dump(), one.at("ip"), one.at("mask").dump(),
                   port == 0 ? "any" : std::to_string(port), one.at("tag")});
    }
    session.output().print(found,
                           table.empty() ? "No addresses; viactl address add GROUP ADDRESS adds one." : table.text());
}

}  // namespace

void show_addresses(Session& session) {
    json found = json::array();
    for (const DatabaseRow& row : stored_rows(session, {})) {
        found.push_back(described(number_at(row, kGroup), text_at(row, kIp), number_at(row, kMask),
                                  number_at(row, kPort), text_at(row, kTag)));
    }
    print_addresses(session, found);
}

void dump_addresses(Session& session) { print_addresses(session, session.call("address.dump")); }

void add_address(Session& session, const AddressOptions& options) {
    const Network network = parse_network(options.address, options.mask);
    if (options.tag.size() > kLongestTag)
        throw CommandError{Exit::usage, fmt::format("the tag is longer than {} characters", kLongestTag)};
    const json described_row = described(options.group, network.address.ip(), network.mask, options.port, options.tag);
    for (const DatabaseRow& row : stored_rows(session, {{"grp", options.group}})) {
        if (!is_row_of(row, network.address) || number_at(row, kMask) != network.mask ||
            number_at(row, kPort) != options.port)
            continue;
        throw CommandError{Exit::failed, fmt::format("{}/{} is in group {} already", network.address.ip(), network.mask,
                                                     options.group)};
    }
    session.on_database([&] {
        session.database().write_now({Insert{"address",
                                             {{"grp", options.group},
                                              {"ip_addr", network.address.ip()},
                                              {"mask", network.mask},
                                              {"port", options.port},
                                              {"tag", options.tag}}}});
    });
    session.tell("address.reload", json::object());
    session.output().print(described_row, fmt::format("{}/{} belongs to group {} now.", network.address.ip(),
                                                      network.mask, options.group));
}

void remove_address(Session& session, const AddressOptions& options) {
    const bool whole = options.address.find('/') == std::string::npos && !options.mask;  // any mask, as kamctl does
    const Network network = parse_network(options.address, options.mask);
    std::vector<Change> changes;
    for (const DatabaseRow& row : stored_rows(session, {{"grp", options.group}})) {
        if (!is_row_of(row, network.address) || (!whole && number_at(row, kMask) != network.mask)) continue;
        changes.emplace_back(Delete{.table = "address", .where = {{"id", number_at(row, kId)}}});
    }
    if (changes.empty()) {
        throw CommandError{Exit::failed, fmt::format("{} is not in group {}", options.address, options.group)};
    }
    session.on_database([&] { session.database().write_now(changes); });
    session.tell("address.reload", json::object());
    session.output().print({{"removed", changes.size()}},
                           fmt::format("{} does not belong to group {} any more.", options.address, options.group));
}

void reload_addresses(Session& session) {
    const json answer = session.call("address.reload");
    session.output().print(answer, fmt::format("The server knows {} addresses.", answer.at("addresses").dump()));
}

}  // namespace viaduct::viactl
