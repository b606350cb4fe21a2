// kamctl_words: see kamctl_words.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "kamctl_words.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace viaduct::viactl {
namespace {

constexpr std::pair<std::string_view, std::string_view> kWords[]{
    {"acc", "nothing writes accounting records; calls that are up: viactl dialog list, their numbers: viactl stats"},
    {"alias", "aliases are kept in the database: viactl alias_db"},
    {"avp", "attributes of users are not kept; groups are: viactl acl"},
    {"cisco_restart", "there is no such command"},
    {"cr", "routes are lines of the script"},
    {"dialog showdb", "calls are kept in memory: viactl dialog show"},
    {"dialplan", "routes are lines of the script"},
    {"fifo", "viactl rpc calls any method"},
    {"kamcmd", "viactl rpc calls any method"},
    {"lcr", "routes are lines of the script"},
    {"mtree", "routes are lines of the script"},
    {"psa", "viactl ps shows the workers"},
    {"restart", "the service manager does that: systemctl restart viaduct"},
    {"pstrap", "there is one process: gdb -p $(pidof viaduct)"},
    {"rpid", "there is no such column"},
    {"speeddial", "short numbers are lines of the script, or aliases: viactl alias_db"},
    {"start", "the service manager does that: systemctl start viaduct"},
    {"stop", "the service manager does that: systemctl stop viaduct"},
    {"trap", "there is one process: gdb -p $(pidof viaduct)"},
    {"trusted", "peers known by address are groups of networks: viactl address add GROUP ADDRESS"},
};

}  // namespace

std::string_view instead_of(std::string_view word) {
    const auto found =
        std::find_if(std::begin(kWords), std::end(kWords), [&](const auto& one) { return one.first == word; });
    return found == std::end(kWords) ? std::string_view{} : found->second;
}

}  // namespace viaduct::viactl
