// joined: a client's and a server's layer, joined in memory; bytes go over as the test likes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/uio.h>

#include "certificates.hpp"
#include "modules/tls/security.hpp"

namespace viaduct::tls::test {

// Remembers what was reported.
struct Recorder final : TlsObserver {
    void on_ready(Side, bool was_resumed) override {
        ++ready;
        resumed += was_resumed ? 1 : 0;
    }
    void on_failure(Side side, const Failure& failure, const SocketAddress&, const std::string&, bool) override {
        (side == Side::server ? server : client).push_back(failure);
    }
    int ready = 0, resumed = 0;
    std::vector<Failure> server, client;
};

// One end: a layer, the connection it believes in, and what came out.
struct End final : StreamControl {
    const Flow& flow() const override { return its_flow; }
    bool secure() const override { return false; }
    bool outbound() const override { return is_outbound; }
    ConnectionDetails& details() override { return known; }
    std::weak_ptr<StreamWaker> waker() override { return {}; }

    void start() {
        StreamOutput output;
        layer->start(output);
        perform(output);
    }
    void receive(std::string_view bytes) {
        StreamOutput output;
        layer->receive(bytes, output);
        perform(output);
    }
    void send(std::initializer_list<std::string_view> pieces) {
        std::vector<iovec> vectors;
        for (std::string_view piece : pieces) vectors.push_back({const_cast<char*>(piece.data()), piece.size()});
        StreamOutput output;
        layer->send(vectors, output);
        perform(output);
    }
    void close() {
        StreamOutput output;
        layer->close(output);
        perform(output);
    }
    void perform(StreamOutput& output) {
        sent += output.to_peer;
        got += output.upward;
        ready = ready || output.ready;
        if (output.end) ended = output.end->reason;
    }

    Flow its_flow{};
    ConnectionDetails known;
    bool is_outbound = false;
    std::unique_ptr<StreamLayer> layer;
    std::string sent, got, ended;
    bool ready = false;
};

struct Joined {
    // `profile` is the listener's; `name` whom the client wants.
    Joined(Security& server_side, Security& client_side, std::string_view name = "sip.example.test",
           std::string_view profile = "") {
        client.is_outbound = true;
        client.its_flow.remote = *SocketAddress::from_text("192.0.2.7:5061");
        server.its_flow.remote = *SocketAddress::from_text("192.0.2.9:40000");
        server.layer = server_side.accept(profile, server);
        client.layer = client_side.connect(name, client);
    }
    // Until both have nothing more to say; `step` bytes at a time, 0: all there are.
    void run(std::size_t step = 0) {
        while (!client.sent.empty() || !server.sent.empty()) {
            pass(client, server, step);
            pass(server, client, step);
        }
    }
    void shake_hands(std::size_t step = 0) {
        client.start();
        run(step);
    }
    static void pass(End& from, End& to, std::size_t step) {
        const std::string bytes = std::exchange(from.sent, {});
        if (step == 0) return to.receive(bytes);
        for (std::size_t at = 0; at < bytes.size(); at += step) to.receive(std::string_view{bytes}.substr(at, step));
    }
    End client, server;
};

// An authority, a server with a certificate of it, and a client that trusts it.
struct World {
    Folder folder;
    Authority authority{folder, "authority"};
    Recorder recorder;

    ProfileSettings serving(const std::vector<CertificateFiles>& certificates) const {
        ProfileSettings settings;
        settings.certificates = certificates;
        settings.authorities = {authority.file()};
        return settings;
    }
    ProfileSettings calling() const { return serving({}); }
    std::unique_ptr<Security> with(std::vector<ProfileSettings> settings) {
        return std::make_unique<Security>(std::move(settings), recorder);
    }
    // With the usual certificate.
    std::unique_ptr<Security> server() { return with({serving({authority.issue_files("server")})}); }
    std::unique_ptr<Security> client() { return with({calling()}); }
};

}  // namespace viaduct::tls::test
