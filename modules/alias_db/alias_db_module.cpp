// alias_db: other names of a subscriber, from table `dbaliases`.
//
//   script   local target, failure = alias_db.lookup(req.uri)      waits for the database
//   config   [module.alias_db]   no settings
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/database.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/module.hpp>
#include <viaduct/script_api.hpp>
#include <viaduct/service_api.hpp>

#include "alias.hpp"

namespace viaduct::alias_db {

class AliasDbModule final : public Module {
public:
    explicit AliasDbModule(ModuleContext& context)
        : database_{context.services.require<Database>()},
          found_{counter(context.metrics, "found")},
          none_{counter(context.metrics, "none")},
          unavailable_{counter(context.metrics, "unavailable")},
          lookup_{context.script.add(
              "lookup(uri: viaduct.Uri|string): viaduct.Uri?, viaduct.Response?",
              "Whose alias the URI is; nil when it is none; nil and a 503 when the database is silent. Waits for it.",
              [this](Uri uri, ScriptReturn done) { lookup(std::move(uri), std::move(done)); })} {}

private:
    static Counter& counter(MetricsApi& metrics, const std::string& outcome) {
        return metrics.counter("viaduct_alias_db_lookups_total", "Look-ups of aliases by outcome.",
                               "outcome=\"" + outcome + "\"");
    }

    void lookup(Uri uri, ScriptReturn done) {
        auto query = alias_query(uri);
        if (!query) return answer(std::nullopt, done);
        database_.select(std::move(*query),
                         [this, uri = std::move(uri), done = std::move(done)](Result<DatabaseRows> rows) mutable {
                             if (rows) return answer(aliased(uri, *rows), done);
                             unavailable_.add();
                             done({ScriptValue{}, ScriptValue{Response{503}.with("Retry-After", "5")}});
                         });
    }

    void answer(std::optional<Uri> target, ScriptReturn& done) {
        (target ? found_ : none_).add();
        done({target ? ScriptValue{std::move(*target)} : ScriptValue{}});
    }

    Database& database_;
    Counter& found_;
    Counter& none_;
    Counter& unavailable_;
    Registration lookup_;
};

}  // namespace viaduct::alias_db

VIADUCT_MODULE(viaduct::alias_db::AliasDbModule, "alias_db", "other names of a subscriber, from the database",
               "database", "");
