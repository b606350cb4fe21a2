// The control socket, over a real unix socket; every wait is bounded.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <viaduct/config_section.hpp>

#include "control/control_client.hpp"
#include "control/control_connection.hpp"
#include "control/control_server.hpp"

namespace viaduct::control {
namespace {

using Json = nlohmann::json;
constexpr auto kPatience = std::chrono::milliseconds{5000};

struct Folder {
    Folder() {
        char pattern[] = "/tmp/viaduct-control-XXXXXX";
        path = ::mkdtemp(pattern);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string socket() const { return path + "/control.sock"; }
    std::string path;
};

// A server with an echo and a ticking stream, on a thread of its own.
struct RunningServer {
    explicit RunningServer(const std::string& path, const ControlLimits& limits = {}) {
        server = std::make_unique<ControlServer>(ControlServer::Dependencies{loop, registry, post()}, path, limits);
        thread = std::thread{[this] { loop.run(); }};
    }
    ~RunningServer() {
        loop.stop();
        thread.join();
    }
    PostToLoop post() {
        return [this](UniqueFunction<void()> work) {
            boost::asio::post(loop, [item = std::make_shared<UniqueFunction<void()>>(std::move(work))] { (*item)(); });
        };
    }

    boost::asio::io_context loop;
    ControlRegistry registry;
    Registration echo =
        registry.add("echo", "text", "Says it again.",
                     [](const Json& params, const ControlReplyPtr& reply) { reply->result(params.at("text")); });
    Registration ticks = registry.add_stream("ticks", "", "", [](const Json&, const ControlStreamPtr& stream) {
        stream->result("soon");
        for (int i = 1; i <= 3; ++i) stream->notify("tick", {{"n", i}});
    });
    std::unique_ptr<ControlServer> server;
    std::thread thread;
};

// A client that says what it likes.
class RawClient {
public:
    explicit RawClient(const std::string& path) : descriptor_{::socket(AF_UNIX, SOCK_STREAM, 0)} {
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        const timeval patience{5, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~RawClient() { ::close(descriptor_); }
    void say(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return;  // the server hung up on us, which is what some tests want
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    void end_of_input() { ::shutdown(descriptor_, SHUT_WR); }
    // Everything until the server hangs up.
    std::string rest() {
        std::string all;
        char buffer[4096];
        for (ssize_t count; (count = ::recv(descriptor_, buffer, sizeof buffer, 0)) > 0;) {
            all.append(buffer, static_cast<std::size_t>(count));
        }
        return all;
    }

private:
    int descriptor_;
};

}  // namespace

TEST_CASE("viactl and the server understand each other") {
    const Folder folder;
    const RunningServer server{folder.socket()};
    ControlClient client{folder.socket()};
    CHECK(client.call("echo", {{"text", "hello"}}, kPatience) == "hello");
    CHECK(client.call("echo", {{"text", std::string(300'000, 'x')}}, kPatience).get<std::string>().size() == 300'000);
    try {
        client.call("nothing", Json::object(), kPatience);
        FAIL("answered");
    } catch (const RpcError& error) {
        CHECK(error.code == kMethodNotFound);
    }
    CHECK(client.call("echo", {{"text", "still here"}}, kPatience) == "still here");
}

TEST_CASE("notifications of a stream arrive in order") {
    const Folder folder;
    const RunningServer server{folder.socket()};
    ControlClient client{folder.socket()};
    CHECK(client.call("ticks", Json::object(), kPatience).is_string());
    // The three were sent before the answer was posted back, so call() skipped them; a second round is seen whole.
    RawClient raw{folder.socket()};
    raw.say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ticks\"}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"echo\"");
    raw.say(",\"params\":{\"text\":\"end\"}}\n");
    raw.end_of_input();
    const std::string all = raw.rest();
    const std::size_t first = all.find("\"n\":1"), second = all.find("\"n\":2"), third = all.find("\"n\":3");
    CHECK(first < second);
    CHECK(second < third);
    CHECK(third != std::string::npos);
}

TEST_CASE("a client that says everything at once and closes its side still gets its answers") {
    const Folder folder;
    const RunningServer server{folder.socket()};
    RawClient raw{folder.socket()};
    raw.say("\n  \r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",\"params\":{\"text\":\"a\"}}\n");
    raw.say("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"echo\",\"params\":{\"text\":\"b\"}}");  // no newline
    raw.end_of_input();
    const std::string all = raw.rest();
    CHECK(all.find("\"result\":\"a\"") != std::string::npos);
    CHECK(all.find("\"result\":\"b\"") != std::string::npos);
}

TEST_CASE("a line without end is refused, and the connection closed") {
    const Folder folder;
    const RunningServer server{folder.socket(), {.line_bytes = 1000}};
    RawClient raw{folder.socket()};
    raw.say(std::string(1000, 'x'));
    CHECK(raw.rest().find("a line longer than 1000 bytes") != std::string::npos);
}

TEST_CASE("a client that does not take its answers is dropped") {
    const Folder folder;
    const RunningServer server{folder.socket(), {.unsent_bytes = 100'000}};
    RawClient raw{folder.socket()};
    const std::string text(50'000, 'x');
    const std::string line =
        Json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "echo"}, {"params", {{"text", text}}}}.dump() + "\n";
    for (int i = 0; i < 50; ++i) raw.say(line);
    CHECK(raw.rest().size() < 50 * text.size());  // and it ends
}

TEST_CASE("connections are counted, and one too many is told so") {
    const Folder folder;
    const RunningServer server{folder.socket(), {.connections = 1}};
    ControlClient first{folder.socket()};
    CHECK(first.call("echo", {{"text", "in"}}, kPatience) == "in");
    RawClient second{folder.socket()};
    second.end_of_input();
    CHECK(second.rest().find("too many control connections") != std::string::npos);
    CHECK(first.call("echo", {{"text", "still in"}}, kPatience) == "still in");
}

TEST_CASE("the socket file is for owner and group, and goes with the server") {
    const Folder folder;
    {
        const RunningServer server{folder.socket()};
        struct stat file {};
        REQUIRE(::stat(folder.socket().c_str(), &file) == 0);
        CHECK((file.st_mode & 0777) == 0660);
    }
    CHECK_FALSE(std::filesystem::exists(folder.socket()));
    CHECK_THROWS_AS(ControlClient{folder.socket()}, NotRunning);
}

TEST_CASE("a second server is refused while the first answers, and takes over what a dead one left") {
    const Folder folder;
    boost::asio::io_context loop;
    ControlRegistry registry;
    const ControlServer::Dependencies second{loop, registry, [](UniqueFunction<void()>) {}};
    {
        const RunningServer first{folder.socket()};
        CHECK_THROWS_WITH((ControlServer{second, folder.socket()}),
                          Catch::StartsWith("another viaduct is running: it answers on"));
        ControlClient client{folder.socket()};
        CHECK(client.call("echo", {{"text", "unharmed"}}, kPatience) == "unharmed");
    }
    const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    folder.socket().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ::close(dead);
    REQUIRE(std::filesystem::exists(folder.socket()));
    const RunningServer server{folder.socket()};
    ControlClient client{folder.socket()};
    CHECK(client.call("echo", {{"text", "taken over"}}, kPatience) == "taken over");
}

TEST_CASE("a file that is no socket is left alone, a missing folder is named") {
    const Folder folder;
    boost::asio::io_context loop;
    ControlRegistry registry;
    const ControlServer::Dependencies dependencies{loop, registry, [](UniqueFunction<void()>) {}};
    std::ofstream{folder.socket()} << "precious";
    CHECK_THROWS_WITH((ControlServer{dependencies, folder.socket()}), Catch::Contains("is no socket; remove it"));
    CHECK(std::filesystem::file_size(folder.socket()) == 8);
    CHECK_THROWS_WITH((ControlServer{dependencies, folder.path + "/no/control.sock"}),
                      Catch::Contains("its folder does not exist"));
}

TEST_CASE("the client says what to do when nobody answers, and gives up in time") {
    const Folder folder;
    CHECK_THROWS_WITH(ControlClient{folder.socket()}, Catch::Contains("start viaduct"));
    ControlRegistry registry;
    boost::asio::io_context never_run;
    const ControlServer server{{never_run, registry, [](UniqueFunction<void()>) {}}, folder.socket()};
    ControlClient client{folder.socket()};
    CHECK_THROWS_WITH(client.call("echo", Json::object(), std::chrono::milliseconds{20}),
                      Catch::Contains("no answer within"));
}

}  // namespace viaduct::control
