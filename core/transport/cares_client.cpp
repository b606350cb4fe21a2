// cares_client: see cares_client.hpp.
//
// Asio gets a dup() of each descriptor: c-ares closes its own, and Asio must not find that out by itself.
// SPDX-License-Identifier: Apache-2.0
#include "transport/cares_client.hpp"

#include <ares.h>
#include <arpa/nameser.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <stdexcept>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "transport/dns_packet.hpp"

namespace viaduct::transport {

namespace {

using boost::asio::posix::stream_descriptor;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
constexpr int kUdpPacket = 1232;  // fits every path's MTU; larger answers come over TCP

void initialise_library() {
    static const int result = ::ares_library_init(ARES_LIB_INIT_ALL);  // thread-safe once
    if (result != ARES_SUCCESS) throw std::runtime_error{std::string{"c-ares: "} + ::ares_strerror(result)};
}

// The servers of /etc/resolv.conf in the form of our setting.
std::vector<std::string> system_servers() {
    ares_channel channel = nullptr;
    if (::ares_init(&channel) != ARES_SUCCESS) return {};
    std::vector<std::string> servers;
    ares_addr_port_node* list = nullptr;
    if (::ares_get_servers_ports(channel, &list) == ARES_SUCCESS) {
        for (const auto* node = list; node != nullptr; node = node->next) {
            char text[64] = {};
            const void* address =
                node->family == AF_INET ? static_cast<const void*>(&node->addr.addr4) : &node->addr.addr6;
            ::ares_inet_ntop(node->family, address, text, sizeof text);
            const auto port = static_cast<std::uint16_t>(node->udp_port != 0 ? node->udp_port : 53);
            if (const auto server = SocketAddress::from_ip(text, port)) servers.push_back(server->text());
        }
        ::ares_free_data(list);
    }
    ::ares_destroy(channel);
    return servers;
}

}  // namespace

// One server. Held by shared_ptr: Asio's handlers may come after it was closed.
class CaresClient::Channel : public std::enable_shared_from_this<Channel> {
public:
    Channel(boost::asio::io_context& context, const DnsServerSettings& settings, const std::string& server);
    ~Channel() { close(); }

    void send(const std::string& name, DnsType type, ares_callback answered, void* argument);
    void close();
    // The port is closed: whatever else waits for this server fails too, from the loop. Only one question is told by
    // the kernel.
    void give_up();
    Clock::time_point avoided_until{};

private:
    // c-ares's interest in one descriptor.
    struct Watch : std::enable_shared_from_this<Watch> {
        Watch(boost::asio::io_context& context, int own) : descriptor{context, own} {}
        stream_descriptor descriptor;
        bool want_read = false, want_write = false, reading = false, writing = false;
    };
    static void on_socket_state(void* self, ares_socket_t socket, int readable, int writable);
    void watch(ares_socket_t socket, bool readable, bool writable);
    void wait(ares_socket_t socket, const std::shared_ptr<Watch>& watch);
    void process(ares_socket_t readable, ares_socket_t writable);
    void set_timer();

    boost::asio::io_context& context_;
    boost::asio::steady_timer timer_;
    ares_channel channel_ = nullptr;
    std::map<ares_socket_t, std::shared_ptr<Watch>> watches_;
};

CaresClient::Channel::Channel(boost::asio::io_context& context, const DnsServerSettings& settings,
                              const std::string& server)
    : context_{context}, timer_{context} {
    ares_options options{};
    options.flags = ARES_FLAG_EDNS | ARES_FLAG_NOCHECKRESP;
    options.timeout = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(settings.timeout).count());
    options.tries = static_cast<int>(settings.attempts);
    options.ednspsz = kUdpPacket;
    options.sock_state_cb = &Channel::on_socket_state;
    options.sock_state_cb_data = this;
    const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB;
    int result = ::ares_init_options(&channel_, &options, mask);
    if (result == ARES_SUCCESS) result = ::ares_set_servers_ports_csv(channel_, server.c_str());
    if (result != ARES_SUCCESS) {
        throw std::runtime_error{"DNS server \"" + server + "\": " + ::ares_strerror(result)};
    }
}

void CaresClient::Channel::send(const std::string& name, DnsType type, ares_callback answered, void* argument) {
    ::ares_query(channel_, name.c_str(), ns_c_in, static_cast<int>(type), answered, argument);
    set_timer();
}

void CaresClient::Channel::close() {
    if (channel_ == nullptr) return;
    ::ares_destroy(std::exchange(channel_, nullptr));  // calls back with ARES_EDESTRUCTION
    watches_.clear();
    timer_.cancel();
}

void CaresClient::Channel::give_up() {
    boost::asio::post(context_, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self && self->channel_ != nullptr) ::ares_cancel(self->channel_);
    });
}

void CaresClient::Channel::on_socket_state(void* self, ares_socket_t socket, int readable, int writable) {
    static_cast<Channel*>(self)->watch(socket, readable != 0, writable != 0);
}

void CaresClient::Channel::watch(ares_socket_t socket, bool readable, bool writable) {
    if (!readable && !writable) {
        watches_.erase(socket);
        return;
    }
    auto& entry = watches_[socket];
    if (!entry) {
        const int own = ::dup(socket);
        if (own < 0) {
            watches_.erase(socket);  // without a descriptor the question times out
            return;
        }
        entry = std::make_shared<Watch>(context_, own);
    }
    entry->want_read = readable;
    entry->want_write = writable;
    wait(socket, entry);
}

void CaresClient::Channel::wait(ares_socket_t socket, const std::shared_ptr<Watch>& watch) {
    const auto start = [&](stream_descriptor::wait_type type, bool Watch::*waiting, bool Watch::*wanted) {
        if (!((*watch).*wanted) || std::exchange((*watch).*waiting, true)) return;
        watch->descriptor.async_wait(type, [weak = weak_from_this(), kept = std::weak_ptr<Watch>{watch}, socket,
                                            waiting, type](error_code error) {
            const auto self = weak.lock();
            const auto still = kept.lock();
            if (!self || !still) return;
            (*still).*waiting = false;
            if (error || self->channel_ == nullptr) return;
            const bool read = type == stream_descriptor::wait_read;
            self->process(read ? socket : ARES_SOCKET_BAD, read ? ARES_SOCKET_BAD : socket);
            const auto found = self->watches_.find(socket);
            if (found != self->watches_.end() && found->second == still) self->wait(socket, still);
        });
    };
    start(stream_descriptor::wait_read, &Watch::reading, &Watch::want_read);
    start(stream_descriptor::wait_write, &Watch::writing, &Watch::want_write);
}

void CaresClient::Channel::process(ares_socket_t readable, ares_socket_t writable) {
    ::ares_process_fd(channel_, readable, writable);
    if (channel_ != nullptr) set_timer();
}

void CaresClient::Channel::set_timer() {
    timeval buffer{};
    const timeval* next = ::ares_timeout(channel_, nullptr, &buffer);
    if (next == nullptr) {
        timer_.cancel();
        return;
    }
    timer_.expires_after(std::chrono::seconds{next->tv_sec} + std::chrono::microseconds{next->tv_usec} + 1ms);
    timer_.async_wait([weak = weak_from_this()](error_code error) {
        const auto self = weak.lock();
        if (!error && self && self->channel_ != nullptr) self->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    });
}

struct CaresClient::State {
    std::vector<std::shared_ptr<Channel>> channels;
    Duration avoid;
    bool closing = false;
};

// One name on its way through the servers. Owned by c-ares while it waits.
struct CaresClient::Question {
    State& state;
    DnsType type;
    std::string name;
    Completion<DnsAnswer> done;
    std::vector<Channel*> left;  // servers not asked yet, last one first
    Channel* asked = nullptr;

    static void answered(void* argument, int status, int timeouts, unsigned char* bytes, int length);
    static void ask(std::unique_ptr<Question> question);
    bool failed_here(int status) const;
};

void CaresClient::Question::ask(std::unique_ptr<Question> question) {
    question->asked = question->left.back();
    question->left.pop_back();
    const std::string name = question->name;
    const DnsType type = question->type;
    Channel* const channel = question->asked;
    channel->send(name, type, &Question::answered, question.release());
}

bool CaresClient::Question::failed_here(int status) const {
    return status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED || status == ARES_ESERVFAIL ||
           status == ARES_EREFUSED || status == ARES_ENOTIMP;
}

void CaresClient::Question::answered(void* argument, int status, int, unsigned char* bytes, int length) {
    std::unique_ptr<Question> question{static_cast<Question*>(argument)};
    if (question->state.closing) return;
    if (status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED) {
        question->asked->avoided_until = Clock::now() + question->state.avoid;
    } else if (bytes != nullptr) {
        question->asked->avoided_until = {};
    }
    if (status == ARES_ECONNREFUSED) question->asked->give_up();
    if (question->failed_here(status) && !question->left.empty()) return ask(std::move(question));
    DnsAnswer answer{.status = status == ARES_ETIMEOUT ? DnsStatus::timeout : DnsStatus::server_failure};
    if (bytes != nullptr && length > 0) {
        answer = read_dns_packet(question->type, {bytes, static_cast<std::size_t>(length)});
    } else if (status == ARES_ENOTFOUND || status == ARES_ENODATA || status == ARES_EBADNAME) {
        answer.status = status == ARES_ENODATA ? DnsStatus::no_data : DnsStatus::no_such_name;
    }
    question->done(std::move(answer));
}

CaresClient::CaresClient(boost::asio::io_context& context, const DnsServerSettings& settings)
    : state_{std::make_unique<State>()} {
    initialise_library();
    state_->avoid = settings.avoid;
    for (const auto& server : settings.servers.empty() ? system_servers() : settings.servers) {
        state_->channels.push_back(std::make_shared<Channel>(context, settings, server));
    }
}

CaresClient::~CaresClient() {
    state_->closing = true;
    for (auto& channel : state_->channels) channel->close();
}

void CaresClient::query(DnsType type, const std::string& name, Completion<DnsAnswer> done) {
    if (state_->channels.empty()) return done({.status = DnsStatus::server_failure});
    auto question = std::make_unique<Question>(Question{*state_, type, name, std::move(done), {}, nullptr});
    const auto now = Clock::now();
    // Asked from the back: those to avoid come first, then the others in reverse order.
    for (const bool avoided : {true, false}) {
        for (auto channel = state_->channels.rbegin(); channel != state_->channels.rend(); ++channel) {
            if (((*channel)->avoided_until > now) == avoided) question->left.push_back(channel->get());
        }
    }
    Question::ask(std::move(question));
}

}  // namespace viaduct::transport
