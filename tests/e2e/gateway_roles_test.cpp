// Each operation of the gateway's document lets in whom the document says, and nobody else.
#include <algorithm>
#include <cctype>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/gateway.hpp"
#include "tests/e2e/harness/web_socket.hpp"

namespace steward::e2e {

namespace {

using nlohmann::json;

/// Of the secrets "read-secret" and so on.
constexpr std::pair<const char*, const char*> kHashes[] = {
    {"read", "f0fd6c09405cb6d3707d04067d8509cb924e62ae66fa02067c2bc467b0d721e4"},
    {"submit", "5e22e6a4e86a27864fa03ba57fcc930878982f7c665a88454a35e817810035f5"},
    {"operate", "193674b0c1ed72395f2bd6653d593151617f2cf7f31631ed1995029659a55e4c"}};

std::string token_file() {
    std::string text;
    for (const auto& [role, hash] : kHashes) {
        text += "[[token]]\nname = \"" + std::string(role) + "\"\nroles = [\"" + role +
                "\"]\nsha256 = \"" + hash + "\"\n";
    }
    return text;
}

/// A path with something for each name in braces.
std::string filled(std::string path) {
    for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{', at)) {
        const std::size_t end = path.find('}', at);
        const std::string name = path.substr(at + 1, end - at - 1);
        path.replace(at,
                     end + 1 - at,
                     name == "job"      ? kUnknownJob
                     : name == "report" ? "JOBS"
                                        : "nobody");
    }
    return path;
}

/// GETs are asked by HEAD where they go on for ever.
std::string method_of(const std::string& word, bool is_old_door) {
    std::string method = word == "get" && !is_old_door ? "head" : word;
    std::transform(method.begin(), method.end(), method.begin(), [](unsigned char letter) {
        return static_cast<char>(std::toupper(letter));
    });
    return method;
}

}  // namespace

TEST_CASE("Each operation lets in the roles that the document gives it, and no others") {
    const Broker broker;
    const Gateway gateway(broker, {.tokens = token_file()});
    HttpClient client = gateway.client();
    const json paths = client.get("/v1/openapi.json").json()["paths"];
    std::size_t operations = 0;
    for (const auto& [path, item] : paths.items()) {
        for (const auto& [word, operation] : item.items()) {
            HttpRequest request{method_of(word, operation["tags"][0] == "zmws"), filled(path)};
            INFO(request.method, " ", request.target);
            const json& roles = operation["x-role"];
            const int anybody = client.send(request).status;
            const bool wants_token = !roles.empty() || operation["operationId"] == "openSession";
            CHECK((anybody == 401) == wants_token);
            for (const auto& [role, hash] : kHashes) {
                request.headers = {{"Authorization", "Bearer " + std::string(role) + "-secret"}};
                const int status = client.send(request).status;
                const bool may =
                    roles.empty() || std::find(roles.begin(), roles.end(), role) != roles.end();
                CHECK(status != 401);
                CHECK((status != 403) == may);
            }
            ++operations;
        }
    }
    CHECK(operations > 40);
}

TEST_CASE("What the broker answers itself is for readers, by whichever way it is asked") {
    const Broker broker;
    const Gateway gateway(broker, {.tokens = token_file()});
    HttpClient client = gateway.client();
    const HttpHeaders submitter = {{"Authorization", "Bearer submit-secret"}};
    for (const char* name : {"SERVER-JOBS", "mmi.services"}) {
        const std::string service = name;
        CHECK(client.post("/v1/services/" + service + "/calls", json::object(), submitter).status ==
              403);
        CHECK(client.post("/v1/services/" + service + "/jobs", json::object(), submitter).status ==
              403);
        CHECK(client.get("/SYNC-" + service, submitter).status == 403);
        CHECK(client.get("/" + service, submitter).status == 403);
        WebSocket socket(gateway.port(), "/v1/ws", submitter);
        REQUIRE(socket.send({{"id", 1}, {"do", "call"}, {"service", service}}));
        CHECK(socket.next_json()["error"]["status"] == 403);
    }
    CHECK(client.get("/SERVER-JOBS", {{"Authorization", "Bearer read-secret"}}).status == 200);
}

TEST_CASE("Who may submit only follows jobs by their ids, and no others") {
    Desk desk;
    desk.start_worker("steward-worker-trial", "TRIAL");
    const Gateway gateway(desk.broker(), {.tokens = token_file()});
    WebSocket socket(
        gateway.port(), "/v1/ws", HttpHeaders{{"Authorization", "Bearer submit-secret"}});
    REQUIRE(socket.send({{"id", 1}, {"do", "follow"}}));
    CHECK(socket.next_json()["error"]["status"] == 403);
    REQUIRE(socket.send({{"id", 2}, {"do", "follow"}, {"service", {"TRIAL"}}}));
    CHECK(socket.next_json()["error"]["status"] == 403);
    REQUIRE(socket.send({{"id", 3}, {"do", "submit"}, {"service", "TRIAL"}, {"follow", true}}));
    const auto has_end = [](const json& said) { return said.contains("end"); };
    CHECK(socket.next_where(has_end)["end"]["state"] == "succeeded");
    // One that has ended is followed no more.
    REQUIRE(socket.send({{"id", 4}, {"do", "unfollow"}, {"of", 3}}));
    CHECK(socket.next_where([](const json& said) { return said["id"] == 4; }).contains("error"));
}

}  // namespace steward::e2e
