// test_bench: what `viaduct test` gives an operator's test script: the real engine, virtual phones, a clock turned by
// hand.
//
// Implemented by core/simulation; driven by test_runner.cpp. Everything runs on the calling thread; nothing waits for
// real time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/message.hpp>
#include <viaduct/time.hpp>
#include <viaduct/unique_function.hpp>

namespace viaduct::script {

// A phone: one SIP user agent with an address of its own on the simulated network. It answers nothing by itself.
class TestPhone {
public:
    virtual ~TestPhone() = default;
    virtual const std::string& name() const = 0;
    virtual std::string contact() const = 0;  // "sip:bob@198.51.100.7:5060"

    // Sends REGISTER (answering one digest challenge with `password` when not ""), returns the final response's status;
    // 0 when none came.
    virtual int register_now(const std::string& domain, const std::string& password, int expires) = 0;
    // Sends a new request out of dialog, with body when INVITE; the phone remembers it as its current call.
    virtual void send_request(std::string_view method, const std::string& request_uri,
                              const std::vector<std::pair<std::string, std::string>>& header_fields) = 0;
    // As send_request, and when challenged sends it again with credentials.
    virtual void set_password(const std::string& password) = 0;
    // Answers the newest unanswered request it received.
    virtual void respond(int status, const std::vector<std::pair<std::string, std::string>>& header_fields) = 0;
    // In the dialog of its current call: ACK (2xx), BYE, re-INVITE, INFO, ...; CANCEL of its own pending INVITE.
    virtual void send_in_dialog(std::string_view method) = 0;
    virtual void cancel() = 0;

    // Oldest message not taken yet that matches: method of a request, or a status (0: any). Lets the network run until
    // idle first; does not turn the clock.
    virtual std::optional<Message> take_request(std::string_view method) = 0;
    virtual std::optional<Message> take_response(int status) = 0;
    // Everything received so far, "INVITE", "180", ..., for messages about failed expectations.
    virtual std::vector<std::string> history() const = 0;
};

class TestBench {
public:
    virtual ~TestBench() = default;
    // transport: "udp" or "tcp".
    virtual TestPhone& phone(const std::string& name, const std::string& transport) = 0;
    virtual void add_subscriber(const std::string& user, const std::string& domain, const std::string& password) = 0;
    // Turns the clock, running everything that falls due in order.
    virtual void advance(Duration by) = 0;
    // Share of datagrams lost from now on, drawn from a fixed seed.
    virtual void lose(double share) = 0;
    virtual const std::vector<std::string>& log_lines() const = 0;
};

// A fresh server with the given script for each test.
using MakeTestBench = UniqueFunction<std::unique_ptr<TestBench>(const std::string& script_path)>;

}  // namespace viaduct::script
