// domain: the domains that are ours are rows of a table (RFC 3261 section 16.5).
//
//   script   domain.is_local(uri)
//   offers   "domains" (viaduct/domains.hpp): what is in the table is ours everywhere
//   config   [module.domain]  refresh = "5m"
// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include <viaduct/control_api.hpp>
#include <viaduct/database.hpp>
#include <viaduct/domains.hpp>
#include <viaduct/loaded_table.hpp>
#include <viaduct/module.hpp>
#include <viaduct/script_api.hpp>
#include <viaduct/service_api.hpp>

#include "domain_names.hpp"

namespace viaduct::domain {
namespace {

DomainNames read_names(Database& database) {
    DomainNames names;
    database.scan_now({.table = "domain", .columns = {"domain"}, .where = {}, .order_by = {}, .limit = 0},
                      [&](DatabaseRow& row) {
                          if (const auto* name = std::get_if<std::string>(&row.at(0))) names.add(*name);
                      });
    return names;
}

}  // namespace

class DomainModule final : public Module, public Domains {
public:
    explicit DomainModule(ModuleContext& context)
        : names_{context.workers, context.log, "domain",
                 context.config.duration("refresh", 5min, "How often the table is read again; 0: only on command."),
                 [&database = context.services.require<Database>()] { return read_names(database); }} {
        registrations_.push_back(
            context.script.add("is_local(uri: viaduct.Uri|string): boolean",
                               "Whether the URI's host is a domain of the table; uri:is_local() knows those of the "
                               "configuration file and our addresses, too.",
                               [this](const Uri& uri, ScriptReturn done) { is_local(uri, done); }));
        registrations_.push_back(
            context.control.add("domain.reload", "", "Reads the table of domains again.",
                                [this](const nlohmann::json&, ControlReplyPtr reply) { reload(std::move(reply)); }));
        registrations_.push_back(context.control.add(
            "domain.dump", "", "The domains of the table, as the server knows them.",
            [this](const nlohmann::json&, ControlReplyPtr reply) { reply->result(names_.here().sorted()); }));
        registrations_.push_back(context.services.offer<Domains>(*this));
    }

    void worker_started() override { names_.worker_started(); }
    bool is_ours(std::string_view host) const override { return names_.here().contains(host); }
    bool are_known() const override { return names_.is_loaded(); }

private:
    void is_local(const Uri& uri, ScriptReturn& done) const {
        const bool ours = uri.is_sip() && is_ours(uri.host());
        if (!ours && !are_known()) return done({ScriptValue{ScriptRaise{Response{503}.with("Retry-After", "5")}}});
        done({ScriptValue{ours}});
    }

    void reload(ControlReplyPtr reply) {
        names_.reload([this, reply = std::move(reply)](const std::string& problem) {
            if (!problem.empty()) return reply->error({-32000, problem});
            reply->result({{"domains", names_.here().size()}});
        });
    }

    LoadedTable<DomainNames> names_;
    std::vector<Registration> registrations_;
};

}  // namespace viaduct::domain

VIADUCT_MODULE(viaduct::domain::DomainModule, "domain", "domains that are ours, from the database", "database",
               "domains");
