// http_layer: HTTP/1.1 on one connection (RFC 9112): a request, its answer, the next request.
//
// No I/O. One request is under way at a time; what a client pipelines behind it waits, bounded. Nothing new is said
// while 64 KiB have not left yet, so a client that does not read costs no more than that. Lives on its worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <viaduct/http_service.hpp>
#include <viaduct/workers.hpp>

#include "request_reader.hpp"

namespace viaduct::http {

class HttpServer;

class HttpLayer final : public StreamLayer {
public:
    static constexpr std::size_t kPart = 64U << 10;       // said at a time
    static constexpr std::size_t kPipelined = 64U << 10;  // received ahead

    HttpLayer(HttpServer& server, StreamControl& control);
    ~HttpLayer() override;
    HttpLayer(const HttpLayer&) = delete;
    HttpLayer& operator=(const HttpLayer&) = delete;

    void start(StreamOutput& output) override;
    void receive(std::string_view bytes, StreamOutput& output) override;
    void send(std::span<const iovec>, StreamOutput&) override {}  // SIP has nothing to say here
    void resume(StreamOutput& output) override;
    void on_writable(StreamOutput& output) override;

private:
    enum class Phase { reading, waiting, sending, ended };
    struct Exchange;  // the request under way and what comes back

    void advance(StreamOutput& output);
    void on_event(RequestReader::Event event, StreamOutput& output);
    void dispatch(StreamOutput& output);
    void call_handler(HttpService::Handler& handler);
    void call_upgrade(std::string_view protocol, HttpService::UpgradeHandler& handler);
    void collect(StreamOutput& output);
    void respond(HttpResponse response, StreamOutput& output);
    void hand_over(StreamOutput& output);
    void send_more(StreamOutput& output);
    void end_answer(StreamOutput& output);
    void refuse(Refusal refusal, StreamOutput& output);
    void end(std::string_view reason, bool abort, StreamOutput& output);
    void give_up_writing(StreamOutput& output);
    void expire(StreamOutput& output);
    void said(StreamOutput& output);
    bool has_room(const StreamOutput& output) const { return unsent_ + output.to_peer.size() < kPart; }
    HttpRequest make_request();

    void set_deadline(Duration from_now);
    void arm();

    HttpServer& server_;
    StreamControl& control_;
    RequestReader reader_;
    std::string input_;
    std::size_t used_ = 0;                  // of input_, while it is worked off
    std::shared_ptr<Exchange> exchange_;    // shared with the handler's completion, which may outlive us
    std::unique_ptr<HttpContent> content_;  // still to be sent
    std::uint64_t left_ = 0;                // of it
    std::size_t unsent_ = 0;                // said, and not known to have left
    unsigned requests_ = 0;
    Phase phase_ = Phase::reading;
    bool close_after_ = false;
    TimePoint deadline_{};
    TimePoint timer_due_ = TimePoint::max();
    Registration timer_;
};

}  // namespace viaduct::http
