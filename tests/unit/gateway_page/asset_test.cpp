// tests/unit: the dashboard's files as the program holds them.
#include "gateway/page/asset.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include <doctest/doctest.h>

using namespace steward::gateway;

namespace {

std::string file_of_tree(const std::string& name) {
    std::ifstream file(STEWARD_SOURCE_DIR "/gateway/page/assets/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string folder_of_files() {
    for (const Asset& asset : assets()) {
        if (asset.path.ends_with("/app.js")) {
            return std::string(asset.path.substr(0, asset.path.rfind('/') + 1));
        }
    }
    return {};
}

std::string name_of(const Asset& asset) {
    return asset.path == "/" ? "index.html"
                             : std::string(asset.path.substr(asset.path.rfind('/') + 1));
}

Request asks_with(const std::string& etags) {
    Request request;
    request.headers = {{"if-none-match", etags}};
    return request;
}

std::string header_of(const Response& response, std::string_view name) {
    for (const Header& header : response.headers) {
        if (same_name(header.name, name)) {
            return header.value;
        }
    }
    return {};
}

}  // namespace

TEST_CASE("The page is at /, its files under one hash, byte for byte those of the tree") {
    const std::string folder = folder_of_files();
    REQUIRE(folder.size() == std::string("/ui/0123456789ab/").size());
    std::set<std::string_view> paths;
    for (const Asset& asset : assets()) {
        CHECK(paths.insert(asset.path).second);
        CHECK(find_asset(asset.path) == &asset);
        CHECK_FALSE(asset.bytes.empty());
        if (asset.path != "/") {
            CHECK(asset.path.starts_with(folder));
            CHECK(asset.bytes == file_of_tree(name_of(asset)));
        }
        CHECK(asset.is_immutable == (asset.path != "/"));
    }
    CHECK(paths.contains("/"));
}

TEST_CASE("The page names its files by the hash, and loads nothing from elsewhere") {
    const Asset* page = find_asset("/");
    REQUIRE(page != nullptr);
    CHECK(page->content_type == "text/html; charset=utf-8");
    const std::string_view text = page->bytes;
    CHECK(text.find("@HASH@") == std::string_view::npos);
    CHECK(text.find("://") == std::string_view::npos);
    std::set<std::string_view> named;
    for (std::size_t at = text.find("\"/ui/"); at != std::string_view::npos;
         at = text.find("\"/ui/", at + 1)) {
        const std::string_view path = text.substr(at + 1, text.find('"', at + 1) - at - 1);
        INFO("the page names ", path);
        CHECK(find_asset(path) != nullptr);
        named.insert(path);
    }
    CHECK(named.size() ==
          assets().size() - 1);  // each is asked for at once, none is found out about late
}

TEST_CASE("A module imports only files that are there, and none has script or style inline") {
    const std::string folder = folder_of_files();
    for (const Asset& asset : assets()) {
        const std::string_view text = asset.bytes;
        INFO(asset.path);
        for (std::size_t at = text.find(" from \"./"); at != std::string_view::npos;
             at = text.find(" from \"./", at + 1)) {
            const std::size_t start = at + std::string_view(" from \"./").size();
            const std::string name(text.substr(start, text.find('"', start) - start));
            INFO("imports ", name);
            CHECK(find_asset(folder + name) != nullptr);
        }
        for (const std::string_view word : {"innerHTML",
                                            "outerHTML",
                                            "insertAdjacentHTML",
                                            "document.write",
                                            "eval(",
                                            "<style"}) {
            INFO(word);
            CHECK(text.find(word) == std::string_view::npos);
        }
    }
}

TEST_CASE("Each kind of file has its type") {
    for (const Asset& asset : assets()) {
        const std::string name = name_of(asset);
        if (name.ends_with(".js")) {
            CHECK(asset.content_type == "text/javascript; charset=utf-8");
        }
        if (name.ends_with(".css")) {
            CHECK(asset.content_type == "text/css; charset=utf-8");
        }
        if (name.ends_with(".svg")) {
            CHECK(asset.content_type == "image/svg+xml");
        }
    }
}

TEST_CASE("No file is there under a path that is nearly right") {
    const std::string folder = folder_of_files();
    for (const std::string& path : {std::string(),
                                    std::string("/ui"),
                                    std::string("/ui/"),
                                    folder,
                                    folder + "app",
                                    folder + "../app.js",
                                    folder + "APP.js",
                                    std::string("/ui/000000000000/app.js"),
                                    std::string("//"),
                                    std::string("/index.html")}) {
        INFO(path);
        CHECK(find_asset(path) == nullptr);
    }
}

TEST_CASE("Who has a file already is told so, and keeps it for as long as it cannot change") {
    const Asset* page = find_asset("/");
    const Asset* script = find_asset(folder_of_files() + "app.js");
    REQUIRE(page != nullptr);
    REQUIRE(script != nullptr);
    const Response fresh = answer_with(*page, {});
    CHECK(fresh.status == 200);
    CHECK(fresh.content_type == page->content_type);
    CHECK(fresh.body.view() == page->bytes);
    CHECK(header_of(fresh, "ETag") == page->etag);
    CHECK(header_of(fresh, "Cache-Control") == "no-cache");
    CHECK(header_of(answer_with(*script, {}), "Cache-Control").find("immutable") !=
          std::string::npos);
    const std::string etag(page->etag);
    CHECK(etag.size() == 18);
    for (const std::string& known :
         {etag, "W/" + etag, "\"other\", " + etag, "\"other\",W/" + etag + " ", std::string("*")}) {
        INFO(known);
        const Response answer = answer_with(*page, asks_with(known));
        CHECK(answer.status == 304);
        CHECK(answer.body.empty());
        CHECK(answer.content_type.empty());
        CHECK(header_of(answer, "ETag") == etag);
    }
    for (const std::string& other :
         {std::string("\"other\""), std::string(","), etag.substr(1), std::string(script->etag)}) {
        INFO(other);
        CHECK(answer_with(*page, asks_with(other)).status == 200);
    }
}

TEST_CASE("Each key that the page's help tells of is in its document") {
    const std::string help = file_of_tree("help.js");
    std::ifstream file(STEWARD_SOURCE_DIR "/docs/dashboard.md");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::string keys = text.substr(text.find("## Keys"));
    std::size_t seen = 0;
    for (std::size_t at = help.find("  [\""); at != std::string::npos;
         at = help.find("  [\"", at + 1)) {
        const std::size_t start = at + 4;
        const std::string key = help.substr(start, help.find('"', start) - start);
        INFO(key);
        const std::string first = key.substr(0, key.find(' '));
        CHECK(keys.find('`' + first + '`') != std::string::npos);
        ++seen;
    }
    CHECK(seen > 10);
}
