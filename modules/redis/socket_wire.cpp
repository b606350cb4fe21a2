// socket_wire: see socket_wire.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "socket_wire.hpp"

#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace viaduct::redis {

namespace {

constexpr int kPieces = 8;  // of 16 kB that are read before somebody else has his turn

std::string error_words(int error) { return std::generic_category().message(error); }

struct End {
    sockaddr_storage address{};
    socklen_t size = 0;
    std::string problem;
};

End end_of(const Address& address, const std::string& host) {
    End end;
    if (!address.socket.empty()) {
        auto& local = reinterpret_cast<sockaddr_un&>(end.address);
        if (address.socket.size() >= sizeof(local.sun_path)) {
            end.problem = error_words(ENAMETOOLONG);
            return end;
        }
        local.sun_family = AF_UNIX;
        std::memcpy(local.sun_path, address.socket.c_str(), address.socket.size() + 1);
        end.size = sizeof(sockaddr_un);
        return end;
    }
    addrinfo wanted{}, *found = nullptr;
    wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;  // so it asks nobody
    wanted.ai_socktype = SOCK_STREAM;
    const int failed = ::getaddrinfo(host.c_str(), fmt::format("{}", address.port).c_str(), &wanted, &found);
    if (failed != 0) {
        end.problem = ::gai_strerror(failed);
        return end;
    }
    std::memcpy(&end.address, found->ai_addr, found->ai_addrlen);
    end.size = found->ai_addrlen;
    ::freeaddrinfo(found);
    return end;
}

// A peer that is gone without a word is noticed within half a minute.
void keep_alive(int socket) {
    const auto set = [&](int level, int name, int value) { ::setsockopt(socket, level, name, &value, sizeof(value)); };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 15);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

std::string text_of(const Command& command) {
    std::vector<const char*> words;
    std::vector<std::size_t> lengths;
    for (const std::string& word : command.words) {
        words.push_back(word.data());
        lengths.push_back(word.size());
    }
    char* text = nullptr;
    const int size = ::redisFormatCommandArgv(&text, static_cast<int>(words.size()), words.data(), lengths.data());
    if (size < 0) throw std::bad_alloc{};
    std::string copy{text, static_cast<std::size_t>(size)};
    ::redisFreeCommand(text);
    return copy;
}

}  // namespace

void SocketWire::FreeReader::operator()(redisReader* reader) const { ::redisReaderFree(reader); }

SocketWire::SocketWire(Address address, Workers& workers, NameLookup* lookup, TlsClient* tls)
    : address_{std::move(address)}, workers_{workers}, lookup_{lookup}, tls_client_{tls} {}

SocketWire::~SocketWire() { close(); }

void SocketWire::open(WireEvents& events) {
    events_ = &events;
    attempt_ = std::make_shared<const bool>(true);
    if (!address_.is_name()) {
        hosts_ = {address_.host};
        return connect_next({});
    }
    lookup_->find(address_.host, [this, attempt = Attempt{attempt_}](Found found) {
        if (attempt.expired()) return;
        hosts_.assign(found.addresses.begin(), found.addresses.end());
        connect_next(found.problem);
    });
}

// `problem`: of the one before.
void SocketWire::connect_next(const std::string& problem) {
    if (hosts_.empty()) return later([this, problem] { end(problem); });
    const std::string host = std::move(hosts_.front());
    hosts_.pop_front();
    const std::string failed = connect(host);
    if (failed.empty()) return arm();
    drop_socket();
    connect_next(failed);
}

std::string SocketWire::connect(const std::string& host) {
    const End to = end_of(address_, host);
    if (!to.problem.empty()) return to.problem;
    socket_ = ::socket(to.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return error_words(errno);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to.address), to.size) != 0 && errno != EINPROGRESS)
        return error_words(errno);
    watch_ = workers_.watch(socket_);
    return {};
}

bool SocketWire::connected() {
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        drop_socket();
        connect_next(error_words(error));
        return false;
    }
    connected_ = true;
    hosts_.clear();
    if (address_.socket.empty()) keep_alive(socket_);
    reader_.reset(::redisReaderCreate());
    return begin();
}

bool SocketWire::begin() {
    if (tls_client_ == nullptr) {
        events_->opened();
        return true;
    }
    tls_.emplace(tls_client_->new_connection(), address_.host, tls_client_->verifies());
    if (!tls_->start()) return fail(tls_->problem());
    output_ += tls_->take_output();
    return true;
}

std::string SocketWire::overdue() const {
    // A Redis without TLS waits for the end of a line.
    if (tls_ && !tls_->is_ready()) return std::string{"connected, but "} + kNoTls;
    return Wire::overdue();
}

void SocketWire::send(const Command& command) {
    (tls_ ? words_ : output_) += text_of(command);
    if (!handling_ && !writing_) arm();
}

void SocketWire::arm() {
    writing_ = !connected_ || !words_.empty() || sent_ < output_.size();
    watch_->wait(connected_, writing_, [this](bool readable, bool writable) { ready(readable, writable); });
}

void SocketWire::ready(bool readable, bool) {
    handling_ = true;
    const bool ours = (connected_ || connected()) && (!readable || read()) && flush();
    handling_ = false;
    if (ours) arm();
}

bool SocketWire::read() {
    std::array<char, 16384> piece;
    for (int i = 0; i < kPieces; ++i) {
        const ssize_t size = ::recv(socket_, piece.data(), piece.size(), 0);
        if (size < 0) return errno == EAGAIN || errno == EINTR || fail(why_ended(errno));
        if (size == 0) return fail(why_ended(0));
        if (!take({piece.data(), static_cast<std::size_t>(size)})) return false;
        if (static_cast<std::size_t>(size) < piece.size()) return true;
    }
    return true;
}

std::string SocketWire::why_ended(int error) const {
    if (error != 0 && error != ECONNRESET && error != EPIPE) return error_words(error);
    if (tls_ && !tls_->is_ready()) return "closed the connection while TLS began: its log may say why";
    if (tls_ || answered_) return "closed the connection";
    return "closed the connection without an answer: if that is its tls-port, set tls = true";
}

bool SocketWire::take(std::string_view bytes) {
    if (!tls_) return take_replies(bytes);
    std::string words;
    const bool was_ready = tls_->is_ready(), goes_on = tls_->receive(bytes, words);
    output_ += tls_->take_output();
    if (!goes_on && words.empty()) {
        static_cast<void>(::send(socket_, output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL));  // our alert
        return fail(tls_->problem());
    }
    const Attempt attempt{attempt_};
    if (!was_ready && tls_->is_ready()) events_->opened();
    if (attempt.expired() || !take_replies(words)) return false;
    return goes_on || fail(tls_->problem());
}

bool SocketWire::take_replies(std::string_view words) {
    const Attempt attempt{attempt_};
    ::redisReaderFeed(reader_.get(), words.data(), words.size());
    while (true) {
        void* raw = nullptr;
        if (::redisReaderGetReply(reader_.get(), &raw) != REDIS_OK) return fail(redisReaderGetError(reader_.get()));
        if (raw == nullptr) return true;
        Reply reply = reply_of(static_cast<const redisReply*>(raw));
        ::freeReplyObject(raw);
        answered_ = true;
        events_->replied(std::move(reply));
        if (attempt.expired()) return false;
    }
}

bool SocketWire::flush() {
    if (!words_.empty()) {
        if (!tls_->send(words_)) return fail(tls_->problem());
        words_.clear();
        output_ += tls_->take_output();
    }
    while (sent_ < output_.size()) {
        const ssize_t size = ::send(socket_, output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL);
        if (size < 0) return errno == EAGAIN || errno == EINTR || fail(why_ended(errno));
        sent_ += static_cast<std::size_t>(size);
    }
    output_.clear();
    sent_ = 0;
    return true;
}

bool SocketWire::fail(const std::string& problem) {
    end(problem);
    return false;
}

void SocketWire::end(const std::string& problem) {
    WireEvents* events = events_;
    const std::string words = problem;  // may be ours, and goes with close()
    close();
    events->closed(words);
}

void SocketWire::drop_socket() {
    watch_.reset();
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    connected_ = answered_ = writing_ = false;
    tls_.reset();
    reader_.reset();
    words_.clear();
    output_.clear();
    sent_ = 0;
}

void SocketWire::close() {
    events_ = nullptr;
    attempt_.reset();
    hosts_.clear();
    drop_socket();
}

void SocketWire::later(UniqueFunction<void()> work) {
    workers_.post(workers_.current(), [attempt = Attempt{attempt_}, work = std::move(work)]() mutable {
        if (!attempt.expired()) work();
    });
}

}  // namespace viaduct::redis
