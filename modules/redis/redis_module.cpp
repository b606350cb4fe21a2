// redis: the scripts' viaduct.shared in a Redis server, so that all nodes see the same counters and bans.
//
//   offers   "shared_store" (viaduct/shared_store.hpp)
//   config   [module.redis]  see README.md
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/metrics_api.hpp>
#include <viaduct/module.hpp>
#include <viaduct/service_api.hpp>
#include <viaduct/workers.hpp>

#include "redis_store.hpp"

namespace viaduct::redis {

namespace {

constexpr std::size_t kMostPrefix = 256;

Address read_address(const ConfigSection& config) {
    const std::string text = config.text("address", "127.0.0.1:6379",
                                         "Where Redis listens: NAME, NAME:PORT, [ADDRESS]:PORT, or a unix socket's "
                                         "path. Nodes that share values name the same server.");
    const auto address = parse_address(text);
    if (!address)
        config.fault("address", "\"" + text + "\" is none of NAME, NAME:PORT, [ADDRESS]:PORT, /PATH of a unix socket");
    return address.value_or(Address{.host = "127.0.0.1", .socket = {}});
}

Login read_login(const ConfigSection& config) {
    Login login;
    login.user = config.text("user", "", "User of Redis's access list; empty: its default user.");
    login.password = config.secret("password", "Password of `user`.");
    login.database = config.integer("database", 0, 0, 1'000'000, "Number of the database, as SELECT takes it.");
    if (!login.user.empty() && login.password.empty()) config.fault("user", "needs password or password_file");
    return login;
}

std::unique_ptr<TlsClient> read_tls(const ConfigSection& config, const Address& address) {
    const bool wanted = config.boolean("tls", false, "Connect with TLS, or not at all.");
    TlsFiles files;
    files.verify = config.boolean("tls_verify", true,
                                  "The server's certificate must be signed by one of tls_ca and bear its name.");
    files.authorities = config.path("tls_ca", "/etc/ssl/certs/ca-certificates.crt", "Authorities that are believed.");
    files.certificate = config.path("tls_certificate", "", "Our own certificate, where the server asks for one.");
    files.key = config.path("tls_key", "", "Its key.");
    if (!wanted) return nullptr;
    if (!address.socket.empty()) config.fault("tls", "is for NAME:PORT: nobody listens in on a unix socket");
    try {
        return std::make_unique<TlsClient>(std::move(files));
    } catch (const TlsFault& fault) {
        config.fault(fault.key(), fault.what());
        return nullptr;
    }
}

std::string read_prefix(const ConfigSection& config) {
    std::string prefix = config.text(
        "prefix", "viaduct:", "What every key begins with in Redis. Nodes that share values have the same.");
    if (prefix.size() > kMostPrefix) config.fault("prefix", "is longer than 256 bytes");
    return prefix;
}

Duration read_time(const ConfigSection& config, const char* key, Duration fallback, Duration least, const char* help) {
    const Duration given = config.duration(key, fallback, help);
    if (given >= least) return given;
    config.fault(key, "must be at least " + std::to_string(least / 1ms) + "ms");
    return least;
}

RedisStore::Settings read_settings(const ConfigSection& config) {
    RedisStore::Settings settings{read_address(config), read_prefix(config), {}, {}, false};
    settings.tls = read_tls(config, settings.address);
    Conversation::Settings& conversation = settings.conversation;
    conversation.greeting = greeting(read_login(config));
    conversation.deadline = read_time(config, "deadline", conversation.deadline, 10ms,
                                      "Scripts get \"unavailable\" when Redis takes longer to answer.");
    conversation.connect_timeout = read_time(config, "connect_timeout", conversation.connect_timeout, 10ms,
                                             "How long connecting and logging in may take.");
    conversation.longest_rest = read_time(config, "retry_limit", conversation.longest_rest, conversation.first_rest,
                                          "A server that cannot be reached is tried again after at most this.");
    conversation.queue = static_cast<std::size_t>(
        config.integer("queue_limit", static_cast<std::int64_t>(conversation.queue), 1, 1'000'000,
                       "Operations of each worker that may wait for an answer; for more it is \"unavailable\"."));
    settings.rehearsal =
        config.boolean("rehearsal", false,
                       "Ask no server and keep values in this process: `viaduct check` and `viaduct test` set it.");
    return settings;
}

}  // namespace

class RedisModule final : public Module {
public:
    explicit RedisModule(ModuleContext& context)
        : store_{read_settings(context.config), context.workers, context.metrics, context.log},
          offer_{context.services.offer<SharedStore>(store_)},
          connections_{context.metrics.gauge("viaduct_redis_connections", "Workers that are connected",
                                             [this] { return static_cast<double>(store_.connections()); })},
          waiting_{context.metrics.gauge("viaduct_redis_waiting", "Operations asked for and not answered yet",
                                         [this] { return static_cast<double>(store_.counters().waiting.load()); })} {}

    void worker_started() override { store_.worker_started(); }

private:
    RedisStore store_;
    Registration offer_, connections_, waiting_;  // go first
};

}  // namespace viaduct::redis

VIADUCT_MODULE(viaduct::redis::RedisModule, "redis", "the scripts' shared values in Redis, for all nodes", "",
               "shared_store");
