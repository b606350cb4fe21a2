// group: who may do what: membership of users in groups, from table `grp`.
//
//   script   local may, failure = group.has(req.from.uri, "pstn")      waits for the database
//   config   [module.group]  domain = "example.test"
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/database.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/module.hpp>
#include <viaduct/script_api.hpp>
#include <viaduct/service_api.hpp>

#include "member.hpp"

namespace viaduct::group {

class GroupModule final : public Module {
public:
    explicit GroupModule(ModuleContext& context)
        : database_{context.services.require<Database>()},
          domain_{context.config.text("domain", "", "Whose users are meant by a name without a domain.")},
          member_{counter(context.metrics, "member")},
          stranger_{counter(context.metrics, "none")},
          unavailable_{counter(context.metrics, "unavailable")},
          has_{context.script.add(
              "has(user: viaduct.Uri|string, group: string): boolean?, viaduct.Response?",
              "Whether the user is a member of the group; nil and a 503 when the database is silent. Waits for it.",
              [this](const ScriptValue& user, const std::string& group, ScriptReturn done) {
                  has(member_of(user, domain_), group, std::move(done));
              })} {}

private:
    static Counter& counter(MetricsApi& metrics, const std::string& outcome) {
        return metrics.counter("viaduct_group_lookups_total", "Questions about membership by outcome.",
                               "outcome=\"" + outcome + "\"");
    }

    void has(const Member& member, const std::string& group, ScriptReturn done) {
        database_.select(membership_query(member, group),
                         [this, done = std::move(done)](Result<DatabaseRows> rows) mutable {
                             if (!rows) {
                                 unavailable_.add();
                                 return done({ScriptValue{}, ScriptValue{Response{503}.with("Retry-After", "5")}});
                             }
                             const bool is_member = !rows->empty();
                             (is_member ? member_ : stranger_).add();
                             done({ScriptValue{is_member}});
                         });
    }

    Database& database_;
    const std::string domain_;
    Counter& member_;
    Counter& stranger_;
    Counter& unavailable_;
    Registration has_;
};

}  // namespace viaduct::group

VIADUCT_MODULE(viaduct::group::GroupModule, "group", "membership of users in groups, from the database", "database",
               "");
