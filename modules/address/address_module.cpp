// address: gateways and other peers that are known by their address, in numbered groups.
//
//   script   if address.allowed(req, 2) then ... end
//   config   [module.address]  refresh = "5m"
// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include <viaduct/control_api.hpp>
#include <viaduct/database.hpp>
#include <viaduct/loaded_table.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/module.hpp>
#include <viaduct/script_api.hpp>
#include <viaduct/service_api.hpp>

#include "address_groups.hpp"

namespace viaduct::address {
namespace {

using nlohmann::json;

std::int64_t number_at(const DatabaseRow& row, std::size_t column) {
    const auto* number = std::get_if<std::int64_t>(&row.at(column));
    return number == nullptr ? -1 : *number;
}

std::string text_at(const DatabaseRow& row, std::size_t column) {
    const auto* text = std::get_if<std::string>(&row.at(column));
    return text == nullptr ? std::string{} : *text;
}

AddressGroups read_groups(Database& database, const Logger& log) {
    AddressGroups groups;
    std::size_t wrong = 0;
    std::string example;
    database.scan_now({.table = "address",
                       .columns = {"grp", "ip_addr", "mask", "port", "tag"},
                       .where = {},
                       .order_by = {},
                       .limit = 0},
                      [&](DatabaseRow& row) {
                          AddressRow one{.group = number_at(row, 0),
                                         .ip = text_at(row, 1),
                                         .mask = number_at(row, 2),
                                         .port = number_at(row, 3),
                                         .tag = text_at(row, 4)};
                          if (groups.add(one)) return;
                          ++wrong;
                          example = one.ip;
                      });
    if (wrong > 0)
        log.warning("{} rows of table address name no network and are left out, '{}' is one", wrong, example);
    return groups;
}

json dumped(const AddressGroups& groups) {
    json all = json::array();
    for (const AddressRow& row : groups.rows()) {
        all.push_back({{"group", row.group}, {"ip", row.ip}, {"mask", row.mask}, {"port", row.port}, {"tag", row.tag}});
    }
    return all;
}

}  // namespace

class AddressModule final : public Module {
public:
    explicit AddressModule(ModuleContext& context)
        : groups_{context.workers, context.log, "address",
                  context.config.duration("refresh", 5min, "How often the table is read again; 0: only on command."),
                  [&database = context.services.require<Database>(), &log = context.log] {
                      return read_groups(database, log);
                  }},
          allowed_{context.metrics.counter("viaduct_address_checks_total", "Requests looked up by source address.",
                                           "outcome=\"allowed\"")},
          refused_{context.metrics.counter("viaduct_address_checks_total", "Requests looked up by source address.",
                                           "outcome=\"unknown\"")} {
        registrations_.push_back(context.script.add(
            "allowed(request: viaduct.Request, group?: integer): boolean, string?",
            "Whether the request came from an address of that group (1), and the tag of the row that says so.",
            [this](Request& request, std::optional<std::int64_t> group, ScriptReturn done) {
                check(request.flow().remote, group.value_or(1), done);
            }));
        registrations_.push_back(
            context.control.add("address.reload", "", "Reads the table of addresses again.",
                                [this](const json&, ControlReplyPtr reply) { reload(std::move(reply)); }));
        registrations_.push_back(
            context.control.add("address.dump", "", "The addresses of the table, as the server knows them.",
                                [this](const json&, ControlReplyPtr reply) { reply->result(dumped(groups_.here())); }));
    }

    void worker_started() override { groups_.worker_started(); }

private:
    void check(const SocketAddress& source, std::int64_t group, ScriptReturn& done) {
        const auto tag = groups_.here().find(group, source);
        (tag ? allowed_ : refused_).add();
        // Whom the table would let in nobody knows before it has been read.
        if (!groups_.is_loaded()) return done({ScriptValue{ScriptRaise{Response{503}.with("Retry-After", "5")}}});
        done({ScriptValue{tag.has_value()}, tag && !tag->empty() ? ScriptValue{std::string{*tag}} : ScriptValue{}});
    }

    void reload(ControlReplyPtr reply) {
        groups_.reload([this, reply = std::move(reply)](const std::string& problem) {
            if (!problem.empty()) return reply->error({-32000, problem});
            reply->result({{"addresses", groups_.here().size()}});
        });
    }

    LoadedTable<AddressGroups> groups_;
    Counter& allowed_;
    Counter& refused_;
    std::vector<Registration> registrations_;
};

}  // namespace viaduct::address

VIADUCT_MODULE(viaduct::address::AddressModule, "address", "peers known by their address, from the database",
               "database", "");
