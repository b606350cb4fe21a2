// static_files: what is served from a folder, and what never is.
// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include <viaduct/config_section.hpp>

#include "modules/http/static_files.hpp"

using namespace viaduct;
using namespace viaduct::http;
namespace fs = std::filesystem;

namespace {

struct Site {
    Site() {
        std::string name = (fs::temp_directory_path() / "viaduct_files_XXXXXX").string();
        folder = mkdtemp(name.data());
        fs::create_directories(folder / "site/js");
        fs::create_directories(folder / "site/.git");
        write("site/index.html", "<p>hello");
        write("site/js/phone.js", "ring()");
        write("site/js/a b.txt", "blank");
        write("site/.env", "secret");
        write("site/.git/config", "secret");
        write("secret.txt", "secret");
        fs::create_symlink("../secret.txt", folder / "site/out.txt");
        fs::create_symlink("index.html", folder / "site/in.html");
        fs::create_directory_symlink("..", folder / "site/up");
        mkfifo((folder / "site/fifo").c_str(), 0600);
        files = std::make_unique<StaticFiles>(
            StaticFileSettings{.root = (folder / "site").string(), .max_age = 1h, .content_policy = kContentPolicy});
    }
    ~Site() { fs::remove_all(folder); }

    void write(const std::string& name, std::string_view text) { std::ofstream{folder / name} << text; }
    HttpResponse get(std::string path, HttpFields fields = {}) {
        HttpRequest request{
            .method = "GET", .path = std::move(path), .query = {}, .fields = std::move(fields), .body = {}, .flow = {}};
        return files->answer(request);
    }

    fs::path folder;
    std::unique_ptr<StaticFiles> files;
};

std::string field(const HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.fields)
        if (key == name) return value;
    return {};
}

std::string text(const HttpResponse& response) { return response.content ? response.content->read(1000) : ""; }

}  // namespace

TEST_CASE("files come with type, validator and the rules a web phone lives by") {
    Site site;
    const HttpResponse page = site.get("/", {{"host", "phone.example.test:8443"}});
    CHECK(page.status == 200);
    CHECK(text(page) == "<p>hello");
    CHECK(page.content->size() == 8);
    CHECK(field(page, "content-type") == "text/html; charset=utf-8");
    CHECK(field(page, "cache-control") == "no-cache");
    CHECK_THAT(field(page, "content-security-policy"), Catch::Contains("wss://phone.example.test:8443"));

    const HttpResponse script = site.get("/js/phone.js", {{"host", "a; script-src *"}});
    CHECK(text(script) == "ring()");
    CHECK(field(script, "content-type") == "text/javascript; charset=utf-8");
    CHECK(field(script, "cache-control") == "max-age=3600");
    CHECK_THAT(field(script, "content-security-policy"), !Catch::Contains("script-src *"));
    CHECK(text(site.get("/js/a b.txt")) == "blank");
}

TEST_CASE("a browser that has the file gets 304 until it changes (RFC 9110 section 13.1.2)") {
    Site site;
    const std::string tag = field(site.get("/"), "etag");
    CHECK(tag.front() == '"');
    for (const std::string& sent : {tag, "W/" + tag, "\"other\", " + tag, std::string{"*"}}) {
        const HttpResponse same = site.get("/", {{"if-none-match", sent}});
        CHECK(same.status == 304);
        CHECK(field(same, "etag") == tag);
        CHECK_FALSE(same.content);
    }
    CHECK(site.get("/", {{"if-none-match", "\"other\""}}).status == 200);
    site.write("site/index.html", "<p>hello, again");
    CHECK(site.get("/", {{"if-none-match", tag}}).status == 200);
}

TEST_CASE("a folder without its slash is elsewhere, and never on another host") {
    Site site;
    const HttpResponse there = site.get("/js");
    CHECK(there.status == 301);
    CHECK(field(there, "location") == "/js/");
    CHECK(site.get("//js").status == 404);
}

TEST_CASE("nothing outside the folder, no hidden file, no link, nothing that is no file") {
    Site site;
    for (const char* path : {"/.env", "/.git/config", "/out.txt", "/in.html", "/up/secret.txt", "/up/site/index.html",
                             "/fifo", "/js/", "/nothing", "/js//phone.js", "//etc/passwd", "/../secret.txt", "*", ""}) {
        INFO(path);
        const HttpResponse response = site.get(path);
        CHECK(response.status == 404);
        CHECK_FALSE(response.content);
    }
}

TEST_CASE("a folder that is not there is an error at start") {
    CHECK_THROWS_AS(StaticFiles({.root = "/nonexistent/folder", .max_age = 1h, .content_policy = ""}), ConfigError);
}
