// socket_wire: a Wire over a socket of our own, with TLS or without; hiredis writes the commands and reads the replies.
//
// A name is looked up on a thread of its own first, and its addresses are tried in their order. What is sent within a
// turn of the loop goes out together. Lives on its worker, or dies after the workers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <viaduct/workers.hpp>

#include "address.hpp"
#include "name_lookup.hpp"
#include "tls_client.hpp"
#include "tls_session.hpp"
#include "wire.hpp"

struct redisReader;

namespace viaduct::redis {

class SocketWire final : public Wire {
public:
    // `lookup` may be null unless the address is a name; `tls` is where there is none.
    SocketWire(Address address, Workers& workers, NameLookup* lookup, TlsClient* tls);
    ~SocketWire() override;

    void open(WireEvents& events) override;
    std::string overdue() const override;
    void send(const Command& command) override;
    void close() override;

private:
    struct FreeReader {
        void operator()(redisReader* reader) const;
    };
    using Attempt = std::weak_ptr<const bool>;

    void connect_next(const std::string& problem);
    // Why it cannot even begin; "": it has.
    std::string connect(const std::string& host);
    void arm();
    void ready(bool readable, bool writable);
    // These are false when the socket is not ours to use any more.
    bool connected();
    bool begin();
    bool read();
    bool take(std::string_view bytes);
    bool take_replies(std::string_view words);
    bool flush();

    // `error`: 0 when Redis closed it.
    std::string why_ended(int error) const;
    bool fail(const std::string& problem);
    void end(const std::string& problem);
    void drop_socket();
    // Calls `work` later, unless the wire was closed in between.
    void later(UniqueFunction<void()> work);

    const Address address_;
    Workers& workers_;
    NameLookup* const lookup_;
    TlsClient* const tls_client_;
    WireEvents* events_ = nullptr;   // null: closed
    std::deque<std::string> hosts_;  // not tried yet
    int socket_ = -1;
    bool connected_ = false, answered_ = false;  // the socket; Redis, a first time
    bool handling_ = false, writing_ = false;    // within ready(); woken when there is room
    std::optional<TlsSession> tls_;
    std::unique_ptr<redisReader, FreeReader> reader_;
    std::string words_;  // with TLS: not encrypted yet, one turn's together
    std::string output_;
    std::size_t sent_ = 0;                 // of output_
    std::shared_ptr<const bool> attempt_;  // a new one for each open(): what comes later may find it gone
    std::unique_ptr<DescriptorWatch> watch_;
};

}  // namespace viaduct::redis
