// ng_server: see ng_server.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "ng/ng_server.hpp"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <pthread.h>
#include <sys/socket.h>

#include "ng/bencode.hpp"

namespace viaduct::media_relay {
namespace {

FileDescriptor listening_socket(const SocketAddress& address, int type) {
    FileDescriptor fd{::socket(address.is_v6() ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    sockaddr_storage native;
    const socklen_t length = address.to_native(native);
    const int on = 1;
    if (fd && type == SOCK_STREAM) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&native), length) != 0 ||
        (type == SOCK_STREAM && ::listen(fd.get(), 64) != 0)) {
        throw std::system_error{errno, std::generic_category(), "ng cannot listen on " + address.text()};
    }
    return fd;
}

}  // namespace

class NgServer::DatagramSocket final : public EventLoop::Readable {
public:
    DatagramSocket(NgServer& server, const SocketAddress& address)
        : server_{server}, fd_{listening_socket(address, SOCK_DGRAM)} {
        const int bytes = 4 << 20;
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
        server_.loop_.add(fd_.get(), *this);
    }
    ~DatagramSocket() { server_.loop_.remove(fd_.get()); }

    void on_readable(TimePoint) override {
        constexpr unsigned kPerTurn = 32;
        for (unsigned i = 0; i < kPerTurn; ++i) {
            sockaddr_storage native;
            socklen_t length = sizeof native;
            const auto size = ::recvfrom(fd_.get(), buffer_.data(), buffer_.size(), MSG_TRUNC,
                                         reinterpret_cast<sockaddr*>(&native), &length);
            if (size < 0) return;
            const auto from = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
            if (!server_.settings_.allowed.contains(from)) {
                server_.counters_.strangers.add();
            } else if (static_cast<std::size_t>(size) > buffer_.size()) {
                server_.counters_.malformed.add();
            } else {
                server_.handle({buffer_.data(), static_cast<std::size_t>(size)},
                               [this, from](std::string reply) { send(reply, from); });
            }
        }
    }

private:
    void send(const std::string& reply, const SocketAddress& to) {
        sockaddr_storage native;
        const socklen_t length = to.to_native(native);
        ::sendto(fd_.get(), reply.data(), reply.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&native),
                 length);
    }

    NgServer& server_;
    FileDescriptor fd_;
    std::string buffer_ = std::string(kLargestNgMessage, '\0');
};

class NgServer::Listener final : public EventLoop::Readable {
public:
    Listener(NgServer& server, const SocketAddress& address)
        : server_{server}, fd_{listening_socket(address, SOCK_STREAM)} {
        server_.loop_.add(fd_.get(), *this);
    }
    ~Listener() { server_.loop_.remove(fd_.get()); }

    void on_readable(TimePoint) override {
        sockaddr_storage native;
        socklen_t length = sizeof native;
        FileDescriptor fd{
            ::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&native), &length, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (fd) server_.accept(std::move(fd), SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native)));
    }

private:
    NgServer& server_;
    FileDescriptor fd_;
};

// Messages follow one another without separators: a cookie, a space, a dictionary, whose end its own bytes tell.
class NgServer::Connection final : public EventLoop::Readable {
public:
    Connection(NgServer& server, std::uint64_t number, FileDescriptor fd)
        : server_{server}, number_{number}, fd_{std::move(fd)} {
        server_.loop_.add(fd_.get(), *this);
    }
    ~Connection() { server_.loop_.remove(fd_.get()); }

    void on_readable(TimePoint) override {
        char piece[16 * 1024];
        const auto size = ::recv(fd_.get(), piece, sizeof piece, 0);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (size <= 0) return close();
        buffer_.append(piece, static_cast<std::size_t>(size));
        if (!take_messages()) close();
    }
    // What does not fit the kernel's buffer ends the connection: a controller that does not read gets no more.
    void send(const std::string& reply) {
        const auto sent = ::send(fd_.get(), reply.data(), reply.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent != static_cast<ssize_t>(reply.size())) close();
    }

private:
    bool take_messages() {
        for (;;) {
            const auto space = buffer_.find(' ');
            if (space == std::string::npos) return buffer_.size() <= kLongestCookie;
            const auto size = BencodeValue::size_of_first(std::string_view{buffer_}.substr(space + 1));
            if (!size) return false;
            if (*size == 0) return buffer_.size() <= kLargestNgMessage;  // more is to come
            const std::string message = buffer_.substr(0, space + 1 + *size);
            buffer_.erase(0, message.size());
            while (buffer_.starts_with('\n') || buffer_.starts_with('\r')) buffer_.erase(0, 1);
            server_.handle(message, [&server = server_, number = number_](std::string reply) {
                const auto found = server.connections_.find(number);
                if (found != server.connections_.end()) found->second->send(reply);
            });
        }
    }
    // Not at once: the caller may be one of ours.
    void close() {
        if (std::exchange(closing_, true)) return;
        server_.loop_.post([&server = server_, number = number_] { server.forget(number); });
    }

    NgServer& server_;
    const std::uint64_t number_;
    FileDescriptor fd_;
    std::string buffer_;
    bool closing_ = false;
};

NgServer::NgServer(Relay& relay, NgSettings settings, NgCounters counters)
    : settings_{std::move(settings)}, counters_{counters}, commands_{relay} {
    for (const SocketAddress& address : settings_.udp) {
        sockets_.push_back(std::make_unique<DatagramSocket>(*this, address));
    }
    for (const SocketAddress& address : settings_.tcp) listeners_.push_back(std::make_unique<Listener>(*this, address));
    thread_ = std::thread{[this] {
        ::pthread_setname_np(::pthread_self(), "ng");
        loop_.run();
    }};
}

NgServer::~NgServer() {
    loop_.stop();
    thread_.join();
}

void NgServer::accept(FileDescriptor fd, const SocketAddress& from) {
    if (!settings_.allowed.contains(from)) return counters_.strangers.add();
    if (connections_.size() >= settings_.connections) return counters_.connections_refused.add();
    const auto number = ++next_connection_;
    connections_.emplace(number, std::make_unique<Connection>(*this, number, std::move(fd)));
}

void NgServer::forget(std::uint64_t connection) { connections_.erase(connection); }

void NgServer::handle(std::string_view datagram, UniqueFunction<void(std::string)> answer) {
    const auto envelope = NgEnvelope::split(datagram);
    if (!envelope) return counters_.malformed.add();
    const std::string cookie{envelope->cookie};
    const auto state = cache_.begin(cookie, loop_.now());
    if (state != ReplyCache::State::unknown) {
        counters_.repeated.add();
        if (state == ReplyCache::State::answered) answer(cookie + ' ' + cache_.reply(cookie));
        return;  // a pending one is answered when it is done
    }
    counters_.commands.add();
    const auto finish = [this, cookie](const std::string& reply, UniqueFunction<void(std::string)>& send) {
        cache_.finish(cookie, reply);
        send(cookie + ' ' + reply);
    };
    std::string problem;
    auto message = NgMessage::read(envelope->body, problem);
    if (!message) {
        counters_.malformed.add();
        return finish(ng_error(problem), answer);
    }
    commands_.run(std::move(*message), [this, finish, answer = std::move(answer)](std::string reply) mutable {
        loop_.post([finish, answer = std::move(answer), reply = std::move(reply)]() mutable { finish(reply, answer); });
    });
}

}  // namespace viaduct::media_relay
