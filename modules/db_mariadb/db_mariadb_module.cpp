// db_mariadb: users and registrations in MariaDB: many rows to a query, many writes to a commit, no worker ever waits.
//
//   offers   "database", "database_admin" (viaduct/database.hpp)
//   config   [module.db_mariadb]  see README.md
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/module.hpp>

#include <filesystem>
#include <memory>

#include <viaduct/client_api.hpp>
#include <viaduct/metrics_api.hpp>
#include <viaduct/service_api.hpp>
#include <viaduct/workers.hpp>

#include "late_check.hpp"
#include "mariadb_admin.hpp"
#include "mariadb_database.hpp"

namespace viaduct::db_mariadb {

namespace {

struct Settings {
    DatabaseSettings database;
    AdminSettings admin;
};

Host read_host(const ConfigSection& config, const char* key, const std::string& text) {
    const auto host = parse_host(text);
    if (!host) config.fault(key, "\"" + text + "\" is none of NAME, NAME:PORT, [ADDRESS]:PORT, unix:/PATH");
    return host.value_or(Host{});
}

std::vector<Host> read_hosts(const ConfigSection& config) {
    const auto texts = config.list("hosts", {"127.0.0.1:3306"},
                                   "Servers, the preferred one first: NAME, NAME:PORT, [ADDRESS]:PORT or unix:/PATH. "
                                   "The next one is used while those before it cannot be reached.");
    std::vector<Host> hosts;
    for (const std::string& text : texts) hosts.push_back(read_host(config, "hosts", text));
    if (hosts.empty()) {
        config.fault("hosts", "at least one is needed");
        hosts.emplace_back();
    }
    return hosts;
}

TlsOptions read_tls(const ConfigSection& config) {
    TlsOptions tls;
    tls.on = config.boolean("tls", false, "Connect with TLS, or not at all.");
    tls.verify = config.boolean("tls_verify", true,
                                "The server's certificate must be signed by one of tls_ca and bear its name.");
    tls.authorities = config.path("tls_ca", "/etc/ssl/certs/ca-certificates.crt", "Authorities that are believed.");
    tls.certificate = config.path("tls_certificate", "", "Our own certificate, where the server asks for one.");
    tls.key = config.path("tls_key", "", "Its key.");
    return tls;
}

QueueLimits read_limits(const ConfigSection& config) {
    QueueLimits limits;
    const auto count = [&](const char* key, std::size_t fallback, std::int64_t most, const char* help) {
        return static_cast<std::size_t>(config.integer(key, static_cast<std::int64_t>(fallback), 1, most, help));
    };
    const auto time = [&](const char* key, Duration fallback, const char* help) {
        const Duration given = config.duration(key, fallback, help);
        if (given < 10ms) config.fault(key, "must be at least 10ms");
        return std::max<Duration>(given, 10ms);
    };
    limits.connections = count("connections", limits.connections, 64,
                               "Connections of each worker: one at a time writes, the others read.");
    limits.queue = count("queue_limit", limits.queue, 10'000'000,
                         "Reads, and writes, that may wait in each worker; more are refused.");
    limits.batch = count("batch_limit", limits.batch, 10'000, "Reads in one query, writes in one commit at most.");
    limits.read_deadline = time("read_deadline", limits.read_deadline, "A read that takes longer is given up.");
    limits.write_deadline = time("write_deadline", limits.write_deadline, "A write that takes longer is given up.");
    return limits;
}

std::string schema_folder(const ConfigSection& config) {
    std::string folder = config.path(
        "schema", "", "Folder of the schema files; empty: the installed ones, or those of the source tree.");
    std::error_code failed;
    if (folder.empty())
        folder = std::filesystem::is_directory(VIADUCT_MARIADB_SCHEMA_FOLDER, failed)
                     ? VIADUCT_MARIADB_SCHEMA_FOLDER
                     : VIADUCT_INSTALLED_MARIADB_SCHEMA_FOLDER;
    return folder;
}

// `viactl db create` makes the file that holds the password, so it may be missing where nothing connects yet.
std::string read_password(const ConfigSection& config, std::string& file) {
    file = config.path("password_file", "", "File whose first line is the password; `viactl db create` makes it.");
    std::error_code failed;
    if (!file.empty() && !std::filesystem::exists(file, failed)) return {};
    return config.secret("password", "Password of `user`.");
}

Settings read_settings(const ConfigSection& config) {
    Settings settings;
    AdminSettings& admin = settings.admin;
    admin.hosts = read_hosts(config);
    ClientOptions& user = admin.user;
    user.database = config.text("database", "viaduct", "Name of the database.");
    user.user = config.text("user", "viaduct", "Who reads and writes.");
    user.password = read_password(config, admin.password_file);
    user.tls = read_tls(config);
    user.zone = config.choice("times", "local", {"local", "utc"},
                              "What DATETIME columns mean: local time of this machine, as Kamailio has it, or UTC. "
                              "Nodes that share a database must mean the same.") == "utc"
                    ? TimeZone::utc
                    : TimeZone::local;
    const Duration connect = config.duration("connect_timeout", 3s, "How long connecting to one server may take.");
    user.connect_timeout = std::max(1s, std::chrono::ceil<std::chrono::seconds>(connect));
    admin.read_only_user = config.text("read_only_user", "viaduct_ro",
                                       "Who may only read: made by `viactl db create` for reports; empty: nobody.");
    admin.user_hosts = config.text("user_hosts", "%", "From where these users may connect, as in MariaDB's GRANT.");
    admin.admin = user;
    admin.admin.database.clear();
    admin.admin.user = config.text("admin_user", "root", "Who makes and changes tables, for `viactl db`.");
    admin.admin.password = config.secret("admin_password", "Password of admin_user; none with a unix socket.");
    admin.admin_host = read_host(
        config, "admin_host", config.text("admin_host", "unix:/run/mysqld/mysqld.sock", "Where admin_user connects."));
    if (!admin.admin_host.socket.empty()) admin.admin.tls.on = false;
    admin.schema_folder = schema_folder(config);
    settings.database = {admin.hosts, user, {}, read_limits(config)};
    settings.database.back_off.longest =
        config.duration("retry_limit", 5s, "A server that cannot be reached is tried again after at most this.");
    return settings;
}

}  // namespace

class DbMariadbModule final : public Module {
public:
    explicit DbMariadbModule(ModuleContext& context)
        : settings_{read_settings(context.config)}, workers_{context.workers}, admin_{settings_.admin} {
        const bool rehearsal = context.config.boolean(
            "rehearsal", false, "Read the settings and do nothing: `viaduct check` and `viaduct test` set it.");
        if (rehearsal) return;
        prepare(context);
        if (database_) offer(context);
        offers_.push_back(context.services.offer<DatabaseAdmin>(admin_));
    }

    void worker_started() override {
        if (database_) database_->worker_started();
        if (late_check_ && workers_.current() == 0) late_check_->start();
    }
    void drain(Completion<> done) override {
        if (database_) return database_->drain(std::move(done));
        done();
    }

private:
    void prepare(ModuleContext& context) {
        // A tool (`viactl`) has no server, so nothing to send requests with; it may be here to make what is missing.
        const bool in_server = context.services.find<ClientApi>() != nullptr;
        try {
            const std::string warning = admin_.check();
            if (!warning.empty()) context.log.warning("{}", warning);
        } catch (const DatabaseAbsent& absent) {
            if (!in_server) return context.log.info("{}", absent.what());
            context.log.error("{}; the server starts without it, and answers 503 to what needs it until it is there",
                              absent.what());
            late_check_ = std::make_unique<LateCheck>(
                context.workers, context.log, [this] { return database_->connects().connected != 0; },
                [this] { return admin_.check(); });
        } catch (const std::exception& error) {
            if (in_server) throw ConfigError{error.what()};
            return context.log.info("{}", error.what());
        }
        database_ =
            std::make_unique<MariadbDatabase>(settings_.database, context.workers, context.metrics, context.log);
    }

    void offer(ModuleContext& context) {
        offers_.push_back(context.services.offer<Database>(*database_));
        const auto gauge = [&](const char* name, const char* help, UniqueFunction<double()> read, const char* labels) {
            offers_.push_back(context.metrics.gauge(name, help, std::move(read), labels));
        };
        const auto waiting = [this](QueueCounters::Kind kind) {
            return [this, kind] { return static_cast<double>(database_->counters().waiting[kind].load()); };
        };
        constexpr const char* kWaiting = "viaduct_db_mariadb_waiting";
        gauge(kWaiting, "Operations asked for and not answered yet", waiting(QueueCounters::read), "kind=\"read\"");
        gauge(kWaiting, "Operations asked for and not answered yet", waiting(QueueCounters::write), "kind=\"write\"");
        gauge(
            "viaduct_db_mariadb_connections", "Connections that are open",
            [this] { return static_cast<double>(database_->counters().connections.load()); }, "");
        gauge(
            "viaduct_db_mariadb_connects", "Connections made since start",
            [this] { return static_cast<double>(database_->connects().connected); }, "result=\"ok\"");
        gauge(
            "viaduct_db_mariadb_connects", "Connections made since start",
            [this] { return static_cast<double>(database_->connects().failed); }, "result=\"failed\"");
    }

    Settings settings_;
    Workers& workers_;
    MariadbAdmin admin_;
    std::unique_ptr<MariadbDatabase> database_;  // null only in a tool, while the database is not fit for use
    std::unique_ptr<LateCheck> late_check_;      // null when the schema was seen at start
    std::vector<Registration> offers_;           // goes first
};

}  // namespace viaduct::db_mariadb

VIADUCT_MODULE(viaduct::db_mariadb::DbMariadbModule, "db_mariadb", "users and registrations in MariaDB", "",
               "database database_admin");
